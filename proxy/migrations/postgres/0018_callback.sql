-- The same as SQLite's migration 0019, where it is explained.
CREATE TABLE callback (
    company_id    BIGINT PRIMARY KEY REFERENCES company (id),
    url           TEXT    NOT NULL,
    created_at    BIGINT NOT NULL,
    known         BIGINT NOT NULL,
    failures      BIGINT NOT NULL DEFAULT 0,
    failing_since BIGINT,
    paused_until  BIGINT NOT NULL DEFAULT 0,
    delivered_at  BIGINT,
    disabled_at   BIGINT
);

CREATE TABLE callback_secret (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id    BIGINT NOT NULL REFERENCES company (id),
    sealed_secret BYTEA   NOT NULL,
    created_at    BIGINT NOT NULL,
    valid_until   BIGINT
);
CREATE INDEX callback_secret_by_company ON callback_secret (company_id);

CREATE TABLE callback_delivery (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id   BIGINT NOT NULL REFERENCES company (id),
    webhook_id   TEXT    NOT NULL,
    send_id      BIGINT,
    number       BIGINT NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    created_at   BIGINT NOT NULL,
    attempt      BIGINT NOT NULL DEFAULT 0,
    next_at      BIGINT NOT NULL,
    lease_until  BIGINT NOT NULL DEFAULT 0,
    attempted_at BIGINT,
    answer       TEXT
);
CREATE INDEX callback_delivery_waiting ON callback_delivery (company_id, send_id, id) WHERE state = 'waiting';
CREATE INDEX callback_delivery_by_company ON callback_delivery (company_id, id);
CREATE INDEX callback_delivery_by_time ON callback_delivery (created_at);
