package main

import (
	"encoding/json"
	"math"
	"math/big"
	"net/http"
	"strconv"
	"strings"
)

// The frozen version: floats, positions, four statuses. Nothing a client of it sees may change.

// statusV1 is what v1's closed enum says for a status it has never heard of.
var statusV1 = map[Status]string{
	New:             "open",
	Accepted:        "open",
	PartiallyFilled: "open",
	Filled:          "filled",
	Cancelled:       "cancelled",
	Expired:         "cancelled",
	Rejected:        "rejected",
}

type orderV1 struct {
	ID        string  `json:"id"`
	AccountID string  `json:"account_id"`
	Symbol    string  `json:"symbol"`
	Side      string  `json:"side"`
	Qty       int64   `json:"qty"`
	Price     float64 `json:"price"`
	Status    string  `json:"status"`
	CreatedAt string  `json:"created_at"`
}

type pageV1 struct {
	Orders []orderV1 `json:"orders"`
	Total  int       `json:"total"`
	Page   int       `json:"page"`
}

type v1 struct{ store *Store }

func mountV1(mux *http.ServeMux, store *Store) {
	api := v1{store}
	mount(mux, "/v1/orders", methods{"POST": api.create, "GET": api.list})
	mount(mux, "/v1/orders/{id}", methods{"GET": api.read, "DELETE": api.cancel})
}

func (api v1) create(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON(r, "application/json")
	if err != nil {
		return err
	}
	draft, err := draftV1(body)
	if err != nil {
		return err
	}
	order := api.store.Create(draft)
	w.Header().Set("Location", "/v1/orders/"+order.ID)
	return sendJSON(w, 201, viewV1(order))
}

func (api v1) list(w http.ResponseWriter, r *http.Request) error {
	id, err := account(r)
	if err != nil {
		return err
	}
	page, err := count(r, "page", 1)
	if err != nil {
		return err
	}
	size, err := count(r, "per_page", defaultPageSize)
	if err != nil {
		return err
	}
	orders, total := api.store.Page(id, page, min(size, maxPageSize))
	views := make([]orderV1, len(orders)) // not nil: an empty page is [], not null
	for i, order := range orders {
		views[i] = viewV1(order)
	}
	return sendJSON(w, 200, pageV1{views, total, page})
}

func (api v1) read(w http.ResponseWriter, r *http.Request) error {
	order, err := api.store.Get(r.PathValue("id"))
	if err != nil {
		return err
	}
	return sendJSON(w, 200, viewV1(order))
}

// cancel is idempotent in v1: what reads as cancelled already is left as it is.
func (api v1) cancel(w http.ResponseWriter, r *http.Request) error {
	_, err := api.store.Change(r.PathValue("id"), func(order Order) (Order, error) {
		if statusV1[order.Status] == "cancelled" {
			return order, nil
		}
		return order.movedTo(Cancelled)
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func viewV1(o Order) orderV1 {
	price, _ := strconv.ParseFloat(o.Price, 64) // the nearest double: documented as lossy
	return orderV1{
		ID: o.ID, AccountID: o.AccountID, Symbol: o.Symbol, Side: strings.ToUpper(o.Side),
		Qty: wholeQuantity(o.Quantity), Price: price, Status: statusV1[o.Status], CreatedAt: o.CreatedAt,
	}
}

// wholeQuantity rounds to what v1 can say: half goes to the even number, and something is never nothing.
func wholeQuantity(quantity string) int64 {
	whole, fraction, _ := strings.Cut(quantity, ".")
	n, _ := strconv.ParseInt(whole, 10, 64) // at most 18 digits
	// Without its trailing zeros a fraction compares with one half as its text does with "5".
	switch half := strings.Compare(strings.TrimRight(fraction, "0"), "5"); {
	case half > 0, half == 0 && n%2 == 1:
		n++
	}
	return max(n, 1)
}

// draftV1 checks what v1 needs and ignores what it does not know, as it always has.
func draftV1(body any) (Draft, error) {
	members, isObject := body.(map[string]any)
	if !isObject {
		return Draft{}, refuse(400, "invalid", "the body must be an object")
	}
	account, _ := members["account_id"].(string)
	symbol, _ := members["symbol"].(string)
	side, _ := members["side"].(string)
	quantity, isQuantity := quantityV1(members["qty"])
	price, isPrice := priceV1(members["price"])
	switch {
	case !accountForm.MatchString(account):
		return Draft{}, refuse(400, "invalid", "account_id must be ACC- and six digits")
	case !symbolForm.MatchString(symbol):
		return Draft{}, refuse(400, "invalid", "symbol must be two to six capital letters")
	case side != "BUY" && side != "SELL":
		return Draft{}, refuse(400, "invalid", "side must be BUY or SELL")
	case !isQuantity:
		return Draft{}, refuse(400, "invalid", "qty must be a whole number of at least 1")
	case !isPrice:
		return Draft{}, refuse(400, "invalid", "price must be a number above 0")
	}
	return Draft{
		AccountID: account, Symbol: symbol, Side: strings.ToLower(side),
		Quantity: quantity, Price: price, TimeInForce: "day",
	}, nil
}

// quantityV1 reads a whole number. JSON has one kind of number: 10.0 is as whole as 10.
func quantityV1(value any) (string, bool) {
	number, isNumber := value.(json.Number)
	if !isNumber || len(number) > 32 { // an exponent of a thousand digits is not worth expanding
		return "", false
	}
	f, err := number.Float64()
	if err != nil || f < 1 || f > 1e18 { // v2 shows at most 18 digits
		return "", false
	}
	exact, ok := new(big.Rat).SetString(number.String())
	if !ok || !exact.IsInt() || len(exact.Num().String()) > 18 {
		return "", false
	}
	return exact.Num().String(), true
}

// priceV1 reads a number as the double it always was in v1, and gives the shortest decimal that
// reads back as that double, without an exponent: 0.1 is "0.1" in v2, and 1e-7 is "0.0000001".
func priceV1(value any) (string, bool) {
	number, isNumber := value.(json.Number)
	if !isNumber {
		return "", false
	}
	price, err := number.Float64()
	if err != nil || price <= 0 || math.IsInf(price, 0) {
		return "", false
	}
	return strconv.FormatFloat(price, 'f', -1, 64), true
}
