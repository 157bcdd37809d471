// Fills to positions over Kafka, each applied once.
//
//	main.go       the three commands, environment, HTTP, start and stop
//	forms.go      the form of values: what both sides of the topic check
//	gateway.go    a fill becomes a row and an outbox row
//	relay.go      an outbox row becomes a record
//	event.go      a record becomes a decision
//	position.go   what a fill does to a position
//	ledger.go     the database of positions: applied once
//	consumer.go   the loop: park, apply, then let the offset go
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/twmb/franz-go/pkg/kgo"
)

const drainLimit = 3 * time.Second

//go:embed schema.sql
var schema string

func main() {
	log.SetFlags(0)
	// Asked for before anything is served: a signal that comes early must not be lost.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	commands := map[string]func(context.Context) error{
		"setup": setup, "gateway": runGateway, "positions": runPositions,
	}
	if len(os.Args) != 2 || commands[os.Args[1]] == nil {
		log.Fatal("usage: trading setup | gateway | positions")
	}
	if err := commands[os.Args[1]](ctx); err != nil {
		log.Fatalf("%s: %v", os.Args[1], err)
	}
}

func setup(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, schema)
	return err
}

// openPool dials nothing yet: a program starts while its database is away, too.
func openPool(ctx context.Context, size int32) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(os.Getenv("DATABASE_URL"))
	if err != nil {
		return nil, err
	}
	config.MaxConns = size
	config.ConnConfig.ConnectTimeout = 3 * time.Second
	return pgxpool.NewWithConfig(ctx, config)
}

// kafka is what every client of ours is told. When the broker is back nobody waits long to look.
//
// Producers are idempotent (the client's default) and try for as long as it takes: the broker drops
// what it has already written, and a send that was given up could not be told from one that went well.
func kafka(more ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(os.Getenv("KAFKA_BOOTSTRAP_SERVERS")),
		kgo.RetryBackoffFn(func(tries int) time.Duration {
			return min(50*time.Millisecond<<min(tries, 6), 500*time.Millisecond)
		}),
		kgo.MetadataMinAge(100 * time.Millisecond),
		kgo.UnknownTopicRetries(-1),
	}, more...)...)
}

// serve answers until the function it returns is called, which lets open requests finish.
func serve(mux *http.ServeMux, ready func(context.Context) error) (finish func() error, err error) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := ready(ctx); err != nil {
			refuse(w, http.StatusServiceUnavailable, err)
			return
		}
		answer(w, http.StatusOK, map[string]string{"status": "ready"})
	})
	host := os.Getenv("HOST")
	if host == "" {
		host = "127.0.0.1"
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, os.Getenv("PORT")))
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener)
	return func() error {
		drain, cancel := context.WithTimeout(context.Background(), drainLimit)
		defer cancel()
		if err := server.Shutdown(drain); !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		return server.Close()
	}, nil
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status int, why error) {
	answer(w, status, map[string]string{"error": fmt.Sprint(why)})
}

// pause waits, or returns early when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
