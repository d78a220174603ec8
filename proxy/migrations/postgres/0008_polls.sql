-- The same as SQLite's migration 0009, where it is explained.
CREATE TABLE poll (
    company_id   BIGINT NOT NULL REFERENCES company (id),
    candidate_id BIGINT NOT NULL,
    asked_at     BIGINT NOT NULL,
    due_at       BIGINT NOT NULL,
    changed_at   BIGINT NOT NULL,
    PRIMARY KEY (company_id, candidate_id)
);
CREATE INDEX poll_by_due ON poll (company_id, due_at);

CREATE TABLE poll_turn (
    company_id BIGINT PRIMARY KEY REFERENCES company (id),
    next_at    BIGINT NOT NULL,
    others_at  BIGINT NOT NULL
);

INSERT INTO poll (company_id, candidate_id, asked_at, due_at, changed_at)
SELECT company_id, candidate_id, CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT),
       CAST((extract(epoch FROM clock_timestamp()) + random() * 86400) * 1000 AS BIGINT), max(settled_at)
FROM send WHERE candidate_id IS NOT NULL GROUP BY company_id, candidate_id;
