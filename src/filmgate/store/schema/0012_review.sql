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
