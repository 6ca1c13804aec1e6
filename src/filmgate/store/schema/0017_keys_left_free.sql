-- An idempotency key that a refused order leaves free belongs to the next order in the same call that comes with it: it
-- was accepted without a claim before, and a third create then made a second order.

-- Accepts several orders in one transaction; each sees what those before it took. store/accept.py gives them ordered
-- by account. For each, in the given order: what accept_order says and the order's id; or 'again' and the id of the
-- order that the same idempotency key made before; or 'conflict', where the key came with another order.
-- All keys are claimed first, in one order, and only then is an account's row touched: two calls that share keys and
-- accounts would otherwise wait for each other.
CREATE OR REPLACE FUNCTION accept_orders(p_orders new_order[]) RETURNS TABLE (verdict text, task_id uuid) LANGUAGE plpgsql AS $$
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
            IF NOT FOUND THEN
                -- An order before it in this call had the key, and was refused.
                INSERT INTO idempotency_keys (account_id, key, task_id, created_at, digest)
                VALUES (o.account_id, o.idempotency_key, o.id, o.created_at, o.digest) ON CONFLICT DO NOTHING;
            ELSIF v_claim.task_id <> o.id THEN
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
