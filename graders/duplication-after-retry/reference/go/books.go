package main

import (
	"context"
	"errors"
	"log"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const longestPause = time.Second

// books is the database of ledger: which orders are known, and which of them are confirmed.
type books struct {
	pool *pgxpool.Pool
	// N must be known, 2 N may be kept. A quarter is slack for two processes whose rows are not quite in
	// the topic's order; an eighth is how many new rows one process adds before it looks.
	keep, stride, batch, since int
}

func newBooks(pool *pgxpool.Pool, retention int) *books {
	stride := max(retention/8, 2)
	// since: look at the start, because whoever was killed did not.
	return &books{pool: pool, keep: retention + retention/4, stride: stride, batch: min(stride, 200), since: stride}
}

// pending is an order that nobody has noted as confirmed. What it says is the row's, not the event's.
type pending struct {
	ID                 int64
	AccountID, EventID string
	ClientOrderID      *string
	Amount, Key        string
}

// note makes the orders known and returns those of them that are not confirmed, whoever noted them.
func (b *books) note(ctx context.Context, charges []*Charge) ([]pending, error) {
	var wanted []string
	first := make(map[string]*Charge, len(charges))
	for _, charge := range charges {
		if name := charge.identity(); first[name] == nil {
			first[name] = charge
			wanted = append(wanted, name)
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	slices.Sort(wanted) // the same order for everybody: two processes do not deadlock
	n := len(wanted)
	accounts, events, amounts, clients := make([]string, n), make([]string, n), make([]string, n), make([]*string, n)
	for i, name := range wanted {
		c := first[name]
		accounts[i], events[i], amounts[i], clients[i] = c.AccountID, c.EventID, c.commission(), c.Data.ClientOrderID
	}
	var found []pending
	err := b.untilDone(ctx, func(ctx context.Context, tx pgx.Tx) error {
		// A concurrent insert of the same identity makes us wait here, and then find it taken. The key is
		// drawn once, with the row: whoever calls for this order reads it from there.
		inserted, err := tx.Exec(ctx, `INSERT INTO known (identity, account_id, client_order_id, event_id, amount, key)
			SELECT i, a, c, e, m::numeric, gen_random_uuid()
			FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS w (i, a, c, e, m)
			ON CONFLICT DO NOTHING`, wanted, accounts, clients, events, amounts)
		if err != nil {
			return err
		}
		b.since += int(inserted.RowsAffected())
		rows, err := tx.Query(ctx, `SELECT id, account_id, event_id, client_order_id, amount::text, key::text
			FROM known WHERE identity = ANY($1) AND confirmed_at IS NULL ORDER BY id`, wanted)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[pending])
		return err
	})
	return found, err
}

// confirm notes that the order is booked outside. Whoever turns the row writes the charge; another process
// that called at the same moment finds it turned.
func (b *books) confirm(ctx context.Context, order pending) error {
	return b.untilDone(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `WITH turned AS (
				UPDATE known SET confirmed_at = now() WHERE id = $1 AND confirmed_at IS NULL RETURNING *)
			INSERT INTO charges (account_id, client_order_id, event_id, amount)
			SELECT account_id, client_order_id, event_id, amount FROM turned`, order.ID)
		return err
	})
}

// forget deletes all but the newest rows, now and then. Rows are counted: ids have gaps, wherever a
// duplicate came.
func (b *books) forget(ctx context.Context) error {
	if b.since < b.stride {
		return nil
	}
	err := b.untilDone(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM known WHERE confirmed_at IS NOT NULL
			AND id <= (SELECT id FROM known ORDER BY id DESC OFFSET $1 LIMIT 1)`, b.keep)
		return err
	})
	if err == nil {
		b.since = 0
	}
	return err
}

// untilDone returns when the work is committed, however long it takes. It fails when ctx ends before, or
// for a reason that waiting does not change: a mistake of ours, which must neither skip nor park a record.
func (b *books) untilDone(ctx context.Context, work func(context.Context, pgx.Tx) error) error {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, longestPause) {
		// A transaction that has begun is finished even when we are told to leave meanwhile.
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		err := pgx.BeginFunc(limited, b.pool, func(tx pgx.Tx) error { return work(limited, tx) })
		cancel()
		if err == nil || !isTransient(err) {
			return err
		}
		log.Printf("ledger: %v; trying again", err)
		if pause(ctx, wait); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// isTransient says whether waiting may help: the connection is gone, or the SQLSTATE says so.
func isTransient(err error) bool {
	var told *pgconn.PgError
	if !errors.As(err, &told) {
		return true
	}
	for _, class := range []string{"08", "40", "53", "57"} {
		if strings.HasPrefix(told.Code, class) {
			return true
		}
	}
	return false
}
