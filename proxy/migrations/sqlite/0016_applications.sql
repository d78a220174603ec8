-- A send is a prospect that somebody sent, or a candidate who applied on Jopwell.
ALTER TABLE send ADD COLUMN kind TEXT NOT NULL DEFAULT 'prospect' CHECK (kind IN ('prospect', 'application'));
-- Of an application: the job on Jopwell. Its job_id is there from the moment on which it may leave.
ALTER TABLE send ADD COLUMN jopwell_id TEXT CHECK ((jopwell_id IS NOT NULL) = (kind = 'application'));
ALTER TABLE send ADD COLUMN applied_at INTEGER;
-- What became of the résumé's file, where one was handed over.
ALTER TABLE send ADD COLUMN resume TEXT CHECK (resume IN ('attached', 'offered', 'fetched', 'expired', 'not_offered'));
CREATE INDEX send_of_kind ON send (company_id, id) WHERE kind = 'application';

-- The one application of a person for a job on Jopwell. Gone with a refusal, and kept where a person
-- said that it shall not go.
CREATE TABLE application_claim (
    company_id  INTEGER NOT NULL REFERENCES company (id),
    external_id TEXT    NOT NULL,
    jopwell_id  TEXT    NOT NULL,
    send_id     INTEGER NOT NULL UNIQUE REFERENCES send (id),
    PRIMARY KEY (company_id, external_id, jopwell_id)
) STRICT, WITHOUT ROWID;

-- Applications that may not leave yet, with what Greenhouse is to get. Whatever held one back is
-- looked at again as soon as it changes; then the row moves to the outbox.
CREATE TABLE held (
    send_id             INTEGER PRIMARY KEY REFERENCES send (id),
    company_id          INTEGER NOT NULL REFERENCES company (id),
    reason              TEXT    NOT NULL,
    -- JSON; present where Greenhouse refused it.
    problem             TEXT,
    sealed_profile      BLOB    NOT NULL,
    queued_at           INTEGER NOT NULL,
    attempt             INTEGER NOT NULL DEFAULT 0,
    first_dispatched_at INTEGER,
    -- A person said that it shall go although this person is a prospect.
    anyway              INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX held_by_company ON held (company_id, reason);

-- Where Jopwell's systems push applications, and what they sign with.
CREATE TABLE push (
    company_id      INTEGER PRIMARY KEY REFERENCES company (id),
    public_id       TEXT    NOT NULL UNIQUE,
    sealed_secret   BLOB    NOT NULL,
    made_at         INTEGER NOT NULL,
    -- The one before, for as long as it is good.
    sealed_previous BLOB,
    previous_until  INTEGER
) STRICT;

-- Files that Greenhouse is to fetch.
CREATE TABLE resume (
    id           TEXT    PRIMARY KEY,
    company_id   INTEGER NOT NULL REFERENCES company (id),
    file_name    TEXT    NOT NULL,
    media_type   TEXT    NOT NULL,
    size         INTEGER NOT NULL,
    sealed       BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,
    -- The send that it belongs to, from the moment on which one refers to it.
    send_id      INTEGER REFERENCES send (id),
    -- SHA-256 of the secret part of its address, which was told to Greenhouse alone.
    token_digest BLOB UNIQUE,
    -- Absent while its send waits.
    expires_at   INTEGER
) STRICT;
CREATE INDEX resume_by_send ON resume (send_id);
CREATE INDEX resume_by_expiry ON resume (expires_at) WHERE expires_at IS NOT NULL;
