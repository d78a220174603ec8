-- The same tables as SQLite's migration 0005, where they are explained.

CREATE TABLE account (
    company_id        BIGINT PRIMARY KEY REFERENCES company (id),
    domain            TEXT    NOT NULL UNIQUE,
    automatic_joining BOOLEAN NOT NULL,
    created_at        BIGINT NOT NULL
);

CREATE TABLE member (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id   BIGINT NOT NULL REFERENCES company (id),
    email        TEXT,
    name         TEXT    NOT NULL,
    role         TEXT    NOT NULL CHECK (role IN ('admin', 'recruiter')),
    joined_at    BIGINT NOT NULL,
    last_used_at BIGINT,
    removed_at   BIGINT,
    acting       BOOLEAN,
    acting_generation BIGINT
);
CREATE UNIQUE INDEX member_by_email ON member (email) WHERE removed_at IS NULL;
CREATE INDEX member_by_company ON member (company_id, id);

CREATE TABLE session (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id   BIGINT NOT NULL REFERENCES company (id),
    member_id    BIGINT NOT NULL REFERENCES member (id),
    token_digest BYTEA   NOT NULL UNIQUE,
    device       TEXT    NOT NULL,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL
);
CREATE INDEX session_by_member ON session (member_id);
CREATE INDEX session_by_company ON session (company_id);

CREATE TABLE sign_in_code (
    email      TEXT    PRIMARY KEY,
    digest     BYTEA   NOT NULL,
    expires_at BIGINT NOT NULL,
    tries      BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE invitation (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id   BIGINT NOT NULL REFERENCES company (id),
    token_digest BYTEA   NOT NULL UNIQUE,
    email        TEXT,
    role         TEXT    NOT NULL CHECK (role IN ('admin', 'recruiter')),
    invited_by   BIGINT NOT NULL REFERENCES member (id),
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    accepted_at  BIGINT,
    revoked_at   BIGINT
);
CREATE INDEX invitation_by_company ON invitation (company_id, id);

CREATE TABLE connection_request (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id   BIGINT NOT NULL REFERENCES company (id),
    token_digest BYTEA   NOT NULL UNIQUE,
    admin_email  TEXT    NOT NULL,
    asked_by     BIGINT NOT NULL REFERENCES member (id),
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    opened_at    BIGINT,
    done_at      BIGINT,
    revoked_at   BIGINT
);
CREATE INDEX connection_request_by_company ON connection_request (company_id, id);

CREATE TABLE enrolment (
    company_id   BIGINT PRIMARY KEY REFERENCES company (id),
    token_digest BYTEA   NOT NULL UNIQUE,
    made_by      BIGINT NOT NULL REFERENCES member (id),
    made_at      BIGINT NOT NULL
);

CREATE TABLE mail (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id   BIGINT REFERENCES company (id),
    intent       TEXT    NOT NULL UNIQUE,
    sealed       BYTEA,
    queued_at    BIGINT NOT NULL,
    drop_at      BIGINT NOT NULL,
    due_at       BIGINT NOT NULL,
    attempts     BIGINT NOT NULL DEFAULT 0,
    taken_at     BIGINT
);
CREATE INDEX mail_due ON mail (due_at) WHERE sealed IS NOT NULL AND taken_at IS NULL;
CREATE INDEX mail_by_company ON mail (company_id);

ALTER TABLE connection ADD COLUMN connected_by TEXT;
ALTER TABLE send ADD COLUMN member_id BIGINT REFERENCES member (id);
