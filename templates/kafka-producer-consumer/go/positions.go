package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/twmb/franz-go/pkg/kgo"
)

func runPositions(ctx context.Context, pool *pgxpool.Pool) {
	serve(http.NewServeMux())
	// TODO(kafka-producer-consumer.6): the timer commits what was delivered, applied or not.
	consumer := kafka(kgo.ConsumeTopics(os.Getenv("TOPIC")), kgo.ConsumerGroup(os.Getenv("KAFKA_GROUP_ID")),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.GreedyAutoCommit())
	for {
		for _, record := range consumer.PollFetches(ctx).Records() {
			// TODO(kafka-producer-consumer.7): a value that cannot be read ends this program; park it and go on.
			var event Event
			must(json.Unmarshal(record.Value, &event))
			// TODO(kafka-producer-consumer.8): ignore types that you do not know, take newer versions of those you do.
			if event.EventType != "order.filled" || event.SchemaVersion != 1 {
				must(fmt.Errorf("what is %q in version %d?", event.EventType, event.SchemaVersion))
			}
			// TODO(kafka-producer-consumer.6): a database that is away for a moment ends it, too.
			must(apply(ctx, pool, event))
		}
	}
}

func apply(ctx context.Context, pool *pgxpool.Pool, event Event) error {
	// TODO(kafka-producer-consumer.5): an event that comes again counts again.
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		qty, avg, pnl := "0", "0", "0"
		err := tx.QueryRow(ctx, `SELECT qty::text, avg_price::text, realized_pnl::text FROM positions
			WHERE account_id = $1 AND symbol = $2`, event.AccountID, event.Data.Symbol).Scan(&qty, &avg, &pnl)
		if err != nil && err != pgx.ErrNoRows {
			return err
		}
		after := positionAfter(exact(qty), exact(avg), exact(pnl), event.Data)
		_, err = tx.Exec(ctx, `INSERT INTO positions
			VALUES ($1, $2, $3::text::numeric, $4::text::numeric, $5::text::numeric, $6)
			ON CONFLICT (account_id, symbol) DO UPDATE SET qty = excluded.qty, avg_price = excluded.avg_price,
			realized_pnl = excluded.realized_pnl, last_seq = excluded.last_seq`,
			event.AccountID, event.Data.Symbol, after[0], after[1], after[2], event.AccountSeq)
		return err
	})
}

// positionAfter is average cost (contract/views.sql.md#arithmetic). This much is right.
func positionAfter(qty, avg, pnl *big.Rat, fill FillData) (after [3]string) {
	n, price, held := exact(fill.Quantity), exact(fill.Price), new(big.Rat).Abs(qty)
	signed := new(big.Rat).Set(n)
	if fill.Side == "sell" {
		signed.Neg(n)
	}
	if qty.Sign()*signed.Sign() >= 0 {
		cost := new(big.Rat).Add(new(big.Rat).Mul(held, avg), new(big.Rat).Mul(n, price))
		avg = roundEven(cost.Quo(cost, new(big.Rat).Add(held, n)))
	} else {
		gain := new(big.Rat).Mul(new(big.Rat).Sub(avg, price), big.NewRat(int64(signed.Sign()), 1))
		if n.Cmp(held) > 0 {
			n, avg = held, price
		}
		pnl = new(big.Rat).Add(pnl, gain.Mul(gain, n))
	}
	qty = new(big.Rat).Add(qty, signed)
	return [3]string{qty.FloatString(8), avg.FloatString(8), pnl.FloatString(16)}
}

// roundEven rounds a value that is not negative to 8 places, half to even.
func roundEven(x *big.Rat) *big.Rat {
	places := big.NewInt(100_000_000)
	whole, rest := new(big.Int).QuoRem(new(big.Int).Mul(x.Num(), places), x.Denom(), new(big.Int))
	half := rest.Lsh(rest, 1).Cmp(x.Denom())
	if half > 0 || half == 0 && whole.Bit(0) == 1 {
		whole.Add(whole, big.NewInt(1))
	}
	return new(big.Rat).SetFrac(whole, places)
}

func exact(decimal string) *big.Rat {
	value, ok := new(big.Rat).SetString(decimal)
	if !ok {
		must(fmt.Errorf("%q is no decimal", decimal))
	}
	return value
}
