-- News on its way: who is telling it, what is due for each receiver, and the limits of endpoints and secrets.

-- Set while a worker is sending the delivery; next_at is then the same moment, so that the claim of a worker that died
-- comes back by itself.
ALTER TABLE deliveries
    ADD COLUMN IF NOT EXISTS claimed_until timestamptz,
    -- The order in which receivers take turns is the program's too: that of the bytes.
    ALTER COLUMN destination TYPE text COLLATE "C",
    DROP CONSTRAINT IF EXISTS only_what_waits_is_claimed;
ALTER TABLE deliveries ADD CONSTRAINT only_what_waits_is_claimed CHECK (claimed_until IS NULL OR state = 'waiting');

-- What is due is looked for receiver by receiver (store/deliveries.py), and its first entry for each says from when on
-- there is something. It does all that an index by time alone did.
CREATE INDEX IF NOT EXISTS deliveries_by_receiver ON deliveries (destination, account_id, next_at)
    WHERE state = 'waiting';
DROP INDEX IF EXISTS deliveries_due;

-- Few are dead, and people look for them among the many that are not.
CREATE INDEX IF NOT EXISTS dead_deliveries_of_account ON deliveries (account_id, created_at, id) WHERE state = 'dead';

-- Where a url leads, as far as slow receivers are kept apart by it: host and port. As tell does it.
CREATE OR REPLACE FUNCTION webhook_destination(p_url text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT lower(coalesce(substring(p_url FROM '^[A-Za-z]+://(?:[^/?#]*@)?([^/?#]*)'), ''))
$$;

-- Adds an endpoint; returns false, and adds none, where the account has p_most already. The account's row is locked
-- against others who do the same: each then counts what those before it added.
CREATE OR REPLACE FUNCTION add_webhook_endpoint(
    p_id uuid, p_account_id uuid, p_url text, p_events text[], p_description text, p_now timestamptz, p_most integer
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM accounts WHERE id = p_account_id FOR NO KEY UPDATE;
    IF (SELECT count(*) FROM webhook_endpoints WHERE account_id = p_account_id) >= p_most THEN
        RETURN false;
    END IF;
    INSERT INTO webhook_endpoints (id, account_id, url, events, description, created_at)
    VALUES (p_id, p_account_id, p_url, p_events, p_description, p_now);
    RETURN true;
END $$;

-- Makes p_secret the account's current one; the one before stays good until p_until. Returns false, and changes
-- nothing, where p_most that were rotated out are good still. Locked as above.
CREATE OR REPLACE FUNCTION rotate_webhook_secret(
    p_account_id uuid, p_secret text, p_until timestamptz, p_now timestamptz, p_most integer
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM accounts WHERE id = p_account_id FOR NO KEY UPDATE;
    DELETE FROM webhook_secrets WHERE account_id = p_account_id AND expires_at <= p_now;
    IF (SELECT count(*) FROM webhook_secrets WHERE account_id = p_account_id AND expires_at IS NOT NULL) >= p_most THEN
        RETURN false;
    END IF;
    UPDATE webhook_secrets SET expires_at = p_until WHERE account_id = p_account_id AND expires_at IS NULL;
    INSERT INTO webhook_secrets (account_id, secret, created_at) VALUES (p_account_id, p_secret, p_now);
    RETURN true;
END $$;
