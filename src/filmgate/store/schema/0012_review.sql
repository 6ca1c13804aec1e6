-- Reviews: what is decided about the bytes of assets and the prompts of orders, by whom, when and why.

CREATE TABLE IF NOT EXISTS reviews (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    file_id uuid UNIQUE REFERENCES asset_files,
    task_id uuid UNIQUE,
    created_at timestamptz NOT NULL,
    -- An outside moderator is asked at tell_at, and again until it has heard. What it has not answered by due_at is
    -- decided without it.
    tell_at timestamptz,
    due_at timestamptz,
    tells integer NOT NULL DEFAULT 0,
    state text NOT NULL CHECK (state IN ('pending', 'approved', 'rejected')),
    reason text NOT NULL,
    CONSTRAINT of_a_file_or_a_prompt CHECK (num_nonnulls(file_id, task_id) = 1),
    CONSTRAINT only_what_is_open_is_asked CHECK (state = 'pending' OR num_nonnulls(tell_at, due_at) = 0)
);

CREATE INDEX IF NOT EXISTS open_reviews ON reviews (created_at, id) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS reviews_by_age ON reviews (created_at, id);

CREATE TABLE IF NOT EXISTS review_decisions (
    review_id uuid NOT NULL REFERENCES reviews,
    number integer NOT NULL CHECK (number > 0),
    decided_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'approved', 'rejected')),
    by text NOT NULL CHECK (by IN ('rules', 'operator', 'moderator', 'silence')),
    who text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (review_id, number)
);

CREATE OR REPLACE TRIGGER review_decisions_stay BEFORE UPDATE OR DELETE ON review_decisions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER review_decisions_stay_all BEFORE TRUNCATE ON review_decisions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Every file has its review from the moment it is kept; the first decision is that of the rules.
CREATE OR REPLACE FUNCTION review_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reviews (id, account_id, file_id, created_at, state, reason)
    VALUES (NEW.id, NEW.account_id, NEW.id, NEW.created_at, NEW.state, NEW.reason);
    INSERT INTO review_decisions (review_id, number, decided_at, state, by, who, reason)
    VALUES (NEW.id, 1, NEW.created_at, NEW.state, 'rules', '', NEW.reason);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER asset_files_are_reviewed AFTER INSERT ON asset_files
    FOR EACH ROW EXECUTE FUNCTION review_file();
INSERT INTO reviews (id, account_id, file_id, created_at, state, reason)
SELECT id, account_id, id, created_at, state, reason FROM asset_files ON CONFLICT DO NOTHING;

-- An order whose prompt is to be read first has its review with it.
CREATE OR REPLACE FUNCTION review_prompt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reviews (id, account_id, task_id, created_at, state, reason)
    VALUES (NEW.id, NEW.account_id, NEW.id, NEW.created_at, 'pending', NEW.request ->> 'held');
    INSERT INTO review_decisions (review_id, number, decided_at, state, by, who, reason)
    VALUES (NEW.id, 1, NEW.created_at, 'pending', 'rules', '', NEW.request ->> 'held');
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER tasks_are_reviewed AFTER INSERT ON tasks
    FOR EACH ROW WHEN (NEW.request ? 'held') EXECUTE FUNCTION review_prompt();

-- Decides a review. Returns 'unknown' (there is none of that id), 'closed' (it is not pending any more, and only such a
-- one was meant, or it is about an order's prompt, which is decided once), 'same' (it was decided so already), or
-- 'decided'. What was waiting for it goes on.
CREATE OR REPLACE FUNCTION decide_review(
    p_id uuid, p_state text, p_by text, p_who text, p_reason text, p_only_open boolean, p_now timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_review reviews;
BEGIN
    SELECT * INTO v_review FROM reviews WHERE id = p_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknown';
    ELSIF v_review.state = p_state THEN
        RETURN 'same';
    ELSIF v_review.state <> 'pending' AND (p_only_open OR v_review.task_id IS NOT NULL) THEN
        RETURN 'closed';
    END IF;
    INSERT INTO review_decisions (review_id, number, decided_at, state, by, who, reason)
    SELECT p_id, max(number) + 1, p_now, p_state, p_by, p_who, p_reason FROM review_decisions WHERE review_id = p_id;
    UPDATE reviews SET state = p_state, reason = p_reason, tell_at = NULL, due_at = NULL WHERE id = p_id;
    UPDATE asset_files SET state = p_state, reason = p_reason WHERE id = v_review.file_id;
    UPDATE pgqueuer SET execute_after = now() WHERE dedupe_key = v_review.task_id::text AND status = 'queued';
    RETURN 'decided';
END $$;

-- Consents of real people: who agreed to what, and the proof of it. Revoked, never deleted.
CREATE TABLE IF NOT EXISTS consents (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    created_at timestamptz NOT NULL,
    valid_until timestamptz,
    revoked_at timestamptz,
    person text NOT NULL CHECK (person <> ''),
    -- How it came: the door, and the hint of the key.
    given_by text NOT NULL,
    evidence text NOT NULL,
    evidence_object text UNIQUE,
    evidence_sha256 text,
    evidence_bytes bigint,
    revoked_because text,
    -- NULL: every model.
    models text[],
    -- Other accounts that it covers, set by the operator.
    shared_with uuid[] NOT NULL DEFAULT '{}',
    CONSTRAINT there_is_evidence CHECK (evidence <> '' OR evidence_object IS NOT NULL),
    CONSTRAINT a_file_has_a_hash_and_a_size CHECK (num_nulls(evidence_object, evidence_sha256, evidence_bytes) IN (0, 3)),
    CONSTRAINT the_end_has_a_reason CHECK ((revoked_at IS NULL) = (revoked_because IS NULL))
);

CREATE INDEX IF NOT EXISTS consents_of_account ON consents (account_id, created_at, id);
CREATE INDEX IF NOT EXISTS consents_shared ON consents USING gin (shared_with) WHERE shared_with <> '{}';

CREATE TABLE IF NOT EXISTS consent_assets (
    consent_id uuid NOT NULL REFERENCES consents,
    asset_id uuid NOT NULL REFERENCES assets,
    PRIMARY KEY (consent_id, asset_id)
);

CREATE INDEX IF NOT EXISTS consents_of_asset ON consent_assets (asset_id);

-- Which orders were accepted under which consents.
CREATE TABLE IF NOT EXISTS consent_uses (
    consent_id uuid NOT NULL REFERENCES consents,
    task_id uuid NOT NULL,
    asset_id uuid NOT NULL REFERENCES assets,
    PRIMARY KEY (consent_id, task_id, asset_id)
);

-- As in 0011, and the proofs of consents with it, which stay for good.
CREATE OR REPLACE FUNCTION kept_bytes(p_account_id uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT sum(size_bytes) FROM asset_files
                     WHERE account_id = p_account_id AND object_name IS NOT NULL), 0)::bigint
         + coalesce((SELECT sum(size_bytes) FROM hosted_files
                     WHERE account_id = p_account_id AND removed_at IS NULL), 0)::bigint
         + coalesce((SELECT sum(evidence_bytes) FROM consents WHERE account_id = p_account_id), 0)::bigint
$$;

-- Keeps a consent, unless its proof would take the account over p_most_bytes; false then. Locked as a file is.
CREATE OR REPLACE FUNCTION keep_consent(
    p_id uuid, p_account_id uuid, p_person text, p_given_by text, p_evidence text, p_evidence_object text,
    p_evidence_sha256 text, p_evidence_bytes bigint, p_models text[], p_now timestamptz, p_valid_until timestamptz,
    p_most_bytes bigint
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF p_evidence_bytes IS NOT NULL THEN
        PERFORM FROM accounts WHERE id = p_account_id FOR NO KEY UPDATE;
        IF kept_bytes(p_account_id) + p_evidence_bytes > p_most_bytes THEN
            RETURN false;
        END IF;
    END IF;
    INSERT INTO consents (id, account_id, person, given_by, evidence, evidence_object, evidence_sha256, evidence_bytes,
                          models, created_at, valid_until)
    VALUES (p_id, p_account_id, p_person, p_given_by, p_evidence, p_evidence_object, p_evidence_sha256,
            p_evidence_bytes, p_models, p_now, p_valid_until);
    RETURN true;
END $$;

CREATE OR REPLACE TRIGGER consents_stay BEFORE DELETE ON consents
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What stands under a consent shows a person from then on, whether its file is there already or comes later.
CREATE OR REPLACE FUNCTION note_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE asset_files SET person = true
    FROM assets WHERE assets.id = NEW.asset_id AND asset_files.id = assets.file_id AND NOT person;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER consented_assets_show_a_person AFTER INSERT ON consent_assets
    FOR EACH ROW EXECUTE FUNCTION note_person();

CREATE OR REPLACE FUNCTION note_person_of_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE asset_files SET person = true
    WHERE id = NEW.file_id AND NOT person AND EXISTS (SELECT FROM consent_assets WHERE asset_id = NEW.id);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER fetched_assets_show_a_person AFTER UPDATE OF file_id ON assets
    FOR EACH ROW WHEN (NEW.file_id IS NOT NULL) EXECUTE FUNCTION note_person_of_file();

-- As in 0011; and what shows a person needs one of the consents that the plan found, still good. Their rows are locked
-- against whoever revokes them at the same moment.
CREATE OR REPLACE FUNCTION use_assets() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_media record;
    v_file record;
    v_good uuid[];
BEGIN
    FOR v_media IN
        SELECT DISTINCT ON (1) (item ->> 'asset_id')::uuid AS asset_id,
               ARRAY(SELECT jsonb_array_elements_text(coalesce(item -> 'consents', '[]'))::uuid) AS consents
        FROM jsonb_array_elements(NEW.request -> 'media') AS item WHERE item ? 'asset_id' ORDER BY 1
    LOOP
        SELECT f.id, f.person INTO v_file FROM assets a JOIN asset_files f ON f.id = a.file_id
        WHERE a.id = v_media.asset_id AND a.account_id = NEW.account_id AND a.deleted_at IS NULL
          AND f.state = 'approved' AND f.object_name IS NOT NULL
        FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'asset' USING DETAIL = v_media.asset_id::text;
        END IF;
        INSERT INTO asset_uses (task_id, asset_id, file_id) VALUES (NEW.id, v_media.asset_id, v_file.id);
        IF v_file.person THEN
            v_good := ARRAY(
                SELECT id FROM consents
                WHERE id = ANY (v_media.consents) AND revoked_at IS NULL
                  AND (valid_until IS NULL OR valid_until > NEW.created_at)
                  AND (account_id = NEW.account_id OR NEW.account_id = ANY (shared_with))
                ORDER BY id FOR SHARE
            );
            IF cardinality(v_good) = 0 THEN
                RAISE EXCEPTION 'asset' USING DETAIL = v_media.asset_id::text;
            END IF;
            INSERT INTO consent_uses (consent_id, task_id, asset_id)
            SELECT good, NEW.id, v_media.asset_id FROM unnest(v_good) AS good;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
