"""Makes tables and views in the database of DATABASE_URL. Run once, before either program."""

import common
import psycopg

SCHEMA = """
-- gateway: a fill, the number of its account, and what has to be published, in one transaction.
CREATE TABLE fills (
    event_id        text PRIMARY KEY,
    order_id        text NOT NULL,
    account_id      text NOT NULL,
    symbol          text NOT NULL,
    side            text NOT NULL,
    quantity        numeric NOT NULL,
    price           numeric NOT NULL,
    client_order_id text,
    stored_at       timestamptz NOT NULL DEFAULT now()
);

-- The row's lock is what makes numbers dense and commits of one account follow each other.
CREATE TABLE accounts (
    account_id text PRIMARY KEY,
    last_seq   bigint NOT NULL
);

CREATE TABLE outbox (
    id          bigserial PRIMARY KEY,
    event_id    text NOT NULL UNIQUE,
    key         text NOT NULL,
    value       bytea NOT NULL,
    traceparent text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    sent_at     timestamptz
);
CREATE INDEX outbox_pending ON outbox (id) WHERE sent_at IS NULL;

CREATE VIEW v_outbox_pending AS
    SELECT event_id, created_at FROM outbox WHERE sent_at IS NULL;

-- positions: the memory of what was applied, and its effect, in one transaction.
CREATE TABLE inbox (
    event_id   text PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE positions (
    account_id   text NOT NULL,
    symbol       text NOT NULL,
    qty          numeric NOT NULL,
    avg_price    numeric NOT NULL,
    realized_pnl numeric NOT NULL,
    last_seq     bigint NOT NULL,
    PRIMARY KEY (account_id, symbol)
);

CREATE VIEW v_positions AS
    SELECT account_id, symbol, qty, avg_price, realized_pnl, last_seq FROM positions;
"""

if __name__ == "__main__":
    with psycopg.connect(common.env("DATABASE_URL")) as connection:
        connection.execute(SCHEMA)
