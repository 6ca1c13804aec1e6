-- Assets: an account's own pictures, clips and sounds, and what it uploaded for a few days.

-- Certain bytes of an account, known by their hash: kept once and reviewed once, however many assets are made of them.
-- The row stays for good, and with it what the review said; object_name is NULL while the bytes are not here.
CREATE TABLE IF NOT EXISTS asset_files (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    created_at timestamptz NOT NULL,
    -- When it is worth looking whether anybody needs the bytes still.
    look_at timestamptz,
    kind text NOT NULL CHECK (kind IN ('image', 'video', 'audio')),
    state text NOT NULL CHECK (state IN ('pending', 'approved', 'rejected')),
    -- Shows a real person: usable under a consent alone.
    person boolean NOT NULL DEFAULT false,
    -- Why it is in its state, in words for its customer.
    reason text NOT NULL DEFAULT '',
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    object_name text UNIQUE,
    facts jsonb NOT NULL,
    UNIQUE (account_id, sha256)
);

CREATE INDEX IF NOT EXISTS asset_files_to_look_at ON asset_files (look_at) WHERE look_at IS NOT NULL;

-- Where a file is still to be fetched, next_at says when it is tried; a worker that tries sets it a little into the
-- future, so that what a dead one left comes due again.
CREATE TABLE IF NOT EXISTS assets (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    file_id uuid REFERENCES asset_files,
    created_at timestamptz NOT NULL,
    deleted_at timestamptz,
    next_at timestamptz,
    tries integer NOT NULL DEFAULT 0,
    kind text CHECK (kind IN ('image', 'video', 'audio')),
    name text NOT NULL,
    url text,
    error text,
    tags text[] NOT NULL DEFAULT '{}',
    -- NULL: every library.
    libraries text[],
    CONSTRAINT a_file_or_a_hope_or_an_error CHECK (num_nonnulls(file_id, next_at, error) = 1),
    CONSTRAINT what_is_fetched_has_a_link CHECK (file_id IS NOT NULL OR url IS NOT NULL)
);

CREATE INDEX IF NOT EXISTS assets_of_account ON assets (account_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX IF NOT EXISTS assets_of_file ON assets (file_id) WHERE deleted_at IS NULL;
CREATE INDEX IF NOT EXISTS assets_to_fetch ON assets (next_at) WHERE next_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX IF NOT EXISTS assets_tags ON assets USING gin (tags) WHERE deleted_at IS NULL;

-- Which orders name which assets: the bytes stay for as long as one of them is not forgotten.
CREATE TABLE IF NOT EXISTS asset_uses (
    task_id uuid NOT NULL,
    asset_id uuid NOT NULL REFERENCES assets,
    file_id uuid NOT NULL REFERENCES asset_files,
    PRIMARY KEY (task_id, asset_id)
);

CREATE INDEX IF NOT EXISTS asset_uses_of_file ON asset_uses (file_id);

-- What an asset is called at a vendor that has it too, in which of its libraries, and until when.
CREATE TABLE IF NOT EXISTS asset_copies (
    asset_id uuid NOT NULL REFERENCES assets,
    upstream text NOT NULL,
    library text NOT NULL,
    vendor_asset_id text NOT NULL CHECK (vendor_asset_id <> ''),
    state text NOT NULL CHECK (state IN ('pending', 'usable', 'refused')),
    expires_at timestamptz,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (asset_id, upstream, library)
);

-- Files that customers host here for some days, to name them by their links.
CREATE TABLE IF NOT EXISTS hosted_files (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    removed_at timestamptz,
    object_name text NOT NULL UNIQUE
);

CREATE INDEX IF NOT EXISTS hosted_files_to_forget ON hosted_files (expires_at) WHERE removed_at IS NULL;
CREATE INDEX IF NOT EXISTS hosted_files_of_account ON hosted_files (account_id) WHERE removed_at IS NULL;

-- How many bytes an account keeps here beside its films.
CREATE OR REPLACE FUNCTION kept_bytes(p_account_id uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT sum(size_bytes) FROM asset_files
                     WHERE account_id = p_account_id AND object_name IS NOT NULL), 0)::bigint
         + coalesce((SELECT sum(size_bytes) FROM hosted_files
                     WHERE account_id = p_account_id AND removed_at IS NULL), 0)::bigint
$$;

-- Keeps bytes that were just put under p_object_name, unless the account has them already. verdict is 'new' (this call
-- wrote the row), 'known' (the bytes are reviewed already), or 'full', and then nothing is changed: they would take the
-- account over p_most_bytes. object_name is where the bytes are; where that is another name than p_object_name, the
-- caller's object is one too many. The account's row is locked against others who do the same.
CREATE OR REPLACE FUNCTION keep_asset_file(
    p_id uuid, p_account_id uuid, p_sha256 text, p_kind text, p_size_bytes bigint, p_facts jsonb, p_object_name text,
    p_state text, p_person boolean, p_reason text, p_most_bytes bigint, p_now timestamptz,
    OUT verdict text, OUT file_id uuid, OUT object_name text
) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM accounts WHERE id = p_account_id FOR NO KEY UPDATE;
    SELECT f.id, f.object_name INTO file_id, object_name FROM asset_files f
    WHERE f.account_id = p_account_id AND f.sha256 = p_sha256 FOR NO KEY UPDATE;
    verdict := CASE WHEN file_id IS NULL THEN 'new' ELSE 'known' END;
    IF object_name IS NULL AND kept_bytes(p_account_id) + p_size_bytes > p_most_bytes THEN
        verdict := 'full';
    ELSIF file_id IS NULL THEN
        INSERT INTO asset_files (id, account_id, sha256, kind, size_bytes, facts, object_name, state, person, reason,
                                 created_at, look_at)
        VALUES (p_id, p_account_id, p_sha256, p_kind, p_size_bytes, p_facts, p_object_name, p_state, p_person, p_reason,
                p_now, p_now + interval '1 hour');
        file_id := p_id;
        object_name := p_object_name;
    ELSIF object_name IS NULL THEN
        UPDATE asset_files SET object_name = p_object_name, facts = p_facts, look_at = p_now + interval '1 hour'
        WHERE id = file_id;
        object_name := p_object_name;
    ELSE
        -- Its bytes may be about to go; the asset that needs them comes in the next call.
        UPDATE asset_files SET look_at = p_now + interval '1 hour' WHERE id = file_id AND look_at IS NOT NULL;
    END IF;
END $$;

-- Lets go of a file's bytes if no asset and no order that is not forgotten needs them. Returns the object's name then;
-- otherwise NULL, and the file is looked at again later. Two statements, so that the second sees what was committed
-- while the first waited for the row.
CREATE OR REPLACE FUNCTION release_asset_file(p_id uuid, p_now timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_name text;
BEGIN
    SELECT object_name INTO v_name FROM asset_files WHERE id = p_id AND look_at <= p_now FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF EXISTS (SELECT FROM assets WHERE file_id = p_id AND deleted_at IS NULL) THEN
        UPDATE asset_files SET look_at = NULL WHERE id = p_id;
        RETURN NULL;
    ELSIF EXISTS (SELECT FROM asset_uses JOIN tasks ON tasks.id = task_id
                  WHERE file_id = p_id AND forgotten_at IS NULL) THEN
        UPDATE asset_files SET look_at = p_now + interval '1 hour' WHERE id = p_id;
        RETURN NULL;
    END IF;
    UPDATE asset_files SET object_name = NULL, look_at = NULL WHERE id = p_id;
    RETURN v_name;
END $$;

-- Keeps a hosted file, unless it would take the account over p_most_bytes; false then. Locked as above.
CREATE OR REPLACE FUNCTION keep_hosted_file(
    p_id uuid, p_account_id uuid, p_object_name text, p_size_bytes bigint, p_expires_at timestamptz,
    p_most_bytes bigint, p_now timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM accounts WHERE id = p_account_id FOR NO KEY UPDATE;
    IF kept_bytes(p_account_id) + p_size_bytes > p_most_bytes THEN
        RETURN false;
    END IF;
    INSERT INTO hosted_files (id, account_id, object_name, size_bytes, created_at, expires_at)
    VALUES (p_id, p_account_id, p_object_name, p_size_bytes, p_now, p_expires_at);
    RETURN true;
END $$;

-- An order that names assets is accepted only while all of them are usable, and is noted as their user. The rows are
-- locked against whoever deletes or rejects them at the same moment: either the order was first, or it is refused.
CREATE OR REPLACE FUNCTION use_assets() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_asset_id uuid;
    v_file_id uuid;
BEGIN
    FOR v_asset_id IN
        SELECT DISTINCT (item ->> 'asset_id')::uuid FROM jsonb_array_elements(NEW.request -> 'media') AS item
        WHERE item ? 'asset_id' ORDER BY 1
    LOOP
        SELECT f.id INTO v_file_id FROM assets a JOIN asset_files f ON f.id = a.file_id
        WHERE a.id = v_asset_id AND a.account_id = NEW.account_id AND a.deleted_at IS NULL
          AND f.state = 'approved' AND f.object_name IS NOT NULL
        FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'asset' USING DETAIL = v_asset_id::text;
        END IF;
        INSERT INTO asset_uses (task_id, asset_id, file_id) VALUES (NEW.id, v_asset_id, v_file_id);
    END LOOP;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER tasks_use_assets AFTER INSERT ON tasks
    FOR EACH ROW WHEN (jsonb_path_exists(NEW.request, '$.media[*].asset_id')) EXECUTE FUNCTION use_assets();
