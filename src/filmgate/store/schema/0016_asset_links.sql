-- Takes links of an account that are to become assets, all or none; false, and none, where more than p_most would then
-- wait to be fetched. The account's row is locked against others who do the same.
CREATE OR REPLACE FUNCTION add_asset_links(p_account_id uuid, p_links jsonb, p_most bigint, p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM accounts WHERE id = p_account_id FOR NO KEY UPDATE;
    IF jsonb_array_length(p_links) + (SELECT count(*) FROM assets WHERE account_id = p_account_id
                                      AND next_at IS NOT NULL AND deleted_at IS NULL) > p_most THEN
        RETURN false;
    END IF;
    INSERT INTO assets (id, account_id, name, tags, libraries, kind, url, created_at, next_at)
    SELECT id, p_account_id, name, tags, libraries, kind, url, p_now, p_now
    FROM jsonb_to_recordset(p_links)
        AS link (id uuid, name text, tags text[], libraries text[], kind text, url text);
    RETURN true;
END $$;
