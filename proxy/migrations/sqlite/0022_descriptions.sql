-- The change log tells of linked jobs, too. SQLite changes no constraint, so the table is made anew; its
-- views go and come back with it, for whatever else the triggers name must be there.
CREATE TABLE change_log_before AS SELECT company_id, number, previous, send_id, candidate_id, at FROM change_log;
DROP VIEW noted_candidate_change;
DROP VIEW noted_change;
DROP TABLE change_log;
CREATE TABLE change_log (
    company_id   INTEGER NOT NULL REFERENCES company (id),
    number       INTEGER NOT NULL,
    previous     INTEGER NOT NULL,
    -- One of these: a send, all sends of a candidate, or a job of Greenhouse's.
    send_id      INTEGER,
    candidate_id INTEGER,
    job_id       INTEGER,
    at           INTEGER NOT NULL,
    PRIMARY KEY (company_id, number),
    CHECK ((send_id IS NOT NULL) + (candidate_id IS NOT NULL) + (job_id IS NOT NULL) = 1)
) STRICT, WITHOUT ROWID;
INSERT INTO change_log (company_id, number, previous, send_id, candidate_id, at)
SELECT company_id, number, previous, send_id, candidate_id, at FROM change_log_before;
DROP TABLE change_log_before;
CREATE INDEX change_log_by_time ON change_log (at);

CREATE VIEW noted_change AS SELECT company_id, send_id, candidate_id, job_id FROM change_log;
CREATE TRIGGER change_noted INSTEAD OF INSERT ON noted_change
BEGIN
    INSERT INTO change_log (company_id, number, previous, send_id, candidate_id, job_id, at)
    SELECT NEW.company_id, coalesce(max(number), CAST(unixepoch('subsec') * 1000 AS INTEGER)) + 1, coalesce(max(number), 0),
           NEW.send_id, NEW.candidate_id, NEW.job_id, CAST(unixepoch('subsec') * 1000 AS INTEGER)
    FROM change_log WHERE company_id = NEW.company_id;
END;
CREATE VIEW noted_candidate_change AS SELECT company_id, candidate_id FROM change_log;
CREATE TRIGGER candidate_change_noted INSTEAD OF INSERT ON noted_candidate_change
WHEN EXISTS (SELECT 1 FROM send s WHERE s.company_id = NEW.company_id AND s.candidate_id = NEW.candidate_id)
BEGIN
    INSERT INTO noted_change (company_id, send_id, candidate_id) VALUES (NEW.company_id, NULL, NEW.candidate_id);
END;

-- A job's description as a web hook about its post last told it, sanitised.
CREATE TABLE greenhouse_description (
    company_id INTEGER NOT NULL REFERENCES company (id),
    job_id     INTEGER NOT NULL,
    post_id    INTEGER NOT NULL,
    -- Whether the post stands on a job board.
    live       INTEGER NOT NULL,
    html       TEXT    NOT NULL,
    -- By Greenhouse's clock.
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (company_id, job_id)
) STRICT, WITHOUT ROWID;

-- A job's description on Jopwell, as its page was last seen, and what of Greenhouse's was last taken
-- over there, or passed over.
CREATE TABLE jopwell_description (
    company_id INTEGER NOT NULL REFERENCES company (id),
    jopwell_id TEXT    NOT NULL,
    html       TEXT    NOT NULL,
    seen_at    INTEGER NOT NULL,
    taken      TEXT,
    taken_at   INTEGER,
    PRIMARY KEY (company_id, jopwell_id)
) STRICT, WITHOUT ROWID;

-- What concerns no job on Jopwell says nothing.
CREATE VIEW noted_job_change AS SELECT company_id, job_id FROM change_log;
CREATE TRIGGER job_change_noted INSTEAD OF INSERT ON noted_job_change
WHEN EXISTS (SELECT 1 FROM jopwell_job j WHERE j.company_id = NEW.company_id AND j.job_id = NEW.job_id)
BEGIN
    INSERT INTO noted_change (company_id, job_id) VALUES (NEW.company_id, NEW.job_id);
END;
CREATE TRIGGER greenhouse_job_changed AFTER UPDATE ON greenhouse_job
WHEN (OLD.name, OLD.title, OLD.state, OLD.requisition, OLD.location) IS NOT (NEW.name, NEW.title, NEW.state, NEW.requisition, NEW.location)
BEGIN
    INSERT INTO noted_job_change (company_id, job_id) VALUES (NEW.company_id, NEW.job_id);
END;
CREATE TRIGGER greenhouse_description_added AFTER INSERT ON greenhouse_description
BEGIN
    INSERT INTO noted_job_change (company_id, job_id) VALUES (NEW.company_id, NEW.job_id);
END;
CREATE TRIGGER greenhouse_description_changed AFTER UPDATE ON greenhouse_description
WHEN OLD.html IS NOT NEW.html
BEGIN
    INSERT INTO noted_job_change (company_id, job_id) VALUES (NEW.company_id, NEW.job_id);
END;
CREATE TRIGGER jopwell_job_linked AFTER UPDATE ON jopwell_job
WHEN OLD.job_id IS NOT NEW.job_id
BEGIN
    INSERT INTO noted_change (company_id, job_id) VALUES (NEW.company_id, coalesce(NEW.job_id, OLD.job_id));
END;
CREATE TRIGGER jopwell_description_taken AFTER UPDATE ON jopwell_description
WHEN OLD.taken IS NOT NEW.taken
BEGIN
    INSERT INTO noted_change (company_id, job_id)
    SELECT j.company_id, j.job_id FROM jopwell_job j
    WHERE j.company_id = NEW.company_id AND j.jopwell_id = NEW.jopwell_id AND j.job_id IS NOT NULL;
END;
