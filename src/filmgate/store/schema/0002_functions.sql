-- What must happen together, as one call each, and what must never happen.

-- The ledger is written, never rewritten; and what its entries and tasks point at stays.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: these rows are kept as they are', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE OR REPLACE TRIGGER entries_stay BEFORE UPDATE OR DELETE ON entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER entries_stay_all BEFORE TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER accounts_stay BEFORE DELETE ON accounts
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER keys_stay BEFORE DELETE ON keys
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER tasks_stay BEFORE DELETE ON tasks
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The arrows of the picture in task.py; no other change of a status exists.
CREATE OR REPLACE FUNCTION refuse_wrong_arrow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.status, NEW.status) IN (('queued', 'running'), ('running', 'saving'), ('saving', 'succeeded'))
       OR (OLD.completed_at IS NULL AND NEW.status IN ('failed', 'cancelled', 'expired')) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a task cannot go from % to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
END $$;

CREATE OR REPLACE TRIGGER tasks_move_along_arrows BEFORE UPDATE OF status ON tasks
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_wrong_arrow();

-- Puts a task into PgQueuer's queue (store/queue.py). Nothing happens if the task is in it already. Whoever calls this
-- wakes the workers after the commit.
CREATE OR REPLACE FUNCTION enqueue_task(p_id uuid, p_test boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pgqueuer (priority, entrypoint, payload, dedupe_key, status)
    VALUES (0, CASE WHEN p_test THEN 'play_script' ELSE 'make_film' END, convert_to(p_id::text, 'UTF8'), p_id::text, 'queued')
    ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL DO NOTHING;
END $$;

-- Accepts an order: money, task, ledger entry and job, or none of them.
-- Returns 'ok'; 'key' (unknown, not the account's, or revoked), 'quota' or 'funds' when refused, and nothing is
-- written. Where another order took the money between the first look and the last line, the refusal is raised.
-- store/accept.py calls it for several orders in one transaction; each sees what those before it took.
-- The rows that all orders of an account share are updated last, so that their locks are held only for the commit;
-- the account before the key, here and in apply_move, so that no two calls wait for each other.
CREATE OR REPLACE FUNCTION accept_order(
    p_id uuid, p_account_id uuid, p_key_id uuid, p_test boolean, p_dialect text, p_request jsonb,
    p_price_micros bigint, p_billing_name text, p_unit text, p_units text, p_unit_price_micros bigint,
    p_price_version text, p_now timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_valid boolean;
    v_covered boolean;
    v_payable boolean;
BEGIN
    SELECT k.revoked_at IS NULL, k.quota_micros = 0 OR k.used_micros + p_price_micros <= k.quota_micros,
           a.available >= p_price_micros
    INTO v_valid, v_covered, v_payable
    FROM keys k JOIN accounts a ON a.id = k.account_id
    WHERE k.id = p_key_id AND k.account_id = p_account_id;

    IF v_valid IS NOT TRUE THEN
        RETURN 'key';
    ELSIF NOT v_covered THEN
        RETURN 'quota';
    ELSIF NOT v_payable THEN
        RETURN 'funds';
    END IF;

    INSERT INTO tasks (id, account_id, key_id, test, dialect, request, price_micros, billing_name, unit, units,
                       unit_price_micros, price_version, created_at)
    VALUES (p_id, p_account_id, p_key_id, p_test, p_dialect, p_request, p_price_micros, p_billing_name, p_unit, p_units,
            p_unit_price_micros, p_price_version, p_now)
    ON CONFLICT (id) DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'ok';
    END IF;

    INSERT INTO entries (account_id, task_id, kind, available, held, price_version, units, created_at)
    VALUES (p_account_id, p_id, 'reserve', -p_price_micros, p_price_micros, p_price_version, p_units, p_now);

    PERFORM enqueue_task(p_id, p_test);

    IF p_price_micros = 0 THEN
        RETURN 'ok';
    END IF;

    UPDATE accounts SET available = available - p_price_micros, held = held + p_price_micros
    WHERE id = p_account_id AND available >= p_price_micros;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'funds';
    END IF;

    UPDATE keys SET used_micros = used_micros + p_price_micros
    WHERE id = p_key_id AND revoked_at IS NULL
      AND (quota_micros = 0 OR used_micros + p_price_micros <= quota_micros);
    IF NOT FOUND THEN
        PERFORM FROM keys WHERE id = p_key_id AND revoked_at IS NULL;
        RAISE EXCEPTION USING MESSAGE = CASE WHEN FOUND THEN 'quota' ELSE 'key' END;
    END IF;
    RETURN 'ok';
END $$;

-- Carries out a move of task.py: the task, the ledger entry, the key's use and the balances.
-- Returns false, and nothing is changed, if the status is not p_seen.
CREATE OR REPLACE FUNCTION apply_move(
    p_id uuid, p_seen text, p_to text, p_at timestamptz, p_entry text, p_cost_micros bigint, p_error jsonb,
    p_result jsonb
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_task record;
    v_unspent bigint;
BEGIN
    IF p_to = p_seen
       OR p_entry IS DISTINCT FROM (CASE WHEN p_to = 'succeeded' THEN 'settle'
                                         WHEN p_to IN ('failed', 'cancelled', 'expired') THEN 'release' END) THEN
        RAISE EXCEPTION 'a move from % to % with the ledger entry %', p_seen, p_to, p_entry USING ERRCODE = 'check_violation';
    END IF;

    UPDATE tasks
    SET status = p_to,
        progress = CASE WHEN p_to = 'succeeded' THEN 100 ELSE progress END,
        started_at = CASE WHEN p_to = 'running' THEN p_at ELSE started_at END,
        completed_at = CASE WHEN p_entry IS NOT NULL THEN p_at END,
        cost_micros = p_cost_micros, error = p_error, result = p_result
    WHERE id = p_id AND status = p_seen
    RETURNING account_id, key_id, price_micros, price_version, units INTO v_task;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF p_entry IS NULL THEN
        RETURN true;
    END IF;

    v_unspent := v_task.price_micros - p_cost_micros;
    INSERT INTO entries (account_id, task_id, kind, held, spent, available, price_version, units, created_at)
    VALUES (v_task.account_id, p_id, p_entry, -v_task.price_micros, p_cost_micros, v_unspent, v_task.price_version,
            v_task.units, p_at);

    IF v_task.price_micros <> 0 THEN
        UPDATE accounts
        SET held = held - v_task.price_micros, spent = spent + p_cost_micros, available = available + v_unspent
        WHERE id = v_task.account_id;
    END IF;
    IF v_unspent <> 0 THEN
        UPDATE keys SET used_micros = used_micros - v_unspent WHERE id = v_task.key_id;
    END IF;
    RETURN true;
END $$;

-- Begins an attempt and returns its number. The task's row is locked, so that two workers which both believe the task
-- theirs come one after the other; the attempt that is still open belonged to a worker that died.
CREATE OR REPLACE FUNCTION begin_attempt(p_task_id uuid, p_upstream text, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_number integer;
BEGIN
    PERFORM FROM tasks WHERE id = p_task_id FOR NO KEY UPDATE;
    UPDATE attempts SET ended_at = p_now, outcome = 'abandoned' WHERE task_id = p_task_id AND ended_at IS NULL;
    INSERT INTO attempts (task_id, number, upstream, started_at)
    SELECT p_task_id, coalesce(max(number), 0) + 1, p_upstream, p_now FROM attempts WHERE task_id = p_task_id
    RETURNING number INTO v_number;
    RETURN v_number;
END $$;
