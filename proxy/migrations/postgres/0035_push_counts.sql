-- The same as SQLite's migration 0035, where it is explained.
CREATE TABLE push_count (
    company_id BIGINT NOT NULL REFERENCES company (id),
    outcome    TEXT   NOT NULL,
    count      BIGINT NOT NULL,
    last_at    BIGINT NOT NULL,
    PRIMARY KEY (company_id, outcome)
);
