-- The same as SQLite's migration 0006, where it is explained.
CREATE TABLE greenhouse_job (
    company_id  BIGINT  NOT NULL REFERENCES company (id),
    job_id      BIGINT  NOT NULL,
    name        TEXT    NOT NULL,
    title       TEXT,
    state       TEXT    NOT NULL CHECK (state IN ('open', 'closed', 'deleted', 'not_listed')),
    public      BOOLEAN NOT NULL,
    requisition TEXT,
    location    TEXT,
    heard_at    BIGINT  NOT NULL,
    PRIMARY KEY (company_id, job_id)
);

CREATE TABLE job_list (
    company_id BIGINT PRIMARY KEY REFERENCES company (id),
    read_at    BIGINT NOT NULL
);

CREATE TABLE jopwell_job (
    company_id   BIGINT NOT NULL REFERENCES company (id),
    jopwell_id   TEXT   NOT NULL,
    title        TEXT   NOT NULL,
    location     TEXT,
    requisition  TEXT,
    job_id       BIGINT,
    linked_at    BIGINT,
    applications TEXT   NOT NULL DEFAULT 'off' CHECK (applications IN ('off', 'on', 'paused')),
    seen_at      BIGINT NOT NULL,
    PRIMARY KEY (company_id, jopwell_id),
    CHECK ((job_id IS NULL) = (linked_at IS NULL))
);
CREATE INDEX jopwell_job_by_job ON jopwell_job (company_id, job_id) WHERE job_id IS NOT NULL;
