-- The same as SQLite's migration 0004, where it is explained.
CREATE TABLE change_log (
    company_id   BIGINT NOT NULL REFERENCES company (id),
    number       BIGINT NOT NULL,
    previous     BIGINT NOT NULL,
    send_id      BIGINT,
    candidate_id BIGINT,
    at           BIGINT NOT NULL,
    PRIMARY KEY (company_id, number),
    CHECK ((send_id IS NULL) <> (candidate_id IS NULL))
);
CREATE INDEX change_log_by_time ON change_log (at);

-- The company's lock is held until the commit, so the next number is taken only after it, and whoever
-- listens hears of it only then. Who writes takes the lock first of all: here it is held already.
CREATE FUNCTION note_change(company BIGINT, send BIGINT, candidate BIGINT) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(company);
    INSERT INTO change_log (company_id, number, previous, send_id, candidate_id, at)
    SELECT company, coalesce(max(l.number), CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)) + 1, coalesce(max(l.number), 0),
           send, candidate,
           CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)
    FROM change_log l WHERE l.company_id = company;
    PERFORM pg_notify('atsi', CAST(company AS TEXT));
END $$;

CREATE FUNCTION note_candidate_change(company BIGINT, candidate BIGINT) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM send s WHERE s.company_id = company AND s.candidate_id = candidate) THEN
        PERFORM note_change(company, NULL, candidate);
    END IF;
END $$;

CREATE FUNCTION send_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_change(NEW.company_id, NEW.id, NULL);
    RETURN NULL;
END $$;
CREATE TRIGGER send_changed AFTER UPDATE ON send FOR EACH ROW
    WHEN ((OLD.state, OLD.candidate_id, OLD.application_id, OLD.profile_url) IS DISTINCT FROM (NEW.state, NEW.candidate_id, NEW.application_id, NEW.profile_url))
    EXECUTE FUNCTION send_changed();
CREATE FUNCTION candidate_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_candidate_change(NEW.company_id, NEW.candidate_id);
    RETURN NULL;
END $$;
CREATE TRIGGER application_added AFTER INSERT ON application FOR EACH ROW
    EXECUTE FUNCTION candidate_changed();
CREATE TRIGGER application_changed AFTER UPDATE ON application FOR EACH ROW
    WHEN ((OLD.candidate_id, OLD.job, OLD.status, OLD.stage) IS DISTINCT FROM (NEW.candidate_id, NEW.job, NEW.status, NEW.stage))
    EXECUTE FUNCTION candidate_changed();
CREATE TRIGGER status_added AFTER INSERT ON status FOR EACH ROW EXECUTE FUNCTION candidate_changed();
CREATE TRIGGER status_changed AFTER UPDATE ON status FOR EACH ROW
    WHEN (OLD.readable IS DISTINCT FROM NEW.readable)
    EXECUTE FUNCTION candidate_changed();
CREATE FUNCTION application_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_candidate_change(OLD.company_id, OLD.candidate_id);
    RETURN NULL;
END $$;
CREATE TRIGGER application_deleted AFTER DELETE ON application FOR EACH ROW
    EXECUTE FUNCTION application_deleted();
