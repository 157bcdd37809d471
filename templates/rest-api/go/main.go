// Orders API: reads the environment, puts the routes together, serves until SIGTERM.
package main

import (
	"cmp"
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func routes(store *Store) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", Route(func(w http.ResponseWriter, _ *http.Request) error {
		return writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	}))
	V1{store}.addRoutes(mux)
	// TODO(rest-api.2): V2{store}.addRoutes(mux): create, read and list; v1 shows the same orders.
	// TODO(rest-api.3): cancel, in both versions: DELETE /v1/orders/{id} and POST /v2/orders/{id}/cancel.
	// TODO(rest-api.4): POST /internal/orders/{id}/status, only when MASTERY_TEST_HOOKS=1.
	// TODO(rest-api.5): Idempotency-Key on POST /v2/orders; two requests with one key may arrive at the same moment.
	// TODO(rest-api.6): ETag and If-None-Match on reads; PATCH /v2/orders/{id} with If-Match.
	// TODO(rest-api.9): 405 with Allow, 406 and 415, in both versions.
	// TODO(rest-api.10): GET /openapi.json, one document for both versions.
	mux.Handle("/", Route(func(http.ResponseWriter, *http.Request) error {
		return Fault{http.StatusNotFound, "no such route"}
	}))
	return mux
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()

	store := &Store{orders: map[string]Order{}, byAccount: map[string][]string{}}
	address := net.JoinHostPort(cmp.Or(os.Getenv("HOST"), "127.0.0.1"), cmp.Or(os.Getenv("PORT"), "8080"))
	server := &http.Server{Addr: address, Handler: routes(store)}
	go func() {
		log.Printf("listening on %s", address)
		if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()

	<-ctx.Done()
	grace, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	_ = server.Shutdown(grace) // whoever still holds a connection then loses it
}
