-- Requests of the minute are leased in pieces; and the orders that were there before there were caps are counted.

-- Leases some of what a holder (a key or an account) may still send in a minute: as many as are waiting, and beyond
-- them up to p_ahead, but not more than a quarter of what is left: a process that hears no more of its callers keeps
-- little from the others. 0: nothing is left. The row's lock is held for this one call.
CREATE OR REPLACE FUNCTION lease_requests(
    p_holder_id uuid, p_minute timestamptz, p_limit integer, p_waiting integer, p_ahead integer
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_left integer;
    v_leased integer;
BEGIN
    INSERT INTO request_counts (holder_id, minute, requests) VALUES (p_holder_id, p_minute, 0) ON CONFLICT DO NOTHING;
    SELECT p_limit - requests INTO v_left FROM request_counts
    WHERE holder_id = p_holder_id AND minute = p_minute FOR UPDATE;
    v_leased := greatest(least(v_left, p_waiting + least(p_ahead, greatest(v_left - p_waiting, 0) / 4)), 0);
    UPDATE request_counts SET requests = requests + v_leased WHERE holder_id = p_holder_id AND minute = p_minute;
    RETURN v_leased;
END $$;

-- The days' counts as they would be had they always been kept.
UPDATE accounts
SET day = last.day,
    day_micros = (SELECT coalesce(sum(coalesce(cost_micros, price_micros)), 0) FROM tasks
                  WHERE tasks.account_id = accounts.id AND NOT test
                    AND created_at >= last.day::timestamp AT TIME ZONE 'UTC')
FROM (SELECT account_id, (max(created_at) AT TIME ZONE 'UTC')::date AS day FROM tasks WHERE NOT test GROUP BY account_id) last
WHERE last.account_id = accounts.id;

UPDATE keys
SET day = last.day, day_micros = last.micros
FROM (
    SELECT DISTINCT ON (key_id) key_id, day, micros
    FROM (SELECT key_id, (created_at AT TIME ZONE 'UTC')::date AS day, sum(coalesce(cost_micros, price_micros)) AS micros
          FROM tasks GROUP BY 1, 2) days
    ORDER BY key_id, day DESC
) last
WHERE last.key_id = keys.id;
