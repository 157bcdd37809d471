"""Makes tables and views in the database of DATABASE_URL (contract/views.sql.md)."""

import common
import psycopg

# TODO(duplication-after-retry.1): is a client_order_id the name of one order?
# TODO(duplication-after-retry.5): v_dedupe: what you look into to know a duplicate, and not more than 2 N of it.
SCHEMA = """
CREATE TABLE accepted (
    id       bigserial PRIMARY KEY,
    event_id text NOT NULL,
    body     jsonb NOT NULL
);
CREATE TABLE charges (
    name            text PRIMARY KEY,
    account_id      text NOT NULL,
    client_order_id text,
    event_id        text NOT NULL,
    amount          numeric NOT NULL
);
CREATE VIEW v_charges AS SELECT account_id, client_order_id, event_id, amount FROM charges;
CREATE VIEW v_dedupe AS SELECT count(*) AS rows FROM charges;
"""

if __name__ == "__main__":
    with psycopg.connect(common.env("DATABASE_URL")) as connection:
        connection.execute(SCHEMA)
