-- News to customers: where it goes, how it is signed, and what became of each piece.

CREATE TABLE IF NOT EXISTS webhook_endpoints (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    url text NOT NULL,
    events text[] NOT NULL CHECK (cardinality(events) > 0),
    description text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    disabled_at timestamptz
);

CREATE INDEX IF NOT EXISTS webhook_endpoints_of_account ON webhook_endpoints (account_id, created_at, id);

-- The current secret of an account has no end; the ones before it are good until theirs.
CREATE TABLE IF NOT EXISTS webhook_secrets (
    account_id uuid NOT NULL REFERENCES accounts,
    secret text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz
);

CREATE UNIQUE INDEX IF NOT EXISTS one_current_webhook_secret ON webhook_secrets (account_id) WHERE expires_at IS NULL;
CREATE INDEX IF NOT EXISTS webhook_secrets_of_account ON webhook_secrets (account_id, created_at);

-- One piece of news for one receiver. A task reaches each status once, so (task, status, receiver) is its natural key;
-- the id is made from it. destination is the url's host, on which slow receivers are kept apart.
CREATE TABLE IF NOT EXISTS deliveries (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    task_id uuid NOT NULL,
    endpoint_id uuid,
    created_at timestamptz NOT NULL,
    next_at timestamptz,
    ended_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    tries_since_replay integer NOT NULL DEFAULT 0,
    http_status integer,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
    event text NOT NULL,
    url text NOT NULL,
    destination text NOT NULL,
    error text,
    CONSTRAINT waiting_has_a_time CHECK ((state = 'waiting') = (next_at IS NOT NULL)),
    CONSTRAINT the_end_has_a_time CHECK ((state = 'waiting') = (ended_at IS NULL))
) WITH (fillfactor = 70);

CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (next_at) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS deliveries_of_account ON deliveries (account_id, created_at, id);
CREATE INDEX IF NOT EXISTS deliveries_of_task ON deliveries (task_id);
CREATE INDEX IF NOT EXISTS deliveries_ended ON deliveries (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS delivery_attempts (
    delivery_id uuid NOT NULL REFERENCES deliveries ON DELETE CASCADE,
    number integer NOT NULL CHECK (number > 0),
    started_at timestamptz NOT NULL,
    milliseconds integer,
    http_status integer,
    error text,
    answer text,
    PRIMARY KEY (delivery_id, number)
);
