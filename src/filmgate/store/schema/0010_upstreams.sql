-- Films made elsewhere: what an attempt knows of its vendor's task, who follows it, and how much an upstream may do.

-- A worker is alive as long as it beats. Whoever finds one that does not takes over what it followed.
CREATE TABLE IF NOT EXISTS workers (
    id uuid PRIMARY KEY,
    beat_at timestamptz NOT NULL,
    -- What it says about itself, for the metrics.
    said jsonb NOT NULL DEFAULT '{}'
) WITH (fillfactor = 20);

-- running counts the open attempts at an upstream, for its capacity; it is counted in the calls that begin and end
-- them. submits counts those begun in the minute that began at minute.
CREATE TABLE IF NOT EXISTS upstreams (
    name text PRIMARY KEY,
    running integer NOT NULL DEFAULT 0 CHECK (running >= 0),
    submits integer NOT NULL DEFAULT 0,
    minute timestamptz NOT NULL DEFAULT '1970-01-01T00:00:00Z',
    -- Until then the vendor wants to be left alone, and says so to all workers.
    paused_until timestamptz
) WITH (fillfactor = 20);

-- vendor_id: the vendor's name for the task, once it has answered. An open remote attempt without one is in the making
-- or in doubt; doubt_since says that the answer was lost.
ALTER TABLE attempts
    ADD COLUMN IF NOT EXISTS remote boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS vendor_model text,
    ADD COLUMN IF NOT EXISTS vendor_id text,
    ADD COLUMN IF NOT EXISTS vendor_request_id text,
    ADD COLUMN IF NOT EXISTS submitted_at timestamptz,
    ADD COLUMN IF NOT EXISTS doubt_since timestamptz,
    ADD COLUMN IF NOT EXISTS seed bigint,
    ADD COLUMN IF NOT EXISTS worker_id uuid,
    ADD COLUMN IF NOT EXISTS reason text,
    ADD COLUMN IF NOT EXISTS fault text,
    ADD COLUMN IF NOT EXISTS vendor_state text,
    ADD COLUMN IF NOT EXISTS looked_at timestamptz,
    ADD COLUMN IF NOT EXISTS looks integer NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS usage jsonb;

ALTER TABLE attempts DROP CONSTRAINT IF EXISTS attempts_outcome_check;
ALTER TABLE attempts ADD CONSTRAINT attempts_outcome_check
    CHECK (outcome IN ('ok', 'failed', 'abandoned', 'cancelled', 'doubtful'));

-- One vendor's task belongs to one attempt, whatever a callback or a list says.
CREATE UNIQUE INDEX IF NOT EXISTS one_attempt_a_vendor_task ON attempts (upstream, vendor_id) WHERE vendor_id IS NOT NULL;
-- What is to be followed, by whom.
CREATE INDEX IF NOT EXISTS followed_attempts ON attempts (worker_id) WHERE ended_at IS NULL AND vendor_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS doubtful_attempts ON attempts (doubt_since) WHERE ended_at IS NULL AND doubt_since IS NOT NULL;

-- How long films took lately, by what they have in common: the last ones, in seconds, newest last.
CREATE TABLE IF NOT EXISTS film_times (
    upstream text NOT NULL,
    model text NOT NULL,
    resolution text NOT NULL,
    seconds integer NOT NULL,
    took_seconds real[] NOT NULL,
    PRIMARY KEY (upstream, model, resolution, seconds)
) WITH (fillfactor = 50);

-- Begins an attempt at a vendor, if the vendor has room for it, over all workers. The task's row is locked, so that two
-- workers which both believe the task theirs come one after the other. refused says why there is none: 'ended' (the
-- task), 'open' (another attempt is), 'running', 'rate' or 'paused' (the vendor has no room).
CREATE OR REPLACE FUNCTION begin_remote_attempt(
    p_task_id uuid, p_upstream text, p_vendor_model text, p_seed bigint, p_reason text, p_max_running integer,
    p_submits_per_minute integer, p_now timestamptz, OUT number integer, OUT refused text
) LANGUAGE plpgsql AS $$
DECLARE
    v_minute timestamptz := date_trunc('minute', p_now);
    v_upstream upstreams;
BEGIN
    PERFORM FROM tasks WHERE id = p_task_id AND completed_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        refused := 'ended';
        RETURN;
    END IF;
    PERFORM FROM attempts WHERE task_id = p_task_id AND ended_at IS NULL;
    IF FOUND THEN
        refused := 'open';
        RETURN;
    END IF;

    INSERT INTO upstreams (name) VALUES (p_upstream) ON CONFLICT (name) DO NOTHING;
    UPDATE upstreams
    SET running = running + 1, minute = v_minute,
        submits = CASE WHEN minute = v_minute THEN upstreams.submits ELSE 0 END + 1
    WHERE name = p_upstream AND running < p_max_running
      AND (minute <> v_minute OR upstreams.submits < p_submits_per_minute)
      AND (paused_until IS NULL OR paused_until <= p_now);
    IF NOT FOUND THEN
        SELECT * INTO v_upstream FROM upstreams WHERE name = p_upstream;
        refused := CASE WHEN v_upstream.paused_until > p_now THEN 'paused'
                        WHEN v_upstream.running >= p_max_running THEN 'running'
                        ELSE 'rate' END;
        RETURN;
    END IF;

    INSERT INTO attempts (task_id, number, upstream, started_at, remote, vendor_model, seed, reason)
    SELECT p_task_id, coalesce(max(a.number), 0) + 1, p_upstream, p_now, true, p_vendor_model, p_seed, p_reason
    FROM attempts a WHERE a.task_id = p_task_id
    RETURNING attempts.number INTO number;
END $$;

-- Ends an attempt, wherever it was made, and gives its place back. False if it had ended already.
CREATE OR REPLACE FUNCTION end_attempt(
    p_task_id uuid, p_number integer, p_outcome text, p_fault text, p_detail text, p_usage jsonb, p_now timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_attempt record;
BEGIN
    UPDATE attempts SET ended_at = p_now, outcome = p_outcome, fault = p_fault, detail = p_detail,
                        usage = coalesce(p_usage, usage)
    WHERE task_id = p_task_id AND number = p_number AND ended_at IS NULL
    RETURNING upstream, remote INTO v_attempt;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF v_attempt.remote THEN
        UPDATE upstreams SET running = running - 1 WHERE name = v_attempt.upstream AND running > 0;
    END IF;
    RETURN true;
END $$;
