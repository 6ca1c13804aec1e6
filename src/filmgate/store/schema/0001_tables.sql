-- What filmgate keeps. Every statement may run twice: a program that dies between a migration and the note that it
-- was applied runs it again.
-- Amounts are bigint micro-credits. Times are set by the program, except in PgQueuer's own tables.

-- Values that describe the database itself, such as the version of PgQueuer its tables were made by.
CREATE TABLE IF NOT EXISTS settings (
    name text PRIMARY KEY,
    value text NOT NULL
);

-- Secrets of the installation that all processes share. Customers' keys are in keys, as digests.
CREATE TABLE IF NOT EXISTS secrets (
    name text PRIMARY KEY,
    value bytea NOT NULL
);

-- The balances are the sums of the account's entries; they stand here so that one conditional UPDATE can reserve.
-- Every order of an account updates its row: the page is left mostly empty, so that the new version finds room on it.
CREATE TABLE IF NOT EXISTS accounts (
    id uuid PRIMARY KEY,
    funded bigint NOT NULL DEFAULT 0,
    available bigint NOT NULL DEFAULT 0 CHECK (available >= 0),
    held bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    spent bigint NOT NULL DEFAULT 0 CHECK (spent >= 0),
    created_at timestamptz NOT NULL,
    name text NOT NULL UNIQUE CHECK (name <> ''),
    CONSTRAINT balances_are_what_was_funded CHECK (available + held + spent = funded)
) WITH (fillfactor = 20);

CREATE TABLE IF NOT EXISTS keys (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    quota_micros bigint NOT NULL CHECK (quota_micros >= 0),
    used_micros bigint NOT NULL DEFAULT 0 CHECK (used_micros >= 0),
    test boolean NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    digest bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    hint text NOT NULL,
    name text NOT NULL,
    CONSTRAINT the_quota_is_kept CHECK (quota_micros = 0 OR used_micros <= quota_micros)
) WITH (fillfactor = 20);

CREATE INDEX IF NOT EXISTS keys_of_account ON keys (account_id);

-- One ordered film. The checks repeat the rules of task.py. account_id and key_id have no foreign key: accept_order
-- has just read both rows, neither is ever deleted, and a foreign key would write a lock into both for each order:
-- the busiest rows there are.
CREATE TABLE IF NOT EXISTS tasks (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    key_id uuid NOT NULL,
    price_micros bigint NOT NULL CHECK (price_micros >= 0),
    unit_price_micros bigint NOT NULL CHECK (unit_price_micros >= 0),
    cost_micros bigint,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    completed_at timestamptz,
    progress smallint NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    test boolean NOT NULL,
    status text NOT NULL DEFAULT 'queued'
        CHECK (status IN ('queued', 'running', 'saving', 'succeeded', 'failed', 'cancelled', 'expired')),
    dialect text NOT NULL,
    billing_name text NOT NULL,
    unit text NOT NULL,
    units text NOT NULL,
    price_version text NOT NULL,
    request jsonb NOT NULL,
    error jsonb,
    result jsonb,
    CONSTRAINT the_end_has_a_time
        CHECK ((completed_at IS NOT NULL) = (status IN ('succeeded', 'failed', 'cancelled', 'expired'))),
    CONSTRAINT a_film_had_a_start
        CHECK (CASE status WHEN 'queued' THEN started_at IS NULL
                           WHEN 'running' THEN started_at IS NOT NULL
                           WHEN 'saving' THEN started_at IS NOT NULL
                           WHEN 'succeeded' THEN started_at IS NOT NULL
                           ELSE true END),
    CONSTRAINT success_has_a_result CHECK ((status = 'succeeded') = (result IS NOT NULL)),
    CONSTRAINT failure_has_an_error CHECK ((status IN ('failed', 'cancelled', 'expired')) = (error IS NOT NULL)),
    CONSTRAINT the_cost_is_known_at_the_end CHECK ((completed_at IS NOT NULL) = (cost_micros IS NOT NULL)),
    CONSTRAINT only_a_film_costs CHECK (cost_micros = 0 OR (status = 'succeeded' AND cost_micros > 0)),
    CONSTRAINT never_dearer_than_quoted CHECK (cost_micros <= price_micros),
    CONSTRAINT tests_are_free CHECK (NOT test OR price_micros = 0)
) WITH (fillfactor = 80);

CREATE INDEX IF NOT EXISTS open_tasks ON tasks (id) WHERE completed_at IS NULL;
CREATE INDEX IF NOT EXISTS tasks_of_account ON tasks (account_id, created_at, id);

-- One try at one upstream, written before the upstream hears of it.
CREATE TABLE IF NOT EXISTS attempts (
    task_id uuid NOT NULL REFERENCES tasks,
    number integer NOT NULL CHECK (number > 0),
    upstream text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text CHECK (outcome IN ('ok', 'failed', 'abandoned', 'cancelled')),
    detail text,
    PRIMARY KEY (task_id, number),
    CONSTRAINT the_end_has_an_outcome CHECK ((ended_at IS NULL) = (outcome IS NULL))
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX IF NOT EXISTS one_open_attempt ON attempts (task_id) WHERE ended_at IS NULL;

-- The ledger: movements between the four pools of ledger.py, each double by construction.
CREATE TABLE IF NOT EXISTS entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id uuid NOT NULL,
    task_id uuid,
    funded bigint NOT NULL DEFAULT 0,
    available bigint NOT NULL DEFAULT 0,
    held bigint NOT NULL DEFAULT 0,
    spent bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('top_up', 'adjustment', 'reserve', 'settle', 'release')),
    price_version text,
    units text,
    note text,
    CONSTRAINT sums_to_zero CHECK (funded + available + held + spent = 0),
    CONSTRAINT moves_as_its_kind CHECK (
        CASE kind WHEN 'reserve' THEN funded = 0 AND spent = 0 AND held >= 0
                  WHEN 'settle' THEN funded = 0 AND held <= 0 AND spent >= 0 AND available >= 0
                  WHEN 'release' THEN funded = 0 AND spent = 0 AND held <= 0
                  ELSE held = 0 AND spent = 0 END),
    CONSTRAINT orders_move_money CHECK (task_id IS NOT NULL OR kind IN ('top_up', 'adjustment'))
);

CREATE INDEX IF NOT EXISTS entries_of_account ON entries (account_id, id);

-- The natural key: an order is reserved once, and it ends once, settled or released. Adjustments are not limited.
CREATE UNIQUE INDEX IF NOT EXISTS entries_of_task
    ON entries (task_id, (CASE kind WHEN 'reserve' THEN 1 WHEN 'settle' THEN 2 WHEN 'release' THEN 2 END))
    WHERE task_id IS NOT NULL;
