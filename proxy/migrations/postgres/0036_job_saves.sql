-- The same as SQLite's migration 0036, where it is explained.
CREATE TABLE job_saving (
    company_id   BIGINT  PRIMARY KEY REFERENCES company (id),
    descriptions BOOLEAN NOT NULL,
    closing      BOOLEAN NOT NULL
);

CREATE TABLE job_save (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id   BIGINT NOT NULL REFERENCES company (id),
    jopwell_id   TEXT   NOT NULL,
    kind         TEXT   NOT NULL CHECK (kind IN ('description', 'closing')),
    undoes       BIGINT,
    version      BIGINT NOT NULL,
    before_html  TEXT,
    after_html   TEXT,
    before_value TEXT,
    state        TEXT   NOT NULL CHECK (state IN ('claimed', 'written', 'failed', 'undone')),
    reason       TEXT,
    at           BIGINT NOT NULL
);
CREATE INDEX job_save_by_job ON job_save (company_id, jopwell_id, id);

CREATE FUNCTION job_save_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_job_change(j.company_id, j.job_id) FROM jopwell_job j
    WHERE j.company_id = NEW.company_id AND j.jopwell_id = NEW.jopwell_id AND j.job_id IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER job_save_written AFTER UPDATE ON job_save FOR EACH ROW
    WHEN (OLD.state = 'claimed' AND NEW.state <> 'claimed')
    EXECUTE FUNCTION job_save_written();

ALTER TABLE jopwell_description ADD COLUMN agreed TEXT;
ALTER TABLE jopwell_description ADD COLUMN former TEXT;
ALTER TABLE jopwell_description ADD COLUMN former_until BIGINT;
ALTER TABLE greenhouse_job ADD COLUMN closed_at BIGINT;
ALTER TABLE jopwell_job ADD COLUMN closed_for BIGINT;
