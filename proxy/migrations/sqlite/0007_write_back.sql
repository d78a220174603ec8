-- How a company wants the status in Jopwell's candidate tracker to follow Greenhouse, as JSON.
CREATE TABLE write_back_settings (
    company_id INTEGER PRIMARY KEY REFERENCES company (id),
    settings   TEXT NOT NULL
) STRICT;

-- What was set in rows of the tracker. The newest of a row says whether somebody else has set it since.
CREATE TABLE write_back (
    id          INTEGER PRIMARY KEY,
    company_id  INTEGER NOT NULL REFERENCES company (id),
    -- The row's id on Jopwell.
    row_id      TEXT    NOT NULL,
    from_status TEXT    NOT NULL,
    to_status   TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('claimed', 'written', 'failed', 'undone')),
    at          INTEGER NOT NULL
) STRICT;
CREATE INDEX write_back_by_row ON write_back (company_id, row_id, id);
