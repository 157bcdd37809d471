// Orders API, v1 and v2 over one store.
//
//	main.go      configuration, start, stop
//	web.go       HTTP: routing, negotiation, bodies, what both versions share
//	order.go     the domain: what an order is, how it may change
//	store.go     where orders are kept
//	v1.go        the frozen view of it
//	v2.go        the current view of it; faults.go its validation, pages.go its page tokens,
//	             etag.go its conditional requests
package main

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

const drainLimit = 2 * time.Second

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	// Asked for before anything is served: a signal that comes early must not be lost.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()

	store := NewStore()
	mux := http.NewServeMux()
	mountV1(mux, store)
	mountV2(mux, store, os.Getenv("MASTERY_TEST_HOOKS") == "1")
	mountShared(mux)

	listener, err := net.Listen("tcp", net.JoinHostPort(env("HOST", "127.0.0.1"), env("PORT", "8080")))
	if err != nil {
		return err
	}
	unused := unusedConns{open: map[net.Conn]bool{}}
	server := &http.Server{
		Handler: dress(mux), ConnState: unused.observe,
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 5 * time.Minute,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	// Nobody new gets in; whoever is being answered gets the answer; idle connections are closed.
	unused.close()
	drain, cancel := context.WithTimeout(context.Background(), drainLimit)
	defer cancel()
	err = server.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return err
}

// unusedConns remembers the connections on which nothing was asked yet. Clients open some in advance,
// and Shutdown would wait five seconds for each to turn out idle.
type unusedConns struct {
	mu   sync.Mutex
	open map[net.Conn]bool
}

func (u *unusedConns) observe(conn net.Conn, state http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if state == http.StateNew {
		u.open[conn] = true
	} else {
		delete(u.open, conn)
	}
}

func (u *unusedConns) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for conn := range u.open {
		conn.Close()
	}
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
