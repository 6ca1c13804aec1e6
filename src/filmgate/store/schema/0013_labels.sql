-- Labels: words in the pictures of an account's films, whose manifests are ours, and films by what they are.

-- Whether every film of the account gets words in its pictures that say that it is generated.
ALTER TABLE accounts ADD COLUMN IF NOT EXISTS visible_mark boolean NOT NULL DEFAULT false;

-- Every certificate that manifests were ever signed with here, with those that issued it (PEM). Films live longer than
-- certificates do.
CREATE TABLE IF NOT EXISTS label_certificates (
    chain bytea PRIMARY KEY,
    first_used_at timestamptz NOT NULL
);

-- Films by their hash, to say whether a file came from here. Four bytes of each: it is only asked for one at a time.
CREATE INDEX IF NOT EXISTS tasks_by_film ON tasks USING hash ((result->>'sha256')) WHERE result IS NOT NULL;
