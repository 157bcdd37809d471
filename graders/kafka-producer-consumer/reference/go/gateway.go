package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

var errConflict = errors.New("this event_id stands for another fill")

// Fill is a request's body, decimals as they were written.
type Fill struct {
	EventID, OrderID, AccountID string
	Data                        FillData
}

// FillData is the part of an event that is this kind of event's own.
type FillData struct {
	Symbol        string  `json:"symbol"`
	Side          string  `json:"side"`
	Quantity      string  `json:"quantity"`
	Price         string  `json:"price"`
	ClientOrderID *string `json:"client_order_id,omitempty"`
}

func readFill(raw []byte) (Fill, error) {
	object, err := readObject(raw)
	if err != nil {
		return Fill{}, err
	}
	r := reader{members: object}
	fill := Fill{
		EventID: r.text("event_id", idForm), OrderID: r.text("order_id", idForm),
		AccountID: r.text("account_id", accountForm), Data: readData(&r),
	}
	return fill, r.fault
}

func readData(r *reader) FillData {
	return FillData{
		Symbol: r.text("symbol", symbolForm), Side: r.text("side", sideForm),
		Quantity: r.decimal("quantity"), Price: r.decimal("price"), ClientOrderID: r.clientOrderID(),
	}
}

type gateway struct {
	pool  *pgxpool.Pool
	relay *relay
}

func (g *gateway) post(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	fill, err := readFill(raw)
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, err)
		return
	}
	// Not the request's own context: a client that hangs up must not break a COMMIT that is under way.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 5*time.Second)
	defer cancel()
	stored, err := g.store(ctx, fill, traceparent(r.Header.Get("traceparent")))
	switch {
	case errors.Is(err, errConflict):
		refuse(w, http.StatusConflict, err)
	case err != nil:
		// Whether a COMMIT in between was applied we do not know, and the client need not: it asks
		// again with the same event_id, and the table knows.
		log.Printf("fill %s: %v", fill.EventID, err)
		refuse(w, http.StatusServiceUnavailable, errors.New("the database did not take it; send the same again"))
	case stored:
		g.relay.wake()
		answer(w, http.StatusAccepted, map[string]string{"event_id": fill.EventID})
	default:
		answer(w, http.StatusOK, map[string]string{"event_id": fill.EventID})
	}
}

// store writes fill, number and outbox row, all or nothing. False: it is stored already, and the same.
func (g *gateway) store(ctx context.Context, fill Fill, traceparent string) (stored bool, err error) {
	err = pgx.BeginFunc(ctx, g.pool, func(tx pgx.Tx) error {
		// A concurrent insert of this event_id makes us wait here until the other one has ended.
		inserted, err := tx.Exec(ctx, `INSERT INTO fills (event_id, order_id, account_id, symbol, side,
			quantity, price, client_order_id) VALUES ($1, $2, $3, $4, $5, $6::text::numeric, $7::text::numeric, $8)
			ON CONFLICT (event_id) DO NOTHING`, fill.values()...)
		if err != nil {
			return err
		}
		if inserted.RowsAffected() == 0 {
			return compare(ctx, tx, fill)
		}
		// From here on the account is ours until the commit: the next number, and the next place in
		// the outbox, belong to whoever comes after us. A rollback gives the number back.
		var seq int64
		if err := tx.QueryRow(ctx, `INSERT INTO accounts (account_id, last_seq) VALUES ($1, 1)
			ON CONFLICT (account_id) DO UPDATE SET last_seq = accounts.last_seq + 1 RETURNING last_seq`,
			fill.AccountID).Scan(&seq); err != nil {
			return err
		}
		value, err := json.Marshal(fill.event(seq))
		if err != nil {
			return err
		}
		stored = true
		_, err = tx.Exec(ctx, `INSERT INTO outbox (event_id, key, value, traceparent) VALUES ($1, $2, $3, $4)`,
			fill.EventID, fill.AccountID, value, traceparent)
		return err
	})
	return stored && err == nil, err
}

func (f Fill) values() []any {
	d := f.Data
	return []any{f.EventID, f.OrderID, f.AccountID, d.Symbol, d.Side, d.Quantity, d.Price, d.ClientOrderID}
}

// compare lets the database say whether what is stored has equal values; numeric knows 1.5 = 1.50.
func compare(ctx context.Context, tx pgx.Tx, fill Fill) error {
	var same bool
	err := tx.QueryRow(ctx, `SELECT (order_id, account_id, symbol, side, quantity, price)
		= ($2, $3, $4, $5, $6::text::numeric, $7::text::numeric) AND client_order_id IS NOT DISTINCT FROM $8
		FROM fills WHERE event_id = $1`, fill.values()...).Scan(&same)
	if err == nil && !same {
		return errConflict
	}
	return err
}

// event is what is published, today or after three restarts.
func (f Fill) event(seq int64) any {
	return struct {
		EventID       string   `json:"event_id"`
		EventType     string   `json:"event_type"`
		SchemaVersion int      `json:"schema_version"`
		OrderID       string   `json:"order_id"`
		AccountID     string   `json:"account_id"`
		AccountSeq    int64    `json:"account_seq"`
		OccurredAt    string   `json:"occurred_at"`
		Data          FillData `json:"data"`
	}{
		f.EventID, knownType, 1, f.OrderID, f.AccountID, seq,
		time.Now().UTC().Format("2006-01-02T15:04:05.000000Z"), f.Data,
	}
}

// traceparent is the one given, or a new one where that is missing or malformed.
func traceparent(given string) string {
	if traceparentForm.MatchString(given) &&
		strings.Trim(given[3:35], "0") != "" && strings.Trim(given[36:52], "0") != "" {
		return given
	}
	var ids [24]byte
	rand.Read(ids[:])
	return fmt.Sprintf("00-%x-%x-01", ids[:16], ids[16:])
}

func runGateway(ctx context.Context) error {
	pool, err := openPool(context.Background(), 12)
	if err != nil {
		return err
	}
	defer pool.Close()
	relay, err := newRelay(os.Getenv("TOPIC"))
	if err != nil {
		return err
	}
	g := gateway{pool, relay}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /fills", g.post)
	finish, err := serve(mux, pool.Ping)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	published := make(chan struct{})
	go func() {
		defer close(published)
		// Without its relay this process is of no use: it ends, and the next one begins afresh.
		cancel(relay.run(ctx))
	}()
	<-ctx.Done()
	// Whoever is being answered gets the answer. What is not published by then stays in the outbox.
	err = finish()
	<-published
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}
