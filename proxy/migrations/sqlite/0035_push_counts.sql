-- What became of the pushes of Jopwell's systems: `accepted`, or the code of the problem they were answered with.
CREATE TABLE push_count (
    company_id INTEGER NOT NULL REFERENCES company (id),
    outcome    TEXT    NOT NULL,
    count      INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    PRIMARY KEY (company_id, outcome)
) STRICT, WITHOUT ROWID;
