-- Jobs of Greenhouse's: as its list of jobs and its web hooks last told them.
CREATE TABLE greenhouse_job (
    company_id  INTEGER NOT NULL REFERENCES company (id),
    job_id      INTEGER NOT NULL,
    -- The internal name; the title on the job board is the post's.
    name        TEXT    NOT NULL,
    title       TEXT,
    state       TEXT    NOT NULL CHECK (state IN ('open', 'closed', 'deleted', 'not_listed')),
    public      INTEGER NOT NULL,
    requisition TEXT,
    location    TEXT,
    -- When the state was told; whatever is older says nothing of it.
    heard_at    INTEGER NOT NULL,
    PRIMARY KEY (company_id, job_id)
) STRICT, WITHOUT ROWID;

-- When a company's list of jobs was last read.
CREATE TABLE job_list (
    company_id INTEGER PRIMARY KEY REFERENCES company (id),
    read_at    INTEGER NOT NULL
) STRICT;

-- Jobs of Jopwell's, and which of Greenhouse's each one is. What a job is called may change; its id
-- on Jopwell does not.
CREATE TABLE jopwell_job (
    company_id   INTEGER NOT NULL REFERENCES company (id),
    jopwell_id   TEXT    NOT NULL,
    title        TEXT    NOT NULL,
    location     TEXT,
    requisition  TEXT,
    -- Absent until a person has linked it.
    job_id       INTEGER,
    linked_at    INTEGER,
    -- Whether people who apply go to Greenhouse by themselves.
    applications TEXT    NOT NULL DEFAULT 'off' CHECK (applications IN ('off', 'on', 'paused')),
    seen_at      INTEGER NOT NULL,
    PRIMARY KEY (company_id, jopwell_id),
    CHECK ((job_id IS NULL) = (linked_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX jopwell_job_by_job ON jopwell_job (company_id, job_id) WHERE job_id IS NOT NULL;
