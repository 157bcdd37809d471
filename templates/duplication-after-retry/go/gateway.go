package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Charge is the body of POST /charges.
type Charge struct {
	EventID   string `json:"event_id"`
	AccountID string `json:"account_id"`
	OrderData
}

// OrderData is what the body of a request and the data of an event have in common.
type OrderData struct {
	Symbol        string  `json:"symbol"`
	Side          string  `json:"side"`
	Quantity      string  `json:"quantity"`
	Price         string  `json:"price"`
	ClientOrderID *string `json:"client_order_id,omitempty"`
}

// Event is the value of a record (contract/events.md).
type Event struct {
	EventID       string    `json:"event_id"`
	EventType     string    `json:"event_type"`
	SchemaVersion int       `json:"schema_version"`
	OrderID       string    `json:"order_id"`
	AccountID     string    `json:"account_id"`
	AccountSeq    int64     `json:"account_seq"`
	OccurredAt    string    `json:"occurred_at"`
	Data          OrderData `json:"data"`
}

type gateway struct {
	pool     *pgxpool.Pool
	producer *kgo.Client
}

func (g gateway) post(w http.ResponseWriter, r *http.Request) {
	// TODO(duplication-after-retry.2): refuse what is not valid; give a retry the first answer, refuse another order.
	var charge Charge
	err := json.NewDecoder(r.Body).Decode(&charge)
	var number int64
	if err == nil {
		err = g.pool.QueryRow(r.Context(), `INSERT INTO accepted (event_id, body) VALUES ($1, $2) RETURNING id`,
			charge.EventID, charge).Scan(&number)
	}
	if err == nil {
		// TODO(duplication-after-retry.7): whoever dies here has an order without its event. And without a broker there is no 201.
		err = g.publish(charge, number, r.Header.Get("traceparent"))
	}
	if err != nil {
		answer(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
		return
	}
	answer(w, http.StatusCreated, map[string]string{"event_id": charge.EventID}) // TODO(duplication-after-retry.2): and the amount
}

func (g gateway) publish(charge Charge, number int64, traceparent string) error {
	value, err := json.Marshal(Event{
		EventID: charge.EventID, EventType: "order.filled", SchemaVersion: 1, OrderID: fmt.Sprintf("o-%d", number),
		AccountID: charge.AccountID, AccountSeq: number,
		OccurredAt: time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), Data: charge.OrderData,
	})
	if err != nil {
		return err
	}
	var ids [24]byte
	rand.Read(ids[:])
	traceparent = cmp.Or(traceparent, fmt.Sprintf("00-%x-%x-01", ids[:16], ids[16:]))
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	return g.producer.ProduceSync(ctx, &kgo.Record{Key: []byte(charge.AccountID), Value: value, Headers: []kgo.RecordHeader{
		{Key: "content-type", Value: []byte("application/json")},
		{Key: "traceparent", Value: []byte(traceparent)},
	}}).FirstErr()
}

func runGateway(pool *pgxpool.Pool) {
	// TODO(duplication-after-retry.7): a lost acknowledgement makes two records of one: the client sends again.
	g := gateway{pool, kafka(kgo.DefaultProduceTopic(os.Getenv("TOPIC")), kgo.DisableIdempotentWrite())}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /charges", g.post)
	serve(mux)
	select {}
}
