"""Makes tables and views in the database of DATABASE_URL. Run once, before either program."""

import common
import psycopg

SCHEMA = """
-- gateway: an order under its identity, the answer to it, and what has to be published.
CREATE TABLE accepted (
    account_id text NOT NULL,
    kind       text NOT NULL,
    name       text NOT NULL,
    symbol     text NOT NULL,
    side       text NOT NULL,
    quantity   numeric NOT NULL,
    price      numeric NOT NULL,
    answer     jsonb NOT NULL,
    PRIMARY KEY (account_id, kind, name)
);

CREATE TABLE accounts (
    account_id text PRIMARY KEY,
    last_seq   bigint NOT NULL
);

CREATE TABLE outbox (
    id          bigserial PRIMARY KEY,
    key         text NOT NULL,
    value       bytea NOT NULL,
    traceparent text NOT NULL,
    sent_at     timestamptz
);
CREATE INDEX outbox_pending ON outbox (id) WHERE sent_at IS NULL;

-- ledger: the orders it knows. This is what is looked into, and what is forgotten by and by.
CREATE TABLE known (
    id              bigserial PRIMARY KEY,
    account_id      text NOT NULL,
    kind            text NOT NULL,
    name            text NOT NULL,
    client_order_id text,
    event_id        text NOT NULL,
    amount          numeric NOT NULL,
    idempotency_key text NOT NULL,
    confirmed_at    timestamptz,
    UNIQUE (account_id, kind, name)
);

-- ledger: what was booked outside. It stays, and nobody looks into it to know a duplicate.
CREATE TABLE charges (
    account_id      text NOT NULL,
    client_order_id text,
    event_id        text NOT NULL,
    amount          numeric NOT NULL,
    noted_at        timestamptz NOT NULL DEFAULT now()
);

CREATE VIEW v_charges AS SELECT account_id, client_order_id, event_id, amount FROM charges;
CREATE VIEW v_dedupe AS SELECT count(*) AS rows FROM known;
"""

if __name__ == "__main__":
    with psycopg.connect(common.env("DATABASE_URL")) as connection:
        connection.execute(SCHEMA)
