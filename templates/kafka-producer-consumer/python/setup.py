"""Makes tables and views in the database of DATABASE_URL (contract/views.sql.md)."""

import common
import psycopg

# TODO(kafka-producer-consumer.1): gateway: a key on event_id, a number per account, an outbox and its view.
# TODO(kafka-producer-consumer.2): positions: a memory of what was applied, changed together with the position.
SCHEMA = """
CREATE TABLE fills (
    id              bigserial PRIMARY KEY,
    event_id        text NOT NULL,
    body            jsonb NOT NULL,
    stored_at       timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE positions (
    account_id text, symbol text, qty numeric, avg_price numeric, realized_pnl numeric, last_seq bigint,
    PRIMARY KEY (account_id, symbol)
);
CREATE VIEW v_outbox_pending AS SELECT event_id, stored_at AS created_at FROM fills WHERE false;
CREATE VIEW v_positions AS
    SELECT account_id, symbol, qty, avg_price, realized_pnl, last_seq FROM positions;
"""

if __name__ == "__main__":
    with psycopg.connect(common.env("DATABASE_URL")) as connection:
        connection.execute(SCHEMA)
