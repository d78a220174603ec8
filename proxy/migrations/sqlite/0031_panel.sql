-- How a status came from Greenhouse.
ALTER TABLE status ADD COLUMN route TEXT CHECK (route IN ('web_hook', 'asked', 'sync_now'));

-- What rows of Jopwell's candidate tracker show, as a page last showed it or was told to set it.
CREATE TABLE tracker_row (
    company_id  INTEGER NOT NULL REFERENCES company (id),
    -- The row's id on Jopwell.
    row_id      TEXT    NOT NULL,
    external_id TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (company_id, row_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tracker_row_by_person ON tracker_row (company_id, external_id);
-- Panels that are open say what Jopwell shows; the person's latest send stands for them.
CREATE TRIGGER tracker_row_changed AFTER UPDATE ON tracker_row
WHEN OLD.status IS NOT NEW.status
BEGIN
    INSERT INTO noted_change (company_id, send_id)
    SELECT s.company_id, s.id FROM send s
    WHERE s.company_id = NEW.company_id AND s.external_id = NEW.external_id ORDER BY s.id DESC LIMIT 1;
END;
