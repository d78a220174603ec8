-- The pool of a prospect, where a web hook told it.
ALTER TABLE application ADD COLUMN pool TEXT;
-- Which web hook told it last: by Greenhouse's time, then by action.
ALTER TABLE application ADD COLUMN pool_order INTEGER NOT NULL DEFAULT 0;
DROP TRIGGER application_changed;
CREATE TRIGGER application_changed AFTER UPDATE ON application
WHEN (OLD.candidate_id, OLD.job, OLD.status, OLD.stage, OLD.pool)
    IS NOT (NEW.candidate_id, NEW.job, NEW.status, NEW.stage, NEW.pool)
BEGIN
    INSERT INTO noted_candidate_change (company_id, candidate_id) VALUES (NEW.company_id, NEW.candidate_id);
END;

-- The profile that this send made was merged into another one.
ALTER TABLE send ADD COLUMN merged INTEGER NOT NULL DEFAULT 0;
