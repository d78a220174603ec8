-- The same as SQLite's migration 0016, where it is explained.
ALTER TABLE send ADD COLUMN kind TEXT NOT NULL DEFAULT 'prospect' CHECK (kind IN ('prospect', 'application'));
ALTER TABLE send ADD COLUMN jopwell_id TEXT CHECK ((jopwell_id IS NOT NULL) = (kind = 'application'));
ALTER TABLE send ADD COLUMN applied_at BIGINT;
ALTER TABLE send ADD COLUMN resume TEXT CHECK (resume IN ('attached', 'offered', 'fetched', 'expired', 'not_offered'));
CREATE INDEX send_of_kind ON send (company_id, id) WHERE kind = 'application';

CREATE TABLE application_claim (
    company_id  BIGINT NOT NULL REFERENCES company (id),
    external_id TEXT    NOT NULL,
    jopwell_id  TEXT    NOT NULL,
    send_id     BIGINT NOT NULL UNIQUE REFERENCES send (id),
    PRIMARY KEY (company_id, external_id, jopwell_id)
);

CREATE TABLE held (
    send_id             BIGINT PRIMARY KEY REFERENCES send (id),
    company_id          BIGINT NOT NULL REFERENCES company (id),
    reason              TEXT    NOT NULL,
    problem             TEXT,
    sealed_profile      BYTEA    NOT NULL,
    queued_at           BIGINT NOT NULL,
    attempt             BIGINT NOT NULL DEFAULT 0,
    first_dispatched_at BIGINT,
    anyway              BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX held_by_company ON held (company_id, reason);

CREATE TABLE push (
    company_id      BIGINT PRIMARY KEY REFERENCES company (id),
    public_id       TEXT    NOT NULL UNIQUE,
    sealed_secret   BYTEA    NOT NULL,
    made_at         BIGINT NOT NULL,
    sealed_previous BYTEA,
    previous_until  BIGINT
);

CREATE TABLE resume (
    id           TEXT    PRIMARY KEY,
    company_id   BIGINT NOT NULL REFERENCES company (id),
    file_name    TEXT    NOT NULL,
    media_type   TEXT    NOT NULL,
    size         BIGINT NOT NULL,
    sealed       BYTEA    NOT NULL,
    created_at   BIGINT NOT NULL,
    send_id      BIGINT REFERENCES send (id),
    token_digest BYTEA UNIQUE,
    expires_at   BIGINT
);
CREATE INDEX resume_by_send ON resume (send_id);
CREATE INDEX resume_by_expiry ON resume (expires_at) WHERE expires_at IS NOT NULL;
