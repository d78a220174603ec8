-- Who belongs to a company: company mode. A company in personal mode has no rows here.

-- Whose e-mail addresses a company's people have.
CREATE TABLE account (
    company_id        INTEGER PRIMARY KEY REFERENCES company (id),
    domain            TEXT    NOT NULL UNIQUE,
    -- Whether a verified address of the domain is in at once.
    automatic_joining INTEGER NOT NULL,
    created_at        INTEGER NOT NULL
) STRICT;

-- A person, or (without an address) a device that the company's policy enrolled. Who was removed stays
-- removed: automatic joining does not bring them back.
CREATE TABLE member (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id   INTEGER NOT NULL REFERENCES company (id),
    -- In lower case.
    email        TEXT,
    name         TEXT    NOT NULL,
    role         TEXT    NOT NULL CHECK (role IN ('admin', 'recruiter')),
    joined_at    INTEGER NOT NULL,
    last_used_at INTEGER,
    removed_at   INTEGER,
    -- Whether Greenhouse knew the address under the key of that generation.
    acting       INTEGER,
    acting_generation INTEGER
) STRICT;
CREATE UNIQUE INDEX member_by_email ON member (email) WHERE removed_at IS NULL;
CREATE INDEX member_by_company ON member (company_id, id);

-- A token that is in use; only its SHA-256 is kept. The row goes with the session.
CREATE TABLE session (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id   INTEGER NOT NULL REFERENCES company (id),
    member_id    INTEGER NOT NULL REFERENCES member (id),
    token_digest BLOB    NOT NULL UNIQUE,
    device       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_by_member ON session (member_id);
CREATE INDEX session_by_company ON session (company_id);

-- The last code that an address asked for; keyed digest, as six digits are soon tried.
CREATE TABLE sign_in_code (
    email      TEXT    PRIMARY KEY,
    digest     BLOB    NOT NULL,
    expires_at INTEGER NOT NULL,
    tries      INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE invitation (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id   INTEGER NOT NULL REFERENCES company (id),
    token_digest BLOB    NOT NULL UNIQUE,
    -- Present where it is for this address alone.
    email        TEXT,
    role         TEXT    NOT NULL CHECK (role IN ('admin', 'recruiter')),
    invited_by   INTEGER NOT NULL REFERENCES member (id),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    accepted_at  INTEGER,
    revoked_at   INTEGER
) STRICT;
CREATE INDEX invitation_by_company ON invitation (company_id, id);

-- One-time links for a Greenhouse admin without the extension.
CREATE TABLE connection_request (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id   INTEGER NOT NULL REFERENCES company (id),
    token_digest BLOB    NOT NULL UNIQUE,
    admin_email  TEXT    NOT NULL,
    asked_by     INTEGER NOT NULL REFERENCES member (id),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    opened_at    INTEGER,
    done_at      INTEGER,
    revoked_at   INTEGER
) STRICT;
CREATE INDEX connection_request_by_company ON connection_request (company_id, id);

-- What a company's policy gives its devices instead of a sign-in.
CREATE TABLE enrolment (
    company_id   INTEGER PRIMARY KEY REFERENCES company (id),
    token_digest BLOB    NOT NULL UNIQUE,
    made_by      INTEGER NOT NULL REFERENCES member (id),
    made_at      INTEGER NOT NULL
) STRICT;

-- Mail on its way. An intent is sent once at most: the row is taken before the mail leaves, and stays
-- without its content until nobody could repeat the intent any more.
CREATE TABLE mail (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Absent for a code: whose it is turns out when it is used.
    company_id   INTEGER REFERENCES company (id),
    intent       TEXT    NOT NULL UNIQUE,
    -- Recipient, subject and text; absent once it has left or was dropped.
    sealed       BLOB,
    queued_at    INTEGER NOT NULL,
    -- Of no use to anybody after this.
    drop_at      INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    taken_at     INTEGER
) STRICT;
CREATE INDEX mail_due ON mail (due_at) WHERE sealed IS NOT NULL AND taken_at IS NULL;
CREATE INDEX mail_by_company ON mail (company_id);

-- The member who connected, and the one who sent.
ALTER TABLE connection ADD COLUMN connected_by TEXT;
ALTER TABLE send ADD COLUMN member_id INTEGER REFERENCES member (id);
