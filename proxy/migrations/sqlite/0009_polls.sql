-- When to ask Greenhouse about a candidate that was sent from here. Rows are the schedule, and claimed
-- by the proxy that asks.
CREATE TABLE poll (
    company_id   INTEGER NOT NULL REFERENCES company (id),
    candidate_id INTEGER NOT NULL,
    -- When Greenhouse was last asked, or when the candidate came there.
    asked_at     INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    -- When something of it last changed, as far as we know.
    changed_at   INTEGER NOT NULL,
    PRIMARY KEY (company_id, candidate_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX poll_by_due ON poll (company_id, due_at);

-- When a company's next poll may leave, and its next poll for whom nobody looks at.
CREATE TABLE poll_turn (
    company_id INTEGER PRIMARY KEY REFERENCES company (id),
    next_at    INTEGER NOT NULL,
    others_at  INTEGER NOT NULL
) STRICT;

-- Those that are there already are spread over a day.
INSERT INTO poll (company_id, candidate_id, asked_at, due_at, changed_at)
SELECT company_id, candidate_id, CAST(unixepoch('subsec') * 1000 AS INTEGER),
       CAST(unixepoch('subsec') * 1000 AS INTEGER) + abs(random() % 86400000), max(settled_at)
FROM send WHERE candidate_id IS NOT NULL GROUP BY company_id, candidate_id;
