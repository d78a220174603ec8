-- What changed of a company's sends and their statuses: ids and times, never content. A reader
-- looks at the rows after the last one it knows, and reads how things stand now. The numbers have no
-- gaps and grow in the order of commits; a company's newest row goes only with all of the company's
-- data, and as the first number is the time, none comes twice even then.
CREATE TABLE change_log (
    company_id   INTEGER NOT NULL REFERENCES company (id),
    number       INTEGER NOT NULL,
    -- The number before; 0 for the first.
    previous     INTEGER NOT NULL,
    -- One of these: a send, or all sends of a candidate.
    send_id      INTEGER,
    candidate_id INTEGER,
    at           INTEGER NOT NULL,
    PRIMARY KEY (company_id, number),
    CHECK ((send_id IS NULL) <> (candidate_id IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX change_log_by_time ON change_log (at);

-- Each table says by itself what changed in it, so that no statement can forget to. What changes
-- nothing, and what concerns nobody that was sent from here, says nothing.
CREATE TRIGGER send_changed AFTER UPDATE ON send
WHEN (OLD.state, OLD.candidate_id, OLD.application_id, OLD.profile_url) IS NOT (NEW.state, NEW.candidate_id, NEW.application_id, NEW.profile_url)
BEGIN
    INSERT INTO change_log (company_id, number, previous, send_id, candidate_id, at)
    SELECT NEW.company_id, coalesce(max(number), CAST(unixepoch('subsec') * 1000 AS INTEGER)) + 1, coalesce(max(number), 0),
           NEW.id, NULL, CAST(unixepoch('subsec') * 1000 AS INTEGER)
    FROM change_log WHERE company_id = NEW.company_id;
END;
CREATE TRIGGER application_added AFTER INSERT ON application
WHEN EXISTS (SELECT 1 FROM send s WHERE s.company_id = NEW.company_id AND s.candidate_id = NEW.candidate_id)
BEGIN
    INSERT INTO change_log (company_id, number, previous, send_id, candidate_id, at)
    SELECT NEW.company_id, coalesce(max(number), CAST(unixepoch('subsec') * 1000 AS INTEGER)) + 1, coalesce(max(number), 0),
           NULL, NEW.candidate_id, CAST(unixepoch('subsec') * 1000 AS INTEGER)
    FROM change_log WHERE company_id = NEW.company_id;
END;
CREATE TRIGGER application_changed AFTER UPDATE ON application
WHEN (OLD.candidate_id, OLD.job, OLD.status, OLD.stage) IS NOT (NEW.candidate_id, NEW.job, NEW.status, NEW.stage) AND EXISTS (SELECT 1 FROM send s WHERE s.company_id = NEW.company_id AND s.candidate_id = NEW.candidate_id)
BEGIN
    INSERT INTO change_log (company_id, number, previous, send_id, candidate_id, at)
    SELECT NEW.company_id, coalesce(max(number), CAST(unixepoch('subsec') * 1000 AS INTEGER)) + 1, coalesce(max(number), 0),
           NULL, NEW.candidate_id, CAST(unixepoch('subsec') * 1000 AS INTEGER)
    FROM change_log WHERE company_id = NEW.company_id;
END;
CREATE TRIGGER application_deleted AFTER DELETE ON application
WHEN EXISTS (SELECT 1 FROM send s WHERE s.company_id = OLD.company_id AND s.candidate_id = OLD.candidate_id)
BEGIN
    INSERT INTO change_log (company_id, number, previous, send_id, candidate_id, at)
    SELECT OLD.company_id, coalesce(max(number), CAST(unixepoch('subsec') * 1000 AS INTEGER)) + 1, coalesce(max(number), 0),
           NULL, OLD.candidate_id, CAST(unixepoch('subsec') * 1000 AS INTEGER)
    FROM change_log WHERE company_id = OLD.company_id;
END;
CREATE TRIGGER status_added AFTER INSERT ON status
WHEN EXISTS (SELECT 1 FROM send s WHERE s.company_id = NEW.company_id AND s.candidate_id = NEW.candidate_id)
BEGIN
    INSERT INTO change_log (company_id, number, previous, send_id, candidate_id, at)
    SELECT NEW.company_id, coalesce(max(number), CAST(unixepoch('subsec') * 1000 AS INTEGER)) + 1, coalesce(max(number), 0),
           NULL, NEW.candidate_id, CAST(unixepoch('subsec') * 1000 AS INTEGER)
    FROM change_log WHERE company_id = NEW.company_id;
END;
CREATE TRIGGER status_changed AFTER UPDATE ON status
WHEN OLD.readable IS NOT NEW.readable AND EXISTS (SELECT 1 FROM send s WHERE s.company_id = NEW.company_id AND s.candidate_id = NEW.candidate_id)
BEGIN
    INSERT INTO change_log (company_id, number, previous, send_id, candidate_id, at)
    SELECT NEW.company_id, coalesce(max(number), CAST(unixepoch('subsec') * 1000 AS INTEGER)) + 1, coalesce(max(number), 0),
           NULL, NEW.candidate_id, CAST(unixepoch('subsec') * 1000 AS INTEGER)
    FROM change_log WHERE company_id = NEW.company_id;
END;
