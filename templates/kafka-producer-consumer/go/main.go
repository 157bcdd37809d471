// Fills to positions over Kafka: both programs and their setup in one executable.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TODO(kafka-producer-consumer.1): gateway: a key on event_id, a number per account, an outbox and its view.
// TODO(kafka-producer-consumer.2): positions: a memory of what was applied, changed together with the position.
const schema = `
CREATE TABLE fills (
    id        bigserial PRIMARY KEY,
    event_id  text NOT NULL,
    body      jsonb NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE positions (
    account_id text, symbol text, qty numeric, avg_price numeric, realized_pnl numeric, last_seq bigint,
    PRIMARY KEY (account_id, symbol)
);
CREATE VIEW v_outbox_pending AS SELECT event_id, stored_at AS created_at FROM fills WHERE false;
CREATE VIEW v_positions AS
    SELECT account_id, symbol, qty, avg_price, realized_pnl, last_seq FROM positions;`

func main() {
	// TODO(kafka-producer-consumer.9): SIGTERM: finish what is in hand, commit offsets, leave the group, exit 0.
	log.SetFlags(0)
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	must(err)
	switch os.Args[1] {
	case "setup":
		_, err = pool.Exec(ctx, schema)
		must(err)
	case "gateway":
		runGateway(pool)
	case "positions":
		runPositions(ctx, pool)
	}
}

func kafka(more ...kgo.Opt) *kgo.Client {
	client, err := kgo.NewClient(append(more, kgo.SeedBrokers(os.Getenv("KAFKA_BOOTSTRAP_SERVERS")))...)
	must(err)
	return client
}

// serve answers in the background, until the program ends.
func serve(mux *http.ServeMux) {
	ok := func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") }
	mux.HandleFunc("GET /healthz", ok)
	mux.HandleFunc("GET /readyz", ok) // TODO(kafka-producer-consumer.9): once it is
	listener, err := net.Listen("tcp", net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT")))
	must(err)
	go func() { must(http.Serve(listener, mux)) }()
}

func answer(w http.ResponseWriter, status int, said string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"status": said})
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
