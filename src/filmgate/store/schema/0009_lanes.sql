-- The lane of an order in the work queue: what can make it, and with that who takes its jobs.

ALTER TABLE tasks ADD COLUMN IF NOT EXISTS lane text NOT NULL DEFAULT 'make_film';
UPDATE tasks SET lane = 'play_script' WHERE test AND completed_at IS NULL;

DROP FUNCTION IF EXISTS enqueue_task(uuid, boolean, bigint);
ALTER TYPE new_order ADD ATTRIBUTE lane text;

-- Puts a task into a lane of PgQueuer's queue (store/queue.py). Nothing happens if the task is in it already. Whoever
-- calls this wakes the workers after the commit. A lower turn is taken first; PgQueuer's priority is an integer, so
-- turns begin anew after two thousand million.
CREATE OR REPLACE FUNCTION enqueue_task(p_id uuid, p_lane text, p_turn bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pgqueuer (priority, entrypoint, payload, dedupe_key, status)
    VALUES (-(p_turn % 2147483647)::integer, p_lane, convert_to(p_id::text, 'UTF8'), p_id::text, 'queued')
    ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL DO NOTHING;
END $$;

-- Accepts one order: money, task, ledger entry and job, or none of them; accept_orders calls it.
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
                       webhook_events, lane, turn, created_at)
    VALUES (o.id, o.account_id, o.key_id, o.test, o.dialect, o.request, o.price_micros, o.billing_name, o.unit, o.units,
            o.unit_price_micros, o.price_version, o.max_cost_micros, o.cancel_fee_micros, o.retention_hours, o.base_url,
            o.webhook_events, o.lane, v_turn, v_at)
    ON CONFLICT (id) DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'ok';
    END IF;

    INSERT INTO entries (account_id, task_id, kind, available, held, price_version, units, created_at)
    VALUES (o.account_id, o.id, 'reserve', -o.price_micros, o.price_micros, o.price_version, o.units, v_at);

    PERFORM enqueue_task(o.id, o.lane, v_turn);
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
