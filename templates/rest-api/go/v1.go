package main

import (
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// V1 is version 1, frozen (contract/orders.v1.openapi.json): what it reads and what it shows.
type V1 struct{ store *Store }

var (
	accountForm = regexp.MustCompile(`^ACC-[0-9]{6}$`)
	symbolForm  = regexp.MustCompile(`^[A-Z]{2,6}$`)
)

// TODO(rest-api.2): the other statuses of v2. Clients of v1 switch over four values without a default.
var v1Status = map[string]string{"new": "open"}

func (v V1) addRoutes(mux *http.ServeMux) {
	// TODO(rest-api.8): Deprecation, Sunset and Link on every answer under /v1/, unknown paths too.
	mux.Handle("POST /v1/orders", Route(v.create))
	mux.Handle("GET /v1/orders", Route(v.list))
	mux.Handle("GET /v1/orders/{id}", Route(v.read))
}

// v1Body is what a v1 client sends. Members it does not have are ignored, missing ones are zero and so not valid.
type v1Body struct {
	AccountID string  `json:"account_id"`
	Symbol    string  `json:"symbol"`
	Side      string  `json:"side"`
	Qty       int64   `json:"qty"`
	Price     float64 `json:"price"`
}

// v1Order is the order as v1 shows it.
type v1Order struct {
	ID string `json:"id"`
	v1Body
	Status    string `json:"status"`
	CreatedAt string `json:"created_at"`
}

func v1View(o Order) v1Order {
	body := v1Body{o.AccountID, o.Symbol, strings.ToUpper(o.Side), o.Quantity, o.Price}
	return v1Order{o.ID, body, v1Status[o.Status], o.CreatedAt.Format("2006-01-02T15:04:05.000000Z")}
}

func (b v1Body) order() (Order, error) {
	switch {
	case !accountForm.MatchString(b.AccountID):
		return Order{}, invalid("account_id must match " + accountForm.String())
	case !symbolForm.MatchString(b.Symbol):
		return Order{}, invalid("symbol must match " + symbolForm.String())
	case b.Side != "BUY" && b.Side != "SELL":
		return Order{}, invalid("side must be BUY or SELL")
	case b.Qty < 1 || b.Qty >= 1e18:
		return Order{}, invalid("qty must be an integer from 1, of at most 18 digits")
	case b.Price < 1e-8 || b.Price >= 1e18:
		return Order{}, invalid("price must be a number above 0, with at most 8 fraction digits")
	}
	side := strings.ToLower(b.Side)
	return Order{AccountID: b.AccountID, Symbol: b.Symbol, Side: side, Quantity: b.Qty, Price: b.Price}, nil
}

func (v V1) create(w http.ResponseWriter, r *http.Request) error {
	var body v1Body
	if err := readJSON(r, &body); err != nil {
		return err
	}
	order, err := body.order()
	if err != nil {
		return err
	}
	order = v.store.Add(order)
	w.Header().Set("Location", "/v1/orders/"+order.ID)
	return writeJSON(w, http.StatusCreated, v1View(order))
}

func (v V1) read(w http.ResponseWriter, r *http.Request) error {
	order, found := v.store.Get(r.PathValue("id"))
	if !found {
		return Fault{http.StatusNotFound, "no such order"}
	}
	return writeJSON(w, http.StatusOK, v1View(order))
}

func (v V1) list(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	accountID := query.Get("account_id")
	if !accountForm.MatchString(accountID) {
		return invalid("account_id must match " + accountForm.String())
	}
	page, pageErr := count(query, "page", "1")
	perPage, perPageErr := count(query, "per_page", "50")
	if err := cmp.Or(pageErr, perPageErr); err != nil {
		return err
	}
	orders, size := v.store.OfAccount(accountID), min(perPage, 200)
	first := min((page-1)*size, len(orders))
	shown := make([]v1Order, 0, size)
	for _, order := range orders[first:min(first+size, len(orders))] {
		shown = append(shown, v1View(order))
	}
	return writeJSON(w, http.StatusOK, map[string]any{"orders": shown, "total": len(orders), "page": page})
}

func count(query url.Values, name, otherwise string) (int, error) {
	n, err := strconv.Atoi(cmp.Or(query.Get(name), otherwise))
	if err != nil || n < 1 || n > 1e9 {
		return 0, invalid(name + " must be an integer of at least 1")
	}
	return n, nil
}
