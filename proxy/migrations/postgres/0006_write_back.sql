-- The same as SQLite's migration 0007, where it is explained.
CREATE TABLE write_back_settings (
    company_id BIGINT PRIMARY KEY REFERENCES company (id),
    settings   TEXT NOT NULL
);

CREATE TABLE write_back (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id  BIGINT NOT NULL REFERENCES company (id),
    row_id      TEXT   NOT NULL,
    from_status TEXT   NOT NULL,
    to_status   TEXT   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('claimed', 'written', 'failed', 'undone')),
    at          BIGINT NOT NULL
);
CREATE INDEX write_back_by_row ON write_back (company_id, row_id, id);
