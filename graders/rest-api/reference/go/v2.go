package main

import (
	"errors"
	"net/http"
	"regexp"
)

// The current version: exact decimals, stable pages, idempotent creation, conditional changes.

const (
	defaultPageSize = 50
	maxPageSize     = 200
)

var keyForm = regexp.MustCompile(`^[!-~]{1,64}$`)

type orderV2 struct {
	ID            string     `json:"id"`
	AccountID     string     `json:"account_id"`
	Instrument    instrument `json:"instrument"`
	Side          string     `json:"side"`
	Quantity      string     `json:"quantity"`
	LimitPrice    money      `json:"limit_price"`
	TimeInForce   string     `json:"time_in_force"`
	ClientOrderID *string    `json:"client_order_id,omitempty"`
	Status        Status     `json:"status"`
	CreatedAt     string     `json:"created_at"`
}

type instrument struct {
	Symbol string `json:"symbol"`
}

type money struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

type pageV2 struct {
	Orders        []orderV2 `json:"orders"`
	NextPageToken string    `json:"next_page_token,omitempty"`
}

type v2 struct {
	store  *Store
	tokens pageTokens
}

func mountV2(mux *http.ServeMux, store *Store, withHooks bool) {
	api := v2{store, newPageTokens()}
	mount(mux, "/v2/orders", methods{"POST": api.create, "GET": api.list})
	mount(mux, "/v2/orders/{id}", methods{"GET": api.read, "PATCH": api.patch})
	mount(mux, "/v2/orders/{id}/cancel", methods{"POST": api.cancel})
	if withHooks {
		mount(mux, "/internal/orders/{id}/status", methods{"POST": api.drive})
	}
}

func (api v2) create(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON(r, "application/json")
	if err != nil {
		return err
	}
	key := r.Header.Get("Idempotency-Key")
	if !keyForm.MatchString(key) {
		return refuse(400, "idempotency-key", "Idempotency-Key is required: 1 to 64 visible ASCII characters")
	}
	// Checked before the key is looked at: a refused request leaves its key free.
	draft, err := draftV2(body)
	if err != nil {
		return err
	}
	order, err := api.store.CreateOnce(draft, key, body)
	if errors.Is(err, errKeyReused) {
		return refuse(422, "idempotency-key-reused", "this Idempotency-Key was used for a different body")
	}
	if err != nil {
		return err
	}
	// A replay shows the order as it is now: an ETag of the past would be of no use.
	w.Header().Set("Location", "/v2/orders/"+order.ID)
	return sendOrder(w, 201, order)
}

func (api v2) list(w http.ResponseWriter, r *http.Request) error {
	id, err := account(r)
	if err != nil {
		return err
	}
	size, err := count(r, "page_size", defaultPageSize)
	if err != nil {
		return err
	}
	var last place
	if query := r.URL.Query(); query.Has("page_token") {
		if last, err = api.tokens.read(query.Get("page_token"), id); err != nil {
			return err
		}
	}
	orders, more := api.store.After(id, last, min(size, maxPageSize))
	page := pageV2{Orders: make([]orderV2, len(orders))} // not nil: an empty page is [], not null
	for i, order := range orders {
		page.Orders[i] = viewV2(order)
	}
	if more {
		page.NextPageToken = api.tokens.write(id, placeOf(orders[len(orders)-1]))
	}
	return sendJSON(w, 200, page)
}

func (api v2) read(w http.ResponseWriter, r *http.Request) error {
	order, err := api.store.Get(r.PathValue("id"))
	if err != nil {
		return err
	}
	if wanted := headerList(r, "If-None-Match"); wanted != "" && matches(wanted, order, weakly) {
		w.Header().Set("ETag", etag(order))
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return sendOrder(w, 200, order)
}

func (api v2) patch(w http.ResponseWriter, r *http.Request) error {
	if _, err := api.store.Get(r.PathValue("id")); err != nil {
		return err
	}
	wanted := headerList(r, "If-Match")
	if wanted == "" {
		return refuse(428, "precondition-required", "send the ETag you have seen as If-Match")
	}
	// RFC 7396 is asked for; application/json means the same here and is common.
	body, err := readJSON(r, "application/merge-patch+json", "application/json")
	if err != nil {
		return err
	}
	apply, err := mergePatch(body)
	if err != nil {
		return err
	}
	order, err := api.store.Change(r.PathValue("id"), func(order Order) (Order, error) {
		// Inside the store's lock: between the comparison and the change nobody else gets in.
		if !matches(wanted, order, strongly) {
			stale := refuse(412, "stale", "the order has changed since: read it again")
			stale.ETag = etag(order)
			return order, stale
		}
		if order.Status.isTerminal() {
			return order, refuse(409, "terminal", "the order is "+string(order.Status))
		}
		return apply(order), nil
	})
	if err != nil {
		return err
	}
	return sendOrder(w, 200, order)
}

func (api v2) cancel(w http.ResponseWriter, r *http.Request) error {
	order, err := api.move(r.PathValue("id"), Cancelled)
	if err != nil {
		return err
	}
	return sendOrder(w, 200, order)
}

// drive is the test hook: it moves an order through its life as the exchange would.
func (api v2) drive(w http.ResponseWriter, r *http.Request) error {
	if _, err := api.store.Get(r.PathValue("id")); err != nil {
		return err
	}
	body, err := readJSON(r, "application/json")
	if err != nil {
		return err
	}
	members, _ := body.(map[string]any)
	text, _ := members["status"].(string)
	if !Status(text).isKnown() {
		return refuse(400, "invalid", "status must be one of the seven")
	}
	if _, err := api.move(r.PathValue("id"), Status(text)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (api v2) move(id string, next Status) (Order, error) {
	return api.store.Change(id, func(order Order) (Order, error) { return order.movedTo(next) })
}

func sendOrder(w http.ResponseWriter, status int, order Order) error {
	w.Header().Set("ETag", etag(order))
	return sendJSON(w, status, viewV2(order))
}

func viewV2(o Order) orderV2 {
	return orderV2{
		ID: o.ID, AccountID: o.AccountID, Instrument: instrument{o.Symbol}, Side: o.Side,
		Quantity: o.Quantity, LimitPrice: money{o.Price, "USD"}, TimeInForce: o.TimeInForce,
		ClientOrderID: o.ClientOrderID, Status: o.Status, CreatedAt: o.CreatedAt,
	}
}
