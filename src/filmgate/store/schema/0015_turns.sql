-- Turns are counted by lane: how far one lane has come says nothing about who is next in another.

-- The turn of the order that was last begun in a lane.
CREATE TABLE IF NOT EXISTS lane_turns (
    lane text PRIMARY KEY,
    turn bigint NOT NULL
) WITH (fillfactor = 20);

-- The last turn that an account got in each lane, by the lane's name. That of a test key stays in keys.turn: there is
-- one lane for all of them.
ALTER TABLE accounts ADD COLUMN IF NOT EXISTS turns jsonb NOT NULL DEFAULT '{}';

-- What waits keeps its turn, and what its account orders from now on comes behind it.
UPDATE accounts SET turns = accounts.turns || last.turns
FROM (
    SELECT account_id, jsonb_object_agg(lane, turn) AS turns
    FROM (SELECT account_id, lane, max(turn) AS turn FROM tasks WHERE completed_at IS NULL AND NOT test GROUP BY 1, 2) waiting
    GROUP BY account_id
) last
WHERE last.account_id = accounts.id;

INSERT INTO lane_turns (lane, turn)
SELECT lane, coalesce(max(turn) FILTER (WHERE status <> 'queued'), min(turn)) FROM tasks
WHERE completed_at IS NULL GROUP BY lane
ON CONFLICT (lane) DO NOTHING;

-- The turn of an order that comes now: behind the one before it of the same account (or test key) in this lane; whoever
-- was idle joins at the turn that is being served.
CREATE OR REPLACE FUNCTION next_turn(p_last bigint, p_lane text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT greatest(p_last + 1, 1, (SELECT turn FROM lane_turns WHERE lane = p_lane))
$$;

-- Writes down that an order of this turn was begun. Nobody waits here: where another call is just writing, this one
-- does not, and a value that is a little old favours a newcomer a little.
CREATE OR REPLACE FUNCTION serve_turn(p_lane text, p_turn bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE lane_turns SET turn = p_turn
    FROM (SELECT lane FROM lane_turns WHERE lane = p_lane AND turn < p_turn FOR NO KEY UPDATE SKIP LOCKED) AS free
    WHERE lane_turns.lane = free.lane;
    IF NOT FOUND THEN
        -- Where there is a row, even the look for a conflict would wait for whoever is writing it.
        INSERT INTO lane_turns (lane, turn)
        SELECT p_lane, p_turn WHERE NOT EXISTS (SELECT FROM lane_turns WHERE lane = p_lane)
        ON CONFLICT (lane) DO NOTHING;
    END IF;
END $$;

-- Puts an open task, and its job if it has one, into another lane, as if it had been ordered now: the turns of the lane
-- that it comes from mean nothing there. A job that a worker holds moves too: whoever takes it over looks in lanes of
-- today. The task before the account, as in move_task.
CREATE OR REPLACE FUNCTION move_to_lane(p_id uuid, p_lane text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_account_id uuid;
    v_turn bigint;
BEGIN
    SELECT account_id INTO v_account_id FROM tasks
    WHERE id = p_id AND completed_at IS NULL AND lane <> p_lane FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE accounts
    SET turns = turns || jsonb_build_object(p_lane, next_turn((turns ->> p_lane)::bigint, p_lane))
    WHERE id = v_account_id
    RETURNING (turns ->> p_lane)::bigint INTO v_turn;
    UPDATE tasks SET lane = p_lane, turn = v_turn WHERE id = p_id;
    UPDATE pgqueuer SET entrypoint = p_lane, priority = -(v_turn % 2147483647)::integer
    WHERE dedupe_key = p_id::text AND status IN ('queued', 'picked');
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
           -- Fair queueing: in each lane the accounts take turns, and in the one of test keys the keys do.
           next_turn(CASE WHEN o.test THEN k.turn ELSE (a.turns ->> o.lane)::bigint END, o.lane),
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
            turns = turns || jsonb_build_object(o.lane, greatest((turns ->> o.lane)::bigint, v_turn)), day = v_day,
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
    RETURNING account_id, key_id, test, price_micros, price_version, units, lane, turn, created_at,
              webhook_events, request->>'webhook_url' AS webhook_url
    INTO v_task;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    moved := true;
    told := tell(v_task.account_id, p_id, p_to, v_task.test, v_task.webhook_url, v_task.webhook_events, p_at);

    IF p_to = 'running' THEN
        PERFORM serve_turn(v_task.lane, v_task.turn);
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

ALTER TABLE accounts DROP COLUMN IF EXISTS turn;
DROP SEQUENCE IF EXISTS film_turn;
DROP SEQUENCE IF EXISTS script_turn;
