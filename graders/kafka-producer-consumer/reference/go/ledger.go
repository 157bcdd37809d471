package main

import (
	"context"
	"errors"
	"log"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const longestPause = time.Second

// ledger is the database of positions: what was applied, and what it came to.
type ledger struct{ pool *pgxpool.Pool }

type key struct{ account, symbol string }

// apply applies what was not applied before and returns when that is committed, however long it takes.
// It fails when ctx ends before, or for a reason that waiting does not change: a mistake of ours,
// which must neither skip nor park what is no poison.
func (l ledger) apply(ctx context.Context, events []*Event) error {
	for wait := 50 * time.Millisecond; len(events) > 0; wait = min(2*wait, longestPause) {
		// A transaction that has begun is finished even when we are told to leave meanwhile.
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		err := pgx.BeginFunc(limited, l.pool, func(tx pgx.Tx) error { return applyIn(limited, tx, events) })
		cancel()
		if err == nil || !isTransient(err) {
			return err
		}
		log.Printf("positions: %v; trying again", err)
		if pause(ctx, wait); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// isTransient says whether waiting may help: the connection is gone, or the SQLSTATE says so.
func isTransient(err error) bool {
	var told *pgconn.PgError
	if !errors.As(err, &told) {
		return true
	}
	switch told.Code[:2] {
	case "08", "40", "53", "57":
		return true
	}
	return false
}

func applyIn(ctx context.Context, tx pgx.Tx, events []*Event) error {
	fresh, err := claim(ctx, tx, events)
	if err != nil || len(fresh) == 0 {
		return err
	}
	positions, err := load(ctx, tx, fresh)
	if err != nil {
		return err
	}
	for _, event := range fresh {
		at := key{event.AccountID, event.Data.Symbol}
		position, ok := positions[at]
		if !ok {
			position = flat()
		}
		positions[at] = position.after(event)
	}
	batch := &pgx.Batch{}
	for at, p := range positions {
		batch.Queue(`INSERT INTO positions (account_id, symbol, qty, avg_price, realized_pnl, last_seq)
			VALUES ($1, $2, $3::text::numeric, $4::text::numeric, $5::text::numeric, $6)
			ON CONFLICT (account_id, symbol) DO UPDATE SET qty = excluded.qty, avg_price = excluded.avg_price,
			realized_pnl = excluded.realized_pnl, last_seq = excluded.last_seq`,
			at.account, at.symbol, written(p.Qty), written(p.AvgPrice), written(p.RealizedPnL), p.LastSeq)
	}
	return tx.SendBatch(ctx, batch).Close()
}

// claim notes the events in the inbox and returns those that were not there. Another process with the
// same one, a member that was frozen and woke up, waits here for our commit and then finds it taken.
func claim(ctx context.Context, tx pgx.Tx, events []*Event) (fresh []*Event, err error) {
	first := make(map[string]*Event, len(events))
	ids := make([]string, 0, len(events))
	for _, event := range events {
		if first[event.EventID] == nil {
			first[event.EventID] = event
			ids = append(ids, event.EventID)
		}
	}
	rows, err := tx.Query(ctx, `INSERT INTO inbox (event_id) SELECT unnest($1::text[])
		ON CONFLICT DO NOTHING RETURNING event_id`, ids)
	if err != nil {
		return nil, err
	}
	claimed, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	isNew := make(map[string]bool, len(claimed))
	for _, id := range claimed {
		isNew[id] = true
	}
	for _, id := range ids { // in the topic's order
		if isNew[id] {
			fresh = append(fresh, first[id])
		}
	}
	return fresh, nil
}

// load reads the rows that the events change, and keeps others from changing them meanwhile.
func load(ctx context.Context, tx pgx.Tx, events []*Event) (map[key]Position, error) {
	var accounts, symbols []string
	for _, event := range events {
		accounts, symbols = append(accounts, event.AccountID), append(symbols, event.Data.Symbol)
	}
	rows, err := tx.Query(ctx, `SELECT account_id, symbol, qty::text, avg_price::text, realized_pnl::text, last_seq
		FROM positions WHERE (account_id, symbol) IN (SELECT * FROM unnest($1::text[], $2::text[]))
		ORDER BY account_id, symbol FOR UPDATE`, accounts, symbols)
	if err != nil {
		return nil, err
	}
	positions := map[key]Position{}
	var at key
	var qty, avg, pnl string
	var seq int64
	_, err = pgx.ForEachRow(rows, []any{&at.account, &at.symbol, &qty, &avg, &pnl, &seq}, func() error {
		positions[at] = Position{exact(qty), exact(avg), exact(pnl), seq}
		return nil
	})
	return positions, err
}
