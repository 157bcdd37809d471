package main

import (
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

// Fill is the body of POST /fills.
type Fill struct {
	EventID   string `json:"event_id"`
	OrderID   string `json:"order_id"`
	AccountID string `json:"account_id"`
	FillData
}

// FillData is what the body of a request and the data of an event have in common.
type FillData struct {
	Symbol        string `json:"symbol"`
	Side          string `json:"side"`
	Quantity      string `json:"quantity"`
	Price         string `json:"price"`
	ClientOrderID string `json:"client_order_id,omitempty"`
}

// Event is the value of a record (contract/events.md).
type Event struct {
	EventID       string   `json:"event_id"`
	EventType     string   `json:"event_type"`
	SchemaVersion int      `json:"schema_version"`
	OrderID       string   `json:"order_id"`
	AccountID     string   `json:"account_id"`
	AccountSeq    int64    `json:"account_seq"`
	OccurredAt    string   `json:"occurred_at"`
	Data          FillData `json:"data"`
}

type gateway struct {
	pool     *pgxpool.Pool
	producer *kgo.Client
}

func (g gateway) post(w http.ResponseWriter, r *http.Request) {
	// TODO(kafka-producer-consumer.1): refuse what is not valid; know a repeated event_id from a conflicting one.
	var fill Fill
	err := json.NewDecoder(r.Body).Decode(&fill)
	var number int64
	if err == nil {
		err = g.pool.QueryRow(r.Context(), `INSERT INTO fills (event_id, body) VALUES ($1, $2) RETURNING id`,
			fill.EventID, fill).Scan(&number)
	}
	if err == nil {
		// TODO(kafka-producer-consumer.3): whoever dies here has a fill without its event. And without a broker there is no 202.
		err = g.publish(fill, number)
	}
	if err != nil {
		answer(w, http.StatusInternalServerError, err.Error())
		return
	}
	answer(w, http.StatusAccepted, "stored")
}

func (g gateway) publish(fill Fill, number int64) error {
	value, err := json.Marshal(Event{
		EventID: fill.EventID, EventType: "order.filled", SchemaVersion: 1, OrderID: fill.OrderID, AccountID: fill.AccountID,
		AccountSeq: number, // TODO(kafka-producer-consumer.2): dense per account: 1, 2, 3 …
		OccurredAt: time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), Data: fill.FillData,
	})
	if err != nil {
		return err
	}
	// TODO(kafka-producer-consumer.1): the request's traceparent, where it has one.
	var ids [24]byte
	rand.Read(ids[:])
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	return g.producer.ProduceSync(ctx, &kgo.Record{Key: []byte(fill.AccountID), Value: value, Headers: []kgo.RecordHeader{
		{Key: "content-type", Value: []byte("application/json")},
		{Key: "traceparent", Value: fmt.Appendf(nil, "00-%x-%x-01", ids[:16], ids[16:])},
	}}).FirstErr()
}

func runGateway(pool *pgxpool.Pool) {
	// TODO(kafka-producer-consumer.4): a lost acknowledgement makes two records of one: the client sends again.
	g := gateway{pool, kafka(kgo.DefaultProduceTopic(os.Getenv("TOPIC")), kgo.DisableIdempotentWrite())}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /fills", g.post)
	serve(mux)
	select {}
}
