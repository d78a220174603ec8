-- The same as SQLite's migration 0031, where it is explained.
ALTER TABLE status ADD COLUMN route TEXT CHECK (route IN ('web_hook', 'asked', 'sync_now'));

CREATE TABLE tracker_row (
    company_id  BIGINT NOT NULL REFERENCES company (id),
    row_id      TEXT   NOT NULL,
    external_id TEXT   NOT NULL,
    status      TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (company_id, row_id)
);
CREATE INDEX tracker_row_by_person ON tracker_row (company_id, external_id);

CREATE FUNCTION tracker_row_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_change(last.company_id, last.id, NULL) FROM (
        SELECT s.company_id, s.id FROM send s
        WHERE s.company_id = NEW.company_id AND s.external_id = NEW.external_id ORDER BY s.id DESC LIMIT 1) last;
    RETURN NULL;
END $$;
CREATE TRIGGER tracker_row_changed AFTER UPDATE ON tracker_row FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION tracker_row_changed();
