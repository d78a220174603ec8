-- The pool of a prospect, where a web hook told it.
ALTER TABLE application ADD COLUMN pool TEXT;
-- Which web hook told it last: by Greenhouse's time, then by action.
ALTER TABLE application ADD COLUMN pool_order BIGINT NOT NULL DEFAULT 0;
DROP TRIGGER application_changed ON application;
CREATE TRIGGER application_changed AFTER UPDATE ON application FOR EACH ROW
    WHEN ((OLD.candidate_id, OLD.job, OLD.status, OLD.stage, OLD.pool)
        IS DISTINCT FROM (NEW.candidate_id, NEW.job, NEW.status, NEW.stage, NEW.pool))
    EXECUTE FUNCTION candidate_changed();

-- The profile that this send made was merged into another one.
ALTER TABLE send ADD COLUMN merged BOOLEAN NOT NULL DEFAULT FALSE;
