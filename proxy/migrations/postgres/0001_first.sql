-- The same tables as SQLite's migrations 0001 and 0002, where they are explained. Times are whole
-- milliseconds since the Unix epoch.
CREATE TABLE company (
    id         BIGINT PRIMARY KEY,
    created_at BIGINT NOT NULL
);

CREATE TABLE master_key_check (
    id     BIGINT PRIMARY KEY CHECK (id = 1),
    sealed BYTEA NOT NULL
);

CREATE TABLE connection (
    company_id   BIGINT PRIMARY KEY REFERENCES company (id),
    generation   BIGINT NOT NULL,
    sealed_key   BYTEA  NOT NULL,
    masked_key   TEXT   NOT NULL,
    service_user TEXT   NOT NULL,
    account_name TEXT,
    connected_at BIGINT NOT NULL,
    problem      TEXT,
    paused_until BIGINT NOT NULL DEFAULT 0,
    pause_reason TEXT,
    failures     BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE send (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id      BIGINT NOT NULL REFERENCES company (id),
    idempotency_key TEXT   NOT NULL,
    external_id     TEXT   NOT NULL,
    job_id          BIGINT,
    sent_by         TEXT,
    accepted_at     BIGINT NOT NULL,
    state           TEXT   NOT NULL CHECK (state IN ('waiting', 'created', 'existing', 'refused', 'uncertain')),
    settled_at      BIGINT,
    candidate_id    BIGINT,
    application_id  BIGINT,
    profile_url     TEXT,
    problem         TEXT,
    CHECK ((candidate_id IS NOT NULL) = (state IN ('created', 'existing'))),
    CHECK ((problem IS NOT NULL) = (state = 'refused')),
    CHECK ((settled_at IS NULL) = (state = 'waiting'))
);
CREATE INDEX send_by_external_id ON send (company_id, external_id, id);
CREATE INDEX send_by_candidate ON send (company_id, candidate_id, id) WHERE candidate_id IS NOT NULL;

CREATE TABLE idempotency (
    company_id          BIGINT NOT NULL REFERENCES company (id),
    idempotency_key     TEXT   NOT NULL,
    request_fingerprint BYTEA  NOT NULL,
    send_id             BIGINT NOT NULL REFERENCES send (id),
    accepted_at         BIGINT NOT NULL,
    PRIMARY KEY (company_id, idempotency_key)
);
CREATE INDEX idempotency_by_send ON idempotency (send_id);

CREATE TABLE claim (
    company_id  BIGINT NOT NULL REFERENCES company (id),
    external_id TEXT   NOT NULL,
    job_id      BIGINT NOT NULL,
    send_id     BIGINT NOT NULL UNIQUE REFERENCES send (id),
    PRIMARY KEY (company_id, external_id, job_id)
);

CREATE TABLE outbox (
    send_id             BIGINT PRIMARY KEY REFERENCES send (id),
    company_id          BIGINT NOT NULL REFERENCES company (id),
    sealed_profile      BYTEA  NOT NULL,
    queued_at           BIGINT NOT NULL,
    attempt             BIGINT NOT NULL DEFAULT 0,
    lease_owner         TEXT,
    lease_until         BIGINT NOT NULL DEFAULT 0,
    dispatched_at       BIGINT,
    first_dispatched_at BIGINT
);
CREATE INDEX outbox_by_company ON outbox (company_id, queued_at, send_id) WHERE dispatched_at IS NULL;
CREATE INDEX outbox_by_lease ON outbox (company_id, lease_until);
CREATE INDEX outbox_dispatched ON outbox (lease_until) WHERE dispatched_at IS NOT NULL;

CREATE TABLE status (
    company_id   BIGINT  NOT NULL REFERENCES company (id),
    candidate_id BIGINT  NOT NULL,
    readable     BOOLEAN NOT NULL,
    read_at      BIGINT  NOT NULL,
    PRIMARY KEY (company_id, candidate_id)
);

CREATE TABLE hook (
    company_id BIGINT PRIMARY KEY REFERENCES company (id),
    public_id  TEXT   NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

CREATE TABLE hook_secret (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id    BIGINT NOT NULL REFERENCES company (id),
    sealed_secret BYTEA  NOT NULL,
    created_at    BIGINT NOT NULL,
    valid_until   BIGINT
);
CREATE INDEX hook_secret_by_company ON hook_secret (company_id);

CREATE TABLE hook_event (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id  BIGINT NOT NULL REFERENCES company (id),
    action      TEXT   NOT NULL,
    event_id    TEXT,
    digest      BYTEA  NOT NULL,
    received_at BIGINT NOT NULL,
    UNIQUE (company_id, digest),
    UNIQUE (company_id, action, event_id)
);
CREATE INDEX hook_event_by_time ON hook_event (received_at);

CREATE TABLE hook_count (
    company_id BIGINT NOT NULL REFERENCES company (id),
    kind       TEXT   NOT NULL CHECK (kind IN ('received', 'refused')),
    name       TEXT   NOT NULL,
    count      BIGINT NOT NULL,
    last_at    BIGINT NOT NULL,
    PRIMARY KEY (company_id, kind, name)
);

CREATE TABLE application (
    company_id     BIGINT NOT NULL REFERENCES company (id),
    application_id BIGINT NOT NULL,
    candidate_id   BIGINT NOT NULL,
    job            TEXT,
    status         TEXT   NOT NULL,
    stage          TEXT,
    as_of          BIGINT NOT NULL,
    rank           BIGINT NOT NULL,
    digest         BIGINT NOT NULL,
    PRIMARY KEY (company_id, application_id)
);
CREATE INDEX application_by_candidate ON application (company_id, candidate_id);

CREATE TABLE gone (
    company_id BIGINT NOT NULL REFERENCES company (id),
    kind       TEXT   NOT NULL CHECK (kind IN ('application', 'candidate')),
    id         BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (company_id, kind, id)
);

CREATE TABLE merged (
    company_id   BIGINT NOT NULL REFERENCES company (id),
    candidate_id BIGINT NOT NULL,
    into_id      BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (company_id, candidate_id)
);
CREATE INDEX merged_by_target ON merged (company_id, into_id);

-- When a company's next call to Greenhouse may leave, in microseconds: one budget for all proxies.
CREATE TABLE rate (
    company_id BIGINT PRIMARY KEY REFERENCES company (id),
    next_at    BIGINT NOT NULL
);
