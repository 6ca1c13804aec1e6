-- Attempts whose doubt is settled by several at once, what a vendor did when it was told to stop, and how attempts ended
-- as figures.

-- What the vendor did when its task was called off: 'stopped', 'went_on', 'cannot_stop' or 'not_known'.
ALTER TABLE attempts ADD COLUMN IF NOT EXISTS called_off text
    CHECK (called_off IN ('stopped', 'went_on', 'cannot_stop', 'not_known'));

-- How many attempts ended how, and how many looks they took. Counted as they end, in the call that also counts the
-- upstream's room, so that nobody has to count rows. An empty fault is none.
CREATE TABLE IF NOT EXISTS attempt_counts (
    upstream text NOT NULL,
    outcome text NOT NULL,
    fault text NOT NULL,
    attempts bigint NOT NULL DEFAULT 0,
    looks bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (upstream, outcome, fault)
) WITH (fillfactor = 20);

DROP FUNCTION IF EXISTS end_attempt(uuid, integer, text, text, text, jsonb, timestamptz);

-- Ends an attempt, wherever it was made, and gives its place back. False if it had ended already, or, where only one
-- without the vendor's id is to be ended, if somebody has found it meanwhile.
CREATE OR REPLACE FUNCTION end_attempt(
    p_task_id uuid, p_number integer, p_outcome text, p_fault text, p_detail text, p_usage jsonb, p_now timestamptz,
    p_called_off text DEFAULT NULL, p_only_without_id boolean DEFAULT false
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_attempt record;
BEGIN
    UPDATE attempts SET ended_at = p_now, outcome = p_outcome, fault = p_fault, detail = p_detail,
                        usage = coalesce(p_usage, usage), called_off = p_called_off
    WHERE task_id = p_task_id AND number = p_number AND ended_at IS NULL
      AND (vendor_id IS NULL OR NOT p_only_without_id)
    RETURNING upstream, remote, looks INTO v_attempt;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF v_attempt.remote THEN
        UPDATE upstreams SET running = running - 1 WHERE name = v_attempt.upstream AND running > 0;
    END IF;
    INSERT INTO attempt_counts AS counted (upstream, outcome, fault, attempts, looks)
    VALUES (v_attempt.upstream, p_outcome, coalesce(p_fault, ''), 1, v_attempt.looks)
    ON CONFLICT (upstream, outcome, fault)
    DO UPDATE SET attempts = counted.attempts + 1, looks = counted.looks + excluded.looks;
    RETURN true;
END $$;
