package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/twmb/franz-go/pkg/kgo"
)

func runLedger(ctx context.Context, pool *pgxpool.Pool) {
	serve(http.NewServeMux())
	// TODO(duplication-after-retry.4): the timer commits what was delivered, charged or not.
	consumer := kafka(kgo.ConsumeTopics(os.Getenv("TOPIC")), kgo.ConsumerGroup(os.Getenv("KAFKA_GROUP_ID")),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.GreedyAutoCommit())
	for {
		for _, record := range consumer.PollFetches(ctx).Records() {
			// TODO(duplication-after-retry.6): a value that cannot be read ends this program; park it and go on.
			var event Event
			must(json.Unmarshal(record.Value, &event))
			// TODO(duplication-after-retry.6): newer versions are charged, too, as long as they only add.
			if event.EventType == "order.filled" && event.SchemaVersion == 1 {
				must(charge(ctx, pool, event))
			}
		}
	}
}

func charge(ctx context.Context, pool *pgxpool.Pool, event Event) error {
	// TODO(duplication-after-retry.1): an order that comes again is charged again. Which events are one order?
	amount := commission(event.Data)
	// TODO(duplication-after-retry.4): whoever dies behind this line has charged, and does not know it.
	if err := call(event, amount); err != nil {
		return err
	}
	name := *cmp.Or(event.Data.ClientOrderID, &event.EventID)
	_, err := pool.Exec(ctx, `INSERT INTO charges VALUES ($1, $2, $3, $4, $5::text::numeric) ON CONFLICT DO NOTHING`,
		name, event.AccountID, event.Data.ClientOrderID, event.EventID, amount)
	return err
}

func call(event Event, amount string) error {
	body, err := json.Marshal(struct {
		AccountID     string  `json:"account_id"`
		ClientOrderID *string `json:"client_order_id,omitempty"`
		EventID       string  `json:"event_id"`
		Amount        string  `json:"amount"`
	}{event.AccountID, event.Data.ClientOrderID, event.EventID, amount})
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, os.Getenv("LEDGER_URL")+"/charges", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	// TODO(duplication-after-retry.3): a key that the next attempt, and the next process, has as well.
	request.Header.Set("Idempotency-Key", rand.Text())
	// TODO(duplication-after-retry.3): 409 is a confirmation; a 5xx, a reset or 2 s of silence ask for another call.
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("the outside ledger says %s", response.Status)
	}
	return nil
}

// commission: contract/identity.md#commission. This much is right.
func commission(data OrderData) string {
	due := new(big.Rat).Mul(exact(data.Quantity), exact(data.Price))
	due.Mul(due, big.NewRat(5, 10_000))
	places := big.NewInt(100_000_000)
	whole, rest := new(big.Int).QuoRem(new(big.Int).Mul(due.Num(), places), due.Denom(), new(big.Int))
	half := rest.Lsh(rest, 1).Cmp(due.Denom())
	if half > 0 || half == 0 && whole.Bit(0) == 1 {
		whole.Add(whole, big.NewInt(1))
	}
	return new(big.Rat).SetFrac(whole, places).FloatString(8)
}

func exact(decimal string) *big.Rat {
	value, ok := new(big.Rat).SetString(decimal)
	if !ok {
		must(fmt.Errorf("%q is no decimal", decimal))
	}
	return value
}
