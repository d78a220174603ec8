-- Times are whole milliseconds since the Unix epoch.

-- A Jopwell partner: the tenant. Personal mode has exactly one.
CREATE TABLE company (
    id         INTEGER PRIMARY KEY,
    created_at INTEGER NOT NULL
) STRICT;

-- A constant, sealed: tells whether the master key is this database's.
CREATE TABLE master_key_check (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    sealed BLOB NOT NULL
) STRICT;

-- A company's working link to Greenhouse.
CREATE TABLE connection (
    company_id   INTEGER PRIMARY KEY REFERENCES company (id),
    -- Another one with each key, so that a late answer to an old key never touches a new one.
    generation   INTEGER NOT NULL,
    sealed_key   BLOB    NOT NULL,
    masked_key   TEXT    NOT NULL,
    service_user TEXT    NOT NULL,
    account_name TEXT,
    connected_at INTEGER NOT NULL,
    -- JSON; present where Greenhouse refused the key or its user. Nothing is sent until repaired.
    problem      TEXT,
    -- Greenhouse is left alone until then: it was busy or out of reach so many times in a row.
    paused_until INTEGER NOT NULL DEFAULT 0,
    pause_reason TEXT,
    failures     INTEGER NOT NULL DEFAULT 0
) STRICT;

-- One wish to put a candidate into Greenhouse, and where it stands.
CREATE TABLE send (
    id              INTEGER PRIMARY KEY,
    company_id      INTEGER NOT NULL REFERENCES company (id),
    idempotency_key TEXT    NOT NULL,
    external_id     TEXT    NOT NULL,
    job_id          INTEGER,
    sent_by         TEXT,
    accepted_at     INTEGER NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('waiting', 'created', 'existing', 'refused', 'uncertain')),
    settled_at      INTEGER,
    candidate_id    INTEGER,
    application_id  INTEGER,
    profile_url     TEXT,
    problem         TEXT,
    CHECK ((candidate_id IS NOT NULL) = (state IN ('created', 'existing'))),
    CHECK ((problem IS NOT NULL) = (state = 'refused')),
    CHECK ((settled_at IS NULL) = (state = 'waiting'))
) STRICT;
CREATE INDEX send_by_external_id ON send (company_id, external_id, id);
CREATE INDEX send_by_candidate ON send (company_id, candidate_id, id) WHERE candidate_id IS NOT NULL;

-- Each idempotency key and the send that answers it: its own, or the earlier one that held the claim.
CREATE TABLE idempotency (
    company_id          INTEGER NOT NULL REFERENCES company (id),
    idempotency_key     TEXT    NOT NULL,
    request_fingerprint BLOB    NOT NULL,
    send_id             INTEGER NOT NULL REFERENCES send (id),
    accepted_at         INTEGER NOT NULL,
    PRIMARY KEY (company_id, idempotency_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_send ON idempotency (send_id);

-- The one send that stands for a person and a job (0: none). Held until the send is refused.
CREATE TABLE claim (
    company_id  INTEGER NOT NULL REFERENCES company (id),
    external_id TEXT    NOT NULL,
    job_id      INTEGER NOT NULL,
    send_id     INTEGER NOT NULL UNIQUE REFERENCES send (id),
    PRIMARY KEY (company_id, external_id, job_id)
) STRICT, WITHOUT ROWID;

-- Sends that are not final, with what Greenhouse is to get. A row leaves when its send is final.
CREATE TABLE outbox (
    send_id        INTEGER PRIMARY KEY REFERENCES send (id),
    company_id     INTEGER NOT NULL REFERENCES company (id),
    sealed_profile BLOB    NOT NULL,
    queued_at      INTEGER NOT NULL,
    -- Grows with every lease: whoever comes back with an older number has lost the row.
    attempt        INTEGER NOT NULL DEFAULT 0,
    lease_owner    TEXT,
    lease_until    INTEGER NOT NULL DEFAULT 0,
    -- Set before the request leaves. With no outcome and no living lease the send is uncertain.
    dispatched_at  INTEGER
) STRICT;
CREATE INDEX outbox_by_company ON outbox (company_id, queued_at, send_id) WHERE dispatched_at IS NULL;
CREATE INDEX outbox_by_lease ON outbox (company_id, lease_until);
CREATE INDEX outbox_dispatched ON outbox (lease_until) WHERE dispatched_at IS NOT NULL;

-- What Greenhouse last said of a candidate. It may be older than read_at where not readable.
CREATE TABLE status (
    company_id   INTEGER NOT NULL REFERENCES company (id),
    candidate_id INTEGER NOT NULL,
    applications TEXT    NOT NULL,
    readable     INTEGER NOT NULL,
    read_at      INTEGER NOT NULL,
    PRIMARY KEY (company_id, candidate_id)
) STRICT, WITHOUT ROWID;
