-- What must happen together, as one call each: the functions of 0002, for orders with limits, turns and webhooks.

DROP FUNCTION IF EXISTS accept_order(uuid, uuid, uuid, boolean, text, jsonb, bigint, text, text, text, bigint, text,
                                     timestamptz);
DROP FUNCTION IF EXISTS apply_move(uuid, text, text, timestamptz, text, bigint, jsonb, jsonb);
DROP FUNCTION IF EXISTS enqueue_task(uuid, boolean);
DROP FUNCTION IF EXISTS accept_orders(new_order[]);
DROP FUNCTION IF EXISTS accept_order(new_order);
DROP TYPE IF EXISTS new_order;

-- An order that is ready to be accepted; store/accept.py fills it in this order.
CREATE TYPE new_order AS (
    id uuid,
    account_id uuid,
    key_id uuid,
    test boolean,
    dialect text,
    request jsonb,
    price_micros bigint,
    billing_name text,
    unit text,
    units text,
    unit_price_micros bigint,
    price_version text,
    max_cost_micros bigint,
    cancel_fee_micros bigint,
    retention_hours integer,
    base_url text,
    webhook_events text[],
    idempotency_key text,
    digest bytea,
    created_at timestamptz
);

-- Puts a task into PgQueuer's queue (store/queue.py). Nothing happens if the task is in it already. Whoever calls this
-- wakes the workers after the commit. A lower turn is taken first; PgQueuer's priority is an integer, so turns begin
-- anew after two thousand million.
CREATE OR REPLACE FUNCTION enqueue_task(p_id uuid, p_test boolean, p_turn bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pgqueuer (priority, entrypoint, payload, dedupe_key, status)
    VALUES (-(p_turn % 2147483647)::integer, CASE WHEN p_test THEN 'play_script' ELSE 'make_film' END,
            convert_to(p_id::text, 'UTF8'), p_id::text, 'queued')
    ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL DO NOTHING;
END $$;

-- Writes a delivery of the news that a task has reached a status, for each receiver that wants it: the order's own
-- webhook, and the account's endpoints (not for orders of test keys, whose webhook is their own matter). Returns how many.
CREATE OR REPLACE FUNCTION tell(
    p_account_id uuid, p_task_id uuid, p_status text, p_test boolean, p_url text, p_events text[], p_at timestamptz
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_told integer;
BEGIN
    INSERT INTO deliveries (id, account_id, task_id, endpoint_id, created_at, next_at, event, url, destination)
    SELECT md5(p_task_id::text || p_status || coalesce(receiver.id::text, ''))::uuid, p_account_id, p_task_id,
           receiver.id, p_at, p_at, p_status, receiver.url,
           lower(coalesce(substring(receiver.url FROM '^[A-Za-z]+://(?:[^/?#]*@)?([^/?#]*)'), ''))
    FROM (
        SELECT NULL::uuid AS id, p_url AS url WHERE p_url IS NOT NULL AND p_status = ANY (p_events)
        UNION ALL
        SELECT id, url FROM webhook_endpoints
        WHERE account_id = p_account_id AND disabled_at IS NULL AND p_status = ANY (events) AND NOT p_test
    ) receiver
    ON CONFLICT (id) DO NOTHING;
    GET DIAGNOSTICS v_told = ROW_COUNT;
    RETURN v_told;
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

-- Accepts one order: money, task, ledger entry and job, or none of them; accept_orders calls it.
-- Returns 'ok', or what stands against it, and then nothing is written: 'key' (unknown, not the account's, or
-- revoked), 'key orders', 'account orders', 'key day', 'account day', 'quota', 'total' or 'funds'. Where another order
-- changed that between the first look and the last line, 'raced' is raised; the next call sees why.
-- The rows that all orders of an account share are updated last, so that their locks are held only for the commit;
-- the account before the key, here and in move_task, so that no two calls wait for each other.
CREATE FUNCTION accept_order(o new_order) RETURNS text LANGUAGE plpgsql AS $$
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

-- Accepts several orders in one transaction; each sees what those before it took. store/accept.py gives them ordered
-- by account. For each, in the given order: what accept_order says and the order's id; or 'again' and the id of the
-- order that the same idempotency key made before; or 'conflict', where the key came with another order.
-- All keys are claimed first, in one order, and only then is an account's row touched: two calls that share keys and
-- accounts would otherwise wait for each other.
CREATE FUNCTION accept_orders(p_orders new_order[]) RETURNS TABLE (verdict text, task_id uuid) LANGUAGE plpgsql AS $$
DECLARE
    o new_order;
    v_claim record;
BEGIN
    IF EXISTS (SELECT FROM unnest(p_orders) AS waiting WHERE waiting.idempotency_key IS NOT NULL) THEN
        DELETE FROM idempotency_keys AS old USING unnest(p_orders) AS waiting
        WHERE old.account_id = waiting.account_id AND old.key = waiting.idempotency_key
          AND old.created_at <= waiting.created_at - interval '24 hours';
        INSERT INTO idempotency_keys (account_id, key, task_id, created_at, digest)
        SELECT waiting.account_id, waiting.idempotency_key, waiting.id, waiting.created_at, waiting.digest
        FROM unnest(p_orders) AS waiting WHERE waiting.idempotency_key IS NOT NULL
        ORDER BY waiting.account_id, waiting.idempotency_key
        ON CONFLICT DO NOTHING;
    END IF;

    FOREACH o IN ARRAY p_orders LOOP
        task_id := o.id;
        IF o.idempotency_key IS NOT NULL THEN
            SELECT claim.task_id, claim.digest INTO v_claim FROM idempotency_keys AS claim
            WHERE claim.account_id = o.account_id AND claim.key = o.idempotency_key;
            IF v_claim.task_id <> o.id THEN
                verdict := CASE WHEN v_claim.digest = o.digest THEN 'again' ELSE 'conflict' END;
                task_id := v_claim.task_id;
                RETURN NEXT;
                CONTINUE;
            END IF;
        END IF;
        verdict := accept_order(o);
        IF verdict <> 'ok' AND o.idempotency_key IS NOT NULL THEN
            -- A refused order leaves its key free for the next try.
            DELETE FROM idempotency_keys AS claim
            WHERE claim.account_id = o.account_id AND claim.key = o.idempotency_key AND claim.task_id = o.id;
        END IF;
        RETURN NEXT;
    END LOOP;
END $$;

-- What a film may be charged: its true cost, but not more than was promised, and of what goes beyond the reserve not
-- more than the account and the key can still pay.
CREATE OR REPLACE FUNCTION payable_cost(p_task_id uuid, p_cost_micros bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_task record;
    v_left bigint;
BEGIN
    -- The task before the account, as in move_task.
    SELECT account_id, key_id, price_micros, coalesce(max_cost_micros, price_micros) AS most INTO v_task
    FROM tasks WHERE id = p_task_id FOR NO KEY UPDATE;
    IF least(p_cost_micros, v_task.most) <= v_task.price_micros THEN
        RETURN least(p_cost_micros, v_task.most);
    END IF;
    SELECT available INTO v_left FROM accounts WHERE id = v_task.account_id FOR NO KEY UPDATE;
    SELECT least(v_left, CASE WHEN quota_micros = 0 THEN v_left ELSE quota_micros - used_micros END) INTO v_left
    FROM keys WHERE id = v_task.key_id FOR NO KEY UPDATE;
    RETURN least(p_cost_micros, v_task.most, v_task.price_micros + v_left);
END $$;

-- Carries out a move of task.py: the task, the ledger entry, the key's use, the balances and the news.
-- moved is false, and nothing is changed, if the status is not p_seen. told is how many deliveries were written.
CREATE OR REPLACE FUNCTION move_task(
    p_id uuid, p_seen text, p_to text, p_at timestamptz, p_entry text, p_cost_micros bigint, p_error jsonb,
    p_result jsonb, OUT moved boolean, OUT told integer
) LANGUAGE plpgsql AS $$
DECLARE
    v_task record;
    v_cost bigint := p_cost_micros;
    v_unspent bigint;
    v_day date;
BEGIN
    IF p_to = p_seen
       OR p_entry IS DISTINCT FROM (CASE WHEN p_to = 'succeeded' THEN 'settle'
                                         WHEN p_to = 'cancelled' AND p_cost_micros > 0 THEN 'settle'
                                         WHEN p_to IN ('failed', 'cancelled', 'expired') THEN 'release' END) THEN
        RAISE EXCEPTION 'a move from % to % with the ledger entry %', p_seen, p_to, p_entry USING ERRCODE = 'check_violation';
    END IF;
    moved := false;
    told := 0;
    IF p_to = 'succeeded' THEN
        v_cost := payable_cost(p_id, p_cost_micros);
    END IF;

    UPDATE tasks
    SET status = p_to,
        progress = CASE WHEN p_to = 'succeeded' THEN 100 ELSE progress END,
        started_at = CASE WHEN p_to = 'running' THEN p_at ELSE started_at END,
        rendered_at = CASE WHEN p_to = 'saving' THEN p_at ELSE rendered_at END,
        completed_at = CASE WHEN p_entry IS NOT NULL THEN p_at END,
        kept_until = CASE WHEN p_entry IS NOT NULL THEN p_at + make_interval(hours => retention_hours) END,
        cost_micros = v_cost, error = p_error, result = p_result
    WHERE id = p_id AND status = p_seen
    RETURNING account_id, key_id, test, price_micros, price_version, units, turn, created_at, webhook_events,
              request->>'webhook_url' AS webhook_url
    INTO v_task;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    moved := true;
    told := tell(v_task.account_id, p_id, p_to, v_task.test, v_task.webhook_url, v_task.webhook_events, p_at);

    IF p_to = 'running' AND v_task.test THEN
        PERFORM setval('script_turn', v_task.turn) FROM script_turn WHERE last_value < v_task.turn;
    ELSIF p_to = 'running' THEN
        PERFORM setval('film_turn', v_task.turn) FROM film_turn WHERE last_value < v_task.turn;
    END IF;
    IF p_entry IS NULL THEN
        RETURN;
    END IF;

    v_unspent := v_task.price_micros - v_cost;
    INSERT INTO entries (account_id, task_id, kind, held, spent, available, price_version, units, created_at)
    VALUES (v_task.account_id, p_id, p_entry, -v_task.price_micros, v_cost, v_unspent, v_task.price_version,
            v_task.units, p_at);

    v_day := (v_task.created_at AT TIME ZONE 'UTC')::date;
    IF NOT v_task.test THEN
        UPDATE accounts
        SET held = held - v_task.price_micros, spent = spent + v_cost, available = available + v_unspent,
            open_orders = open_orders - 1,
            day_micros = CASE WHEN day = v_day THEN greatest(day_micros - v_unspent, 0) ELSE day_micros END
        WHERE id = v_task.account_id;
    END IF;
    UPDATE keys
    SET used_micros = used_micros - v_unspent, open_orders = open_orders - 1,
        day_micros = CASE WHEN day = v_day THEN greatest(day_micros - v_unspent, 0) ELSE day_micros END
    WHERE id = v_task.key_id;
END $$;
