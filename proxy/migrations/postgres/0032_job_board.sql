-- The same as SQLite's migration 0033, where it is explained.
CREATE TABLE job_board (
    company_id BIGINT PRIMARY KEY REFERENCES company (id),
    token      TEXT   NOT NULL,
    etag       TEXT,
    read_at    BIGINT,
    failures   BIGINT NOT NULL,
    problem    TEXT,
    next_at    BIGINT NOT NULL
);
CREATE INDEX job_board_by_time ON job_board (next_at);

ALTER TABLE greenhouse_job ADD COLUMN on_board BOOLEAN;
CREATE TRIGGER greenhouse_job_left_board AFTER UPDATE ON greenhouse_job FOR EACH ROW
    WHEN (OLD.on_board IS DISTINCT FROM NEW.on_board AND OLD.on_board IS NOT NULL)
    EXECUTE FUNCTION job_changed();
