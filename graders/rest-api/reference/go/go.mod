module orders-api

go 1.22
