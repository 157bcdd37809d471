// Commissions charged once: both programs and their setup in one executable.
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

// TODO(duplication-after-retry.1): is a client_order_id the name of one order?
// TODO(duplication-after-retry.5): v_dedupe: what you look into to know a duplicate, and not more than 2 N of it.
const schema = `
CREATE TABLE accepted (
    id       bigserial PRIMARY KEY,
    event_id text NOT NULL,
    body     jsonb NOT NULL
);
CREATE TABLE charges (
    name            text PRIMARY KEY,
    account_id      text NOT NULL,
    client_order_id text,
    event_id        text NOT NULL,
    amount          numeric NOT NULL
);
CREATE VIEW v_charges AS SELECT account_id, client_order_id, event_id, amount FROM charges;
CREATE VIEW v_dedupe AS SELECT count(*) AS rows FROM charges;`

func main() {
	// TODO(duplication-after-retry.8): SIGTERM: finish what is in hand, commit offsets, leave the group, exit 0.
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
	case "ledger":
		runLedger(ctx, pool)
	}
}

func kafka(more ...kgo.Opt) *kgo.Client {
	client, err := kgo.NewClient(append(more, kgo.SeedBrokers(os.Getenv("KAFKA_BOOTSTRAP_SERVERS")))...)
	must(err)
	return client
}

// serve answers in the background, until the program ends.
func serve(mux *http.ServeMux) {
	ok := func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	}
	mux.HandleFunc("GET /healthz", ok)
	mux.HandleFunc("GET /readyz", ok) // TODO(duplication-after-retry.8): once it is
	listener, err := net.Listen("tcp", net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT")))
	must(err)
	go func() { must(http.Serve(listener, mux)) }()
}

func answer(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
