package main

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// consumer takes a batch of records through three steps, in this order:
//
//	1  park what is poison       acknowledged by the broker
//	2  apply what is new         inbox and positions in one transaction, committed
//	3  mark the records          the client commits what is marked: on a timer, at a revoke, at the end
//
// A crash after any step repeats the ones before it: 1 may park twice, 2 finds its events in the inbox.
type consumer struct {
	client   *kgo.Client
	ledger   ledger
	dlq      string
	assigned atomic.Bool
	ignored  int
}

func (c *consumer) run(ctx context.Context) error {
	for ctx.Err() == nil {
		fetches := c.client.PollRecords(ctx, 500)
		for _, failed := range fetches.Errors() {
			if ctx.Err() == nil {
				log.Printf("positions: partition %d: %v", failed.Partition, failed.Err)
			}
		}
		if err := c.take(ctx, fetches.Records()); err != nil {
			return err
		}
		// No partition is taken from us between the poll and here: what we hold is ours.
		c.client.AllowRebalance()
	}
	return nil
}

func (c *consumer) take(ctx context.Context, records []*kgo.Record) error {
	var events []*Event
	var parked []*kgo.Record
	for _, record := range records {
		switch v := decide(record.Value); {
		case v.poison != nil:
			parked = append(parked, c.parcel(record, v.poison))
		case v.event != nil:
			events = append(events, v.event)
		default:
			c.ignored++
		}
	}
	err := c.park(ctx, parked)
	if err == nil {
		err = c.ledger.apply(ctx, events)
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil // told to leave before it was done: unmarked, these records come again
	}
	if err == nil {
		c.client.MarkCommitRecords(records...)
	}
	return err
}

func (c *consumer) parcel(record *kgo.Record, why error) *kgo.Record {
	return &kgo.Record{Topic: c.dlq, Key: record.Key, Value: record.Value, Headers: []kgo.RecordHeader{
		{Key: "error", Value: []byte(why.Error())},
		{Key: "original-topic", Value: []byte(record.Topic)},
		{Key: "original-partition", Value: strconv.AppendInt(nil, int64(record.Partition), 10)},
		{Key: "original-offset", Value: strconv.AppendInt(nil, record.Offset, 10)},
		{Key: "attempts", Value: []byte("1")}, // what its bytes say does not change
	}}
}

// park returns when the broker has all of them, or when ctx has ended and the broker is away.
func (c *consumer) park(ctx context.Context, records []*kgo.Record) error {
	if len(records) == 0 {
		return nil
	}
	done := make(chan error, 1)
	go func() { done <- c.client.ProduceSync(context.Background(), records...).FirstErr() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(ackLimit):
		return ctx.Err()
	}
}

// leave commits what is marked and says farewell, so that the successor need not wait for a session to expire.
func (c *consumer) leave() {
	c.commit(c.client)
	limited, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := c.client.LeaveGroupContext(limited); err != nil {
		log.Printf("positions: leaving the group: %v", err)
	}
	c.client.CloseAllowingRebalance()
}

// commit of a partition that went to somebody else fails, and need not succeed: they see the records again.
func (c *consumer) commit(client *kgo.Client) {
	limited, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := client.CommitMarkedOffsets(limited); err != nil {
		log.Printf("positions: committing offsets: %v", err)
	}
}

func runPositions(ctx context.Context) error {
	pool, err := openPool(context.Background(), 4)
	if err != nil {
		return err
	}
	defer pool.Close()
	c := &consumer{ledger: ledger{pool}, dlq: os.Getenv("DLQ_TOPIC")}
	c.client, err = kafka(
		kgo.ConsumeTopics(os.Getenv("TOPIC")),
		kgo.ConsumerGroup(os.Getenv("KAFKA_GROUP_ID")),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchMaxWait(250*time.Millisecond),
		kgo.BlockRebalanceOnPoll(),
		// The timer commits what was marked, and we mark what was applied.
		kgo.AutoCommitMarks(),
		kgo.AutoCommitInterval(200*time.Millisecond),
		kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) { c.assigned.Store(true) }),
		kgo.OnPartitionsRevoked(func(_ context.Context, client *kgo.Client, _ map[string][]int32) { c.commit(client) }),
	)
	if err != nil {
		return err
	}
	finish, err := serve(http.NewServeMux(), func(ctx context.Context) error {
		if !c.assigned.Load() {
			return errors.New("no partitions yet")
		}
		return pool.Ping(ctx)
	})
	if err != nil {
		return err
	}
	err = c.run(ctx)
	c.leave()
	return errors.Join(err, finish())
}
