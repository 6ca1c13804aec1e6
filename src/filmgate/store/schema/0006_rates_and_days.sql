-- Requests of the minute are leased in pieces, and the days that caps are counted by never turn back.

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

-- When an order counts as accepted: its own time, unless its account or key has counted orders of the next day
-- already. Clocks differ, and one order takes longer than another to arrive; an order that crosses midnight late belongs
-- to the day that has begun. So a day's count is begun anew only once. An order that is later than ten minutes is not
-- late: then a clock has been wrong, and the count goes by the right ones again.
CREATE OR REPLACE FUNCTION counted_at(p_created_at timestamptz, p_last_day date) RETURNS timestamptz
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_last_day > (p_created_at AT TIME ZONE 'UTC')::date
                 AND p_last_day <= (p_created_at AT TIME ZONE 'UTC' + interval '10 minutes')::date
                THEN p_last_day::timestamp AT TIME ZONE 'UTC' ELSE p_created_at END
$$;

-- Accepts one order: money, task, ledger entry and job, or none of them; accept_orders calls it. As in 0005, but for
-- counted_at.
-- Returns 'ok', or what stands against it, and then nothing is written: 'key' (unknown, not the account's, or
-- revoked), 'key orders', 'account orders', 'key day', 'account day', 'quota', 'total' or 'funds'. Where another order
-- changed that between the first look and the last line, 'raced' is raised; the next call sees why.
-- The rows that all orders of an account share are updated last, so that their locks are held only for the commit;
-- the account before the key, here and in move_task, so that no two calls wait for each other.
CREATE OR REPLACE FUNCTION accept_order(o new_order) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_at timestamptz;
    v_day date;
    v_verdict text;
    v_turn bigint;
BEGIN
    SELECT CASE
               WHEN k.revoked_at IS NOT NULL THEN 'key'
               WHEN k.open_orders >= k.max_open_orders THEN 'key orders'
               WHEN NOT o.test AND a.open_orders >= a.max_open_orders THEN 'account orders'
               WHEN CASE WHEN k.day = today THEN k.day_micros ELSE 0 END + o.price_micros > k.daily_micros THEN 'key day'
               WHEN NOT o.test AND CASE WHEN a.day = today THEN a.day_micros ELSE 0 END + o.price_micros > a.daily_micros
                   THEN 'account day'
               WHEN k.quota_micros <> 0 AND k.used_micros + o.price_micros > k.quota_micros THEN 'quota'
               WHEN NOT o.test AND a.held + a.spent + o.price_micros > a.total_micros THEN 'total'
               WHEN a.available < o.price_micros THEN 'funds'
           END,
           -- Fair queueing: the accounts take turns. One that was idle joins at the turn that is being served.
           greatest(CASE WHEN o.test THEN k.turn ELSE a.turn END + 1,
                    CASE WHEN o.test THEN (SELECT last_value FROM script_turn)
                         ELSE (SELECT last_value FROM film_turn) END),
           counted.at, today
    INTO v_verdict, v_turn, v_at, v_day
    FROM keys k JOIN accounts a ON a.id = k.account_id
    CROSS JOIN LATERAL (SELECT counted_at(o.created_at, greatest(a.day, k.day)) AS at) counted
    CROSS JOIN LATERAL (SELECT (counted.at AT TIME ZONE 'UTC')::date AS today) days
    WHERE k.id = o.key_id AND k.account_id = o.account_id;
    IF NOT FOUND THEN
        RETURN 'key';
    ELSIF v_verdict IS NOT NULL THEN
        RETURN v_verdict;
    END IF;

    INSERT INTO tasks (id, account_id, key_id, test, dialect, request, price_micros, billing_name, unit, units,
                       unit_price_micros, price_version, max_cost_micros, cancel_fee_micros, retention_hours, base_url,
                       webhook_events, turn, created_at)
    VALUES (o.id, o.account_id, o.key_id, o.test, o.dialect, o.request, o.price_micros, o.billing_name, o.unit, o.units,
            o.unit_price_micros, o.price_version, o.max_cost_micros, o.cancel_fee_micros, o.retention_hours, o.base_url,
            o.webhook_events, v_turn, v_at)
    ON CONFLICT (id) DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'ok';
    END IF;

    INSERT INTO entries (account_id, task_id, kind, available, held, price_version, units, created_at)
    VALUES (o.account_id, o.id, 'reserve', -o.price_micros, o.price_micros, o.price_version, o.units, v_at);

    PERFORM enqueue_task(o.id, o.test, v_turn);
    PERFORM tell(o.account_id, o.id, 'queued', o.test, o.request->>'webhook_url', o.webhook_events, v_at);

    IF NOT o.test THEN
        UPDATE accounts
        SET available = available - o.price_micros, held = held + o.price_micros, open_orders = open_orders + 1,
            turn = greatest(turn, v_turn), day = v_day,
            day_micros = CASE WHEN day = v_day THEN day_micros ELSE 0 END + o.price_micros
        WHERE id = o.account_id AND available >= o.price_micros AND counted_at(v_at, day) = v_at
          AND (max_open_orders IS NULL OR open_orders < max_open_orders)
          AND (total_micros IS NULL OR held + spent + o.price_micros <= total_micros)
          AND (daily_micros IS NULL
               OR CASE WHEN day = v_day THEN day_micros ELSE 0 END + o.price_micros <= daily_micros);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'raced';
        END IF;
    END IF;

    UPDATE keys
    SET used_micros = used_micros + o.price_micros, open_orders = open_orders + 1,
        turn = CASE WHEN o.test THEN greatest(turn, v_turn) ELSE turn END, day = v_day,
        day_micros = CASE WHEN day = v_day THEN day_micros ELSE 0 END + o.price_micros
    WHERE id = o.key_id AND revoked_at IS NULL AND counted_at(v_at, day) = v_at
      AND (quota_micros = 0 OR used_micros + o.price_micros <= quota_micros)
      AND (max_open_orders IS NULL OR open_orders < max_open_orders)
      AND (daily_micros IS NULL OR CASE WHEN day = v_day THEN day_micros ELSE 0 END + o.price_micros <= daily_micros);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'raced';
    END IF;
    RETURN 'ok';
END $$;

-- The days' counts as they would be had they always been counted so.
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
