-- What an account and a key may use, whose turn it is, how long a film is kept, and creates that are sent twice.

-- NULL is no limit. open_orders and the day's use are counted in the transactions that take and end orders.
ALTER TABLE accounts
    ADD COLUMN IF NOT EXISTS turn bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS open_orders integer NOT NULL DEFAULT 0 CHECK (open_orders >= 0),
    ADD COLUMN IF NOT EXISTS day date NOT NULL DEFAULT '1970-01-01',
    ADD COLUMN IF NOT EXISTS day_micros bigint NOT NULL DEFAULT 0 CHECK (day_micros >= 0),
    ADD COLUMN IF NOT EXISTS requests_per_minute integer CHECK (requests_per_minute > 0),
    ADD COLUMN IF NOT EXISTS max_open_orders integer CHECK (max_open_orders > 0),
    ADD COLUMN IF NOT EXISTS daily_micros bigint CHECK (daily_micros >= 0),
    ADD COLUMN IF NOT EXISTS total_micros bigint CHECK (total_micros >= 0),
    ADD COLUMN IF NOT EXISTS retention_hours integer CHECK (retention_hours > 0),
    ADD COLUMN IF NOT EXISTS models text[];

ALTER TABLE keys
    ADD COLUMN IF NOT EXISTS turn bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS open_orders integer NOT NULL DEFAULT 0 CHECK (open_orders >= 0),
    ADD COLUMN IF NOT EXISTS day date NOT NULL DEFAULT '1970-01-01',
    ADD COLUMN IF NOT EXISTS day_micros bigint NOT NULL DEFAULT 0 CHECK (day_micros >= 0),
    ADD COLUMN IF NOT EXISTS requests_per_minute integer CHECK (requests_per_minute > 0),
    ADD COLUMN IF NOT EXISTS max_open_orders integer CHECK (max_open_orders > 0),
    ADD COLUMN IF NOT EXISTS daily_micros bigint CHECK (daily_micros >= 0),
    ADD COLUMN IF NOT EXISTS models text[];

UPDATE accounts SET open_orders = (SELECT count(*) FROM tasks
                                   WHERE tasks.account_id = accounts.id AND completed_at IS NULL AND NOT test);
UPDATE keys SET open_orders = (SELECT count(*) FROM tasks WHERE tasks.key_id = keys.id AND completed_at IS NULL);

-- The turn of the order that was last begun, in the lane of films and in that of scripts (store/queue.py). Read and
-- set outside of transactions and without locks: a value that is a little old favours a newcomer a little.
CREATE SEQUENCE IF NOT EXISTS film_turn MINVALUE 0 START 0;
CREATE SEQUENCE IF NOT EXISTS script_turn MINVALUE 0 START 0;

ALTER TABLE tasks
    ADD COLUMN IF NOT EXISTS turn bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS rendered_at timestamptz,
    -- How the create was addressed, for links in webhooks.
    ADD COLUMN IF NOT EXISTS base_url text NOT NULL DEFAULT '',
    -- What was promised with the price: what the order costs at most, and when it is cancelled in the making.
    ADD COLUMN IF NOT EXISTS max_cost_micros bigint,
    ADD COLUMN IF NOT EXISTS cancel_fee_micros bigint NOT NULL DEFAULT 0 CHECK (cancel_fee_micros >= 0),
    ADD COLUMN IF NOT EXISTS retention_hours integer NOT NULL DEFAULT 72 CHECK (retention_hours > 0),
    ADD COLUMN IF NOT EXISTS kept_until timestamptz,
    ADD COLUMN IF NOT EXISTS forgotten_at timestamptz,
    ADD COLUMN IF NOT EXISTS webhook_events text[],
    DROP CONSTRAINT IF EXISTS only_a_film_costs,
    DROP CONSTRAINT IF EXISTS never_dearer_than_quoted,
    DROP CONSTRAINT IF EXISTS never_dearer_than_promised,
    DROP CONSTRAINT IF EXISTS the_promise_covers_the_price;

UPDATE tasks SET kept_until = completed_at + make_interval(hours => retention_hours)
WHERE completed_at IS NOT NULL AND kept_until IS NULL;

ALTER TABLE tasks
    ADD CONSTRAINT only_a_film_costs
        CHECK (cost_micros = 0 OR (cost_micros > 0 AND status = 'succeeded')
               OR (status = 'cancelled' AND cost_micros BETWEEN 0 AND cancel_fee_micros)),
    ADD CONSTRAINT never_dearer_than_promised CHECK (cost_micros <= coalesce(max_cost_micros, price_micros)),
    ADD CONSTRAINT the_promise_covers_the_price
        CHECK (max_cost_micros >= price_micros AND cancel_fee_micros <= price_micros);

-- What is due to be forgotten.
CREATE INDEX IF NOT EXISTS tasks_to_forget ON tasks (kept_until) WHERE kept_until IS NOT NULL AND forgotten_at IS NULL;
-- Only orders with metadata pay for this one.
CREATE INDEX IF NOT EXISTS tasks_metadata ON tasks USING gin ((request->'metadata') jsonb_path_ops)
    WHERE request ? 'metadata';

-- A settlement may take more than was reserved, up to what was promised.
ALTER TABLE entries DROP CONSTRAINT IF EXISTS moves_as_its_kind;
ALTER TABLE entries ADD CONSTRAINT moves_as_its_kind CHECK (
    CASE kind WHEN 'reserve' THEN funded = 0 AND spent = 0 AND held >= 0
              WHEN 'settle' THEN funded = 0 AND held <= 0 AND spent >= 0
              WHEN 'release' THEN funded = 0 AND spent = 0 AND held <= 0
              ELSE held = 0 AND spent = 0 END);

-- Creates that carried an Idempotency-Key, for 24 hours. The digest is that of the order.
CREATE TABLE IF NOT EXISTS idempotency_keys (
    account_id uuid NOT NULL,
    key text NOT NULL CHECK (key <> ''),
    task_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (account_id, key)
);

CREATE INDEX IF NOT EXISTS idempotency_keys_by_age ON idempotency_keys (created_at);

-- Requests of the minute, by account or key, for those that have a limit. Counts of a crashed server may be lost.
CREATE UNLOGGED TABLE IF NOT EXISTS request_counts (
    holder_id uuid NOT NULL,
    minute timestamptz NOT NULL,
    requests integer NOT NULL,
    PRIMARY KEY (holder_id, minute)
);
