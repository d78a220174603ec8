-- Where Greenhouse sends a company's web hooks: an address nobody can guess.
CREATE TABLE hook (
    company_id INTEGER PRIMARY KEY REFERENCES company (id),
    public_id  TEXT    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

-- What Greenhouse signs with. The newest is the one to use; older ones are good until valid_until.
CREATE TABLE hook_secret (
    id            INTEGER PRIMARY KEY,
    company_id    INTEGER NOT NULL REFERENCES company (id),
    sealed_secret BLOB    NOT NULL,
    created_at    INTEGER NOT NULL,
    valid_until   INTEGER
) STRICT;
CREATE INDEX hook_secret_by_company ON hook_secret (company_id);

-- Web hooks that took effect, for as long as Greenhouse may send them once more.
CREATE TABLE hook_event (
    id          INTEGER PRIMARY KEY,
    company_id  INTEGER NOT NULL REFERENCES company (id),
    action      TEXT    NOT NULL,
    event_id    TEXT,
    digest      BLOB    NOT NULL,
    received_at INTEGER NOT NULL,
    UNIQUE (company_id, digest),
    UNIQUE (company_id, action, event_id)
) STRICT;
CREATE INDEX hook_event_by_time ON hook_event (received_at);

-- How many web hooks came of each action, and how many were refused for each reason.
CREATE TABLE hook_count (
    company_id INTEGER NOT NULL REFERENCES company (id),
    kind       TEXT    NOT NULL CHECK (kind IN ('received', 'refused')),
    name       TEXT    NOT NULL,
    count      INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    PRIMARY KEY (company_id, kind, name)
) STRICT, WITHOUT ROWID;

-- What Greenhouse last said of an application. (as_of, rank, digest) orders what it said: the same
-- sayings in any order leave the same row.
CREATE TABLE application (
    company_id     INTEGER NOT NULL REFERENCES company (id),
    application_id INTEGER NOT NULL,
    candidate_id   INTEGER NOT NULL,
    job            TEXT,
    status         TEXT    NOT NULL,
    stage          TEXT,
    as_of          INTEGER NOT NULL,
    rank           INTEGER NOT NULL,
    digest         INTEGER NOT NULL,
    PRIMARY KEY (company_id, application_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX application_by_candidate ON application (company_id, candidate_id);

INSERT INTO application (company_id, application_id, candidate_id, job, status, stage, as_of, rank, digest)
SELECT s.company_id, a.value ->> 'application_id', s.candidate_id, a.value ->> 'job', a.value ->> 'status',
       a.value ->> 'stage', s.read_at, 0, 0
FROM status s, json_each(s.applications) a WHERE true
ON CONFLICT DO NOTHING;
ALTER TABLE status DROP COLUMN applications;

-- Applications and candidates that Greenhouse deleted or anonymised: whatever comes late about them
-- is not kept.
CREATE TABLE gone (
    company_id INTEGER NOT NULL REFERENCES company (id),
    kind       TEXT    NOT NULL CHECK (kind IN ('application', 'candidate')),
    id         INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (company_id, kind, id)
) STRICT, WITHOUT ROWID;

-- Candidates that Greenhouse merged into another one; never into one that is itself merged.
CREATE TABLE merged (
    company_id   INTEGER NOT NULL REFERENCES company (id),
    candidate_id INTEGER NOT NULL,
    into_id      INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (company_id, candidate_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX merged_by_target ON merged (company_id, into_id);

-- Stays where a person says *send again*: a web hook about the first request may still come.
ALTER TABLE outbox ADD COLUMN first_dispatched_at INTEGER;
UPDATE outbox SET first_dispatched_at = dispatched_at;
