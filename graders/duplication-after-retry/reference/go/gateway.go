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

var errConflict = errors.New("this identity stands for another order")

func readCharge(raw []byte) (Charge, error) {
	object, err := readObject(raw)
	if err != nil {
		return Charge{}, err
	}
	r := reader{members: object}
	charge := Charge{
		AccountID: r.text("account_id", accountForm), EventID: r.text("event_id", idForm), Data: readOrderData(&r),
	}
	return charge, r.fault
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
	charge, err := readCharge(raw)
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, err)
		return
	}
	// Not the request's own context: a client that hangs up must not break a COMMIT that is under way.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 5*time.Second)
	defer cancel()
	said, isNew, err := g.store(ctx, charge, traceparent(r.Header.Get("traceparent")))
	switch {
	case errors.Is(err, errConflict):
		refuse(w, http.StatusConflict, err)
	case err != nil:
		// Whether a COMMIT in between was applied we do not know, and the client need not: it asks
		// again, and the table knows.
		log.Printf("charge %s: %v", charge.EventID, err)
		refuse(w, http.StatusServiceUnavailable, errors.New("the database did not take it; send the same again"))
	case isNew:
		g.relay.wake()
		answer(w, http.StatusCreated, said)
	default:
		answer(w, http.StatusOK, said)
	}
}

// store writes order, answer and outbox row, all or nothing. It returns the first answer of the identity,
// which is a new one if nothing was stored under it before.
func (g *gateway) store(ctx context.Context, c Charge, traceparent string) (said json.RawMessage, isNew bool, err error) {
	orderID := "o-" + strings.ToLower(rand.Text())
	said, err = json.Marshal(map[string]any{
		"order_id": orderID, "account_id": c.AccountID, "client_order_id": c.Data.ClientOrderID,
		"event_id": c.EventID, "amount": c.commission(),
	})
	if err != nil {
		return nil, false, err
	}
	err = pgx.BeginFunc(ctx, g.pool, func(tx pgx.Tx) error {
		d := c.Data
		// A concurrent insert of this identity makes us wait here until the other one has ended.
		inserted, err := tx.Exec(ctx, `INSERT INTO accepted (identity, symbol, side, quantity, price, answer)
			VALUES ($1, $2, $3, $4::text::numeric, $5::text::numeric, $6) ON CONFLICT DO NOTHING`,
			c.identity(), d.Symbol, d.Side, d.Quantity, d.Price, string(said))
		if err != nil {
			return err
		}
		if isNew = inserted.RowsAffected() == 1; isNew {
			return publish(ctx, tx, c, orderID, traceparent)
		}
		// numeric knows that 1.5 is 1.50.
		var same bool
		err = tx.QueryRow(ctx, `SELECT (symbol, side, quantity, price) = ($2, $3, $4::text::numeric, $5::text::numeric),
			answer FROM accepted WHERE identity = $1`,
			c.identity(), d.Symbol, d.Side, d.Quantity, d.Price).Scan(&same, &said)
		if err == nil && !same {
			return errConflict
		}
		return err
	})
	return said, isNew, err
}

// publish leaves the event in the outbox: the bytes that are sent, today or after three restarts.
func publish(ctx context.Context, tx pgx.Tx, c Charge, orderID, traceparent string) error {
	var seq int64
	if err := tx.QueryRow(ctx, `INSERT INTO accounts (account_id, last_seq) VALUES ($1, 1)
		ON CONFLICT (account_id) DO UPDATE SET last_seq = accounts.last_seq + 1 RETURNING last_seq`,
		c.AccountID).Scan(&seq); err != nil {
		return err
	}
	value, err := json.Marshal(struct {
		EventID       string    `json:"event_id"`
		EventType     string    `json:"event_type"`
		SchemaVersion int       `json:"schema_version"`
		OrderID       string    `json:"order_id"`
		AccountID     string    `json:"account_id"`
		AccountSeq    int64     `json:"account_seq"`
		OccurredAt    string    `json:"occurred_at"`
		Data          OrderData `json:"data"`
	}{
		c.EventID, knownType, 1, orderID, c.AccountID, seq,
		time.Now().UTC().Format("2006-01-02T15:04:05.000000Z"), c.Data,
	})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO outbox (key, value, traceparent) VALUES ($1, $2, $3)`,
		c.AccountID, value, traceparent)
	return err
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
	mux.HandleFunc("POST /charges", g.post)
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
