-- gateway: an order under its identity, the answer to it, and what has to be published.
CREATE TABLE accepted (
    identity text PRIMARY KEY,
    symbol   text NOT NULL,
    side     text NOT NULL,
    quantity numeric NOT NULL,
    price    numeric NOT NULL,
    answer   jsonb NOT NULL
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
    identity        text NOT NULL UNIQUE,
    account_id      text NOT NULL,
    client_order_id text,
    event_id        text NOT NULL,
    amount          numeric NOT NULL,
    key             uuid NOT NULL,
    confirmed_at    timestamptz
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
