-- Records that their customers have deleted: the row and the ledger stay, nobody is shown them any more.

-- When its customer deleted the task. Set with an early kept_until, so that the film goes with the next sweep.
ALTER TABLE tasks ADD COLUMN IF NOT EXISTS deleted_at timestamptz;

ALTER TABLE tasks DROP CONSTRAINT IF EXISTS only_what_has_ended_is_deleted;
ALTER TABLE tasks ADD CONSTRAINT only_what_has_ended_is_deleted
    CHECK (deleted_at IS NULL OR (completed_at IS NOT NULL AND kept_until <= deleted_at));
