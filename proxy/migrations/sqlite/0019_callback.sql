-- Where a company wants its changes delivered.
CREATE TABLE callback (
    company_id    INTEGER PRIMARY KEY REFERENCES company (id),
    url           TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    -- The last row of the change log that has become a delivery.
    known         INTEGER NOT NULL,
    -- Failures in a row, since when, and until when nothing is tried.
    failures      INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    paused_until  INTEGER NOT NULL DEFAULT 0,
    delivered_at  INTEGER,
    -- Nothing is delivered any more until somebody enters the address again.
    disabled_at   INTEGER
) STRICT;

-- What deliveries are signed with: each that is still valid.
CREATE TABLE callback_secret (
    id            INTEGER PRIMARY KEY,
    company_id    INTEGER NOT NULL REFERENCES company (id),
    sealed_secret BLOB    NOT NULL,
    created_at    INTEGER NOT NULL,
    valid_until   INTEGER
) STRICT;
CREATE INDEX callback_secret_by_company ON callback_secret (company_id);

-- The outbox of deliveries. A row says which send changed; what is delivered is how it stands then.
CREATE TABLE callback_delivery (
    id           INTEGER PRIMARY KEY,
    company_id   INTEGER NOT NULL REFERENCES company (id),
    webhook_id   TEXT    NOT NULL,
    -- Absent where changes were lost before they were delivered.
    send_id      INTEGER,
    number       INTEGER NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    created_at   INTEGER NOT NULL,
    attempt      INTEGER NOT NULL DEFAULT 0,
    next_at      INTEGER NOT NULL,
    lease_until  INTEGER NOT NULL DEFAULT 0,
    attempted_at INTEGER,
    -- The answer's HTTP status, or a word where there was none.
    answer       TEXT
) STRICT;
CREATE INDEX callback_delivery_waiting ON callback_delivery (company_id, send_id, id) WHERE state = 'waiting';
CREATE INDEX callback_delivery_by_company ON callback_delivery (company_id, id);
CREATE INDEX callback_delivery_by_time ON callback_delivery (created_at);
