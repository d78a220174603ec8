-- A company's public job board, which is read now and then.
CREATE TABLE job_board (
    company_id INTEGER PRIMARY KEY REFERENCES company (id),
    token      TEXT    NOT NULL,
    -- Of the last answer, so that the same is not sent again.
    etag       TEXT,
    read_at    INTEGER,
    -- Failures in a row, and the last one's sentence.
    failures   INTEGER NOT NULL,
    problem    TEXT,
    next_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX job_board_by_time ON job_board (next_at);

-- Whether a post of the job stands on that board; absent where none ever did.
ALTER TABLE greenhouse_job ADD COLUMN on_board INTEGER;
CREATE TRIGGER greenhouse_job_left_board AFTER UPDATE ON greenhouse_job
WHEN OLD.on_board IS NOT NEW.on_board AND OLD.on_board IS NOT NULL
BEGIN
    INSERT INTO noted_job_change (company_id, job_id) VALUES (NEW.company_id, NEW.job_id);
END;
