-- What of jobs a company has saved on Jopwell by itself.
CREATE TABLE job_saving (
    company_id   INTEGER PRIMARY KEY REFERENCES company (id),
    descriptions INTEGER NOT NULL,
    closing      INTEGER NOT NULL
) STRICT;

-- What a browser was told to save in a job's form on Jopwell, and how it went.
CREATE TABLE job_save (
    id           INTEGER PRIMARY KEY,
    company_id   INTEGER NOT NULL REFERENCES company (id),
    jopwell_id   TEXT    NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('description', 'closing')),
    -- The one that it takes back.
    undoes       INTEGER,
    -- When Greenhouse described it so, or closed it.
    version      INTEGER NOT NULL,
    -- Of a description, sanitised.
    before_html  TEXT,
    after_html   TEXT,
    -- What the form held, as it stood there.
    before_value TEXT,
    state        TEXT    NOT NULL CHECK (state IN ('claimed', 'written', 'failed', 'undone')),
    reason       TEXT,
    at           INTEGER NOT NULL
) STRICT;
CREATE INDEX job_save_by_job ON job_save (company_id, jopwell_id, id);

CREATE TRIGGER job_save_written AFTER UPDATE ON job_save
WHEN OLD.state = 'claimed' AND NEW.state <> 'claimed'
BEGIN
    INSERT INTO noted_change (company_id, job_id)
    SELECT j.company_id, j.job_id FROM jopwell_job j
    WHERE j.company_id = NEW.company_id AND j.jopwell_id = NEW.jopwell_id AND j.job_id IS NOT NULL;
END;

-- Jopwell's text in which both sides last said the same; none where a person wanted another since.
ALTER TABLE jopwell_description ADD COLUMN agreed TEXT;
-- What stood there before that, and until when: a page that still says so was opened earlier.
ALTER TABLE jopwell_description ADD COLUMN former TEXT;
ALTER TABLE jopwell_description ADD COLUMN former_until INTEGER;
-- When Greenhouse closed the job last, and for which closing Jopwell's was closed, by whomever.
ALTER TABLE greenhouse_job ADD COLUMN closed_at INTEGER;
ALTER TABLE jopwell_job ADD COLUMN closed_for INTEGER;
