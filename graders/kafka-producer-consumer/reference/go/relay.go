package main

import (
	"context"
	"errors"
	"log"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	relayBatch = 500
	relayIdle  = 500 * time.Millisecond // nobody else writes the outbox: only the net under wake
	relayLock  = 0x0F111                // one relay per database: two would interleave an account's events
	ackLimit   = 2 * time.Second        // how long a relay that is leaving waits for the broker
)

// relay publishes what stands in the outbox. A batch is read in the order of the outbox, produced in
// that order, and its rows are marked when the records are acknowledged. Killed in between, the next
// process publishes the batch again: consumers know duplicates, nobody knows a lost event.
type relay struct {
	client *kgo.Client
	news   chan struct{}
}

type refused struct{ error }

func newRelay(topic string) (*relay, error) {
	client, err := kafka(kgo.DefaultProduceTopic(topic), kgo.ProducerLinger(0))
	return &relay{client, make(chan struct{}, 1)}, err
}

// wake says that something may be pending. It is called after the commit, and carries nothing.
func (r *relay) wake() {
	select {
	case r.news <- struct{}{}:
	default:
	}
}

// run ends with ctx, or when a record was refused for good: the next of its account must not overtake it.
func (r *relay) run(ctx context.Context) error {
	defer r.client.Close()
	for ctx.Err() == nil {
		err := r.publishWhileConnected(ctx)
		var fatal refused
		if errors.As(err, &fatal) {
			return fatal
		}
		if ctx.Err() == nil {
			log.Printf("relay: %v", err)
			pause(ctx, 300*time.Millisecond)
		}
	}
	return nil
}

func connect() (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	return pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
}

func (r *relay) publishWhileConnected(ctx context.Context) error {
	conn, err := connect()
	if err != nil {
		return err
	}
	defer func() { conn.Close(context.Background()) }()
	for locked := false; !locked; {
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, relayLock).Scan(&locked); err != nil {
			return err
		}
		if !locked {
			pause(ctx, 100*time.Millisecond)
		}
	}
	for ctx.Err() == nil {
		count, err := r.publishBatch(ctx, conn)
		if err != nil {
			return err
		}
		if count == 0 {
			select {
			case <-ctx.Done():
			case <-r.news:
			case <-time.After(relayIdle):
			}
		}
	}
	return ctx.Err()
}

type pending struct {
	ID          int64
	Key         string
	Value       []byte
	Traceparent string
}

func (r *relay) publishBatch(ctx context.Context, conn *pgx.Conn) (int, error) {
	rows, err := conn.Query(ctx, `SELECT id, key, value, traceparent FROM outbox
		WHERE sent_at IS NULL ORDER BY id LIMIT $1`, relayBatch)
	if err != nil {
		return 0, err
	}
	batch, err := pgx.CollectRows(rows, pgx.RowToStructByPos[pending])
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	sent, failure := r.produce(ctx, batch)
	// Again and again until it is noted: read anew, these rows would be published twice.
	if err := mark(ctx, conn, sent); err != nil {
		return 0, err
	}
	return len(batch), failure
}

// produce returns the rows whose records were acknowledged. It waits as long as that takes; once ctx
// has ended, not much longer.
func (r *relay) produce(ctx context.Context, batch []pending) (sent []int64, failure error) {
	var mu sync.Mutex
	var open sync.WaitGroup
	for _, row := range batch {
		open.Add(1)
		record := &kgo.Record{Key: []byte(row.Key), Value: row.Value, Headers: []kgo.RecordHeader{
			{Key: "content-type", Value: []byte("application/json")},
			{Key: "traceparent", Value: []byte(row.Traceparent)},
		}}
		r.client.Produce(context.Background(), record, func(_ *kgo.Record, err error) {
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failure = refused{err}
			} else {
				sent = append(sent, row.ID)
			}
			open.Done()
		})
	}
	acknowledged := make(chan struct{})
	go func() { open.Wait(); close(acknowledged) }()
	select {
	case <-acknowledged:
	case <-ctx.Done():
		select {
		case <-acknowledged:
		case <-time.After(ackLimit):
		}
	}
	mu.Lock()
	defer mu.Unlock()
	return append([]int64(nil), sent...), failure
}

func mark(ctx context.Context, conn *pgx.Conn, sent []int64) error {
	for {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		_, err := conn.Exec(limited, `UPDATE outbox SET sent_at = now() WHERE id = ANY($1)`, sent)
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
		log.Printf("relay: %v", err)
		pause(ctx, 300*time.Millisecond)
		if conn.IsClosed() {
			// Only to note what is acknowledged: the lock went with the old session.
			if again, err := connect(); err == nil {
				conn = again
				defer again.Close(context.Background())
			}
		}
	}
}
