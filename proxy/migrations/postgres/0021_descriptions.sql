-- The same as SQLite's migration 0022, where it is explained.
ALTER TABLE change_log ADD COLUMN job_id BIGINT;
ALTER TABLE change_log DROP CONSTRAINT change_log_check;
ALTER TABLE change_log ADD CONSTRAINT change_log_check CHECK (num_nonnulls(send_id, candidate_id, job_id) = 1);

CREATE TABLE greenhouse_description (
    company_id BIGINT  NOT NULL REFERENCES company (id),
    job_id     BIGINT  NOT NULL,
    post_id    BIGINT  NOT NULL,
    live       BOOLEAN NOT NULL,
    html       TEXT    NOT NULL,
    changed_at BIGINT  NOT NULL,
    PRIMARY KEY (company_id, job_id)
);

CREATE TABLE jopwell_description (
    company_id BIGINT NOT NULL REFERENCES company (id),
    jopwell_id TEXT   NOT NULL,
    html       TEXT   NOT NULL,
    seen_at    BIGINT NOT NULL,
    taken      TEXT,
    taken_at   BIGINT,
    PRIMARY KEY (company_id, jopwell_id)
);

CREATE FUNCTION note_job_change(company BIGINT, job BIGINT) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(company);
    INSERT INTO change_log (company_id, number, previous, job_id, at)
    SELECT company, coalesce(max(l.number), CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)) + 1, coalesce(max(l.number), 0),
           job, CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)
    FROM change_log l WHERE l.company_id = company;
    PERFORM pg_notify('atsi', CAST(company AS TEXT));
END $$;

CREATE FUNCTION job_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM jopwell_job j WHERE j.company_id = NEW.company_id AND j.job_id = NEW.job_id) THEN
        PERFORM note_job_change(NEW.company_id, NEW.job_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER greenhouse_job_changed AFTER UPDATE ON greenhouse_job FOR EACH ROW
    WHEN ((OLD.name, OLD.title, OLD.state, OLD.requisition, OLD.location) IS DISTINCT FROM (NEW.name, NEW.title, NEW.state, NEW.requisition, NEW.location))
    EXECUTE FUNCTION job_changed();
CREATE TRIGGER greenhouse_description_added AFTER INSERT ON greenhouse_description FOR EACH ROW
    EXECUTE FUNCTION job_changed();
CREATE TRIGGER greenhouse_description_changed AFTER UPDATE ON greenhouse_description FOR EACH ROW
    WHEN (OLD.html IS DISTINCT FROM NEW.html)
    EXECUTE FUNCTION job_changed();

CREATE FUNCTION jopwell_job_linked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_job_change(NEW.company_id, coalesce(NEW.job_id, OLD.job_id));
    RETURN NULL;
END $$;
CREATE TRIGGER jopwell_job_linked AFTER UPDATE ON jopwell_job FOR EACH ROW
    WHEN (OLD.job_id IS DISTINCT FROM NEW.job_id)
    EXECUTE FUNCTION jopwell_job_linked();

CREATE FUNCTION jopwell_description_taken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_job_change(j.company_id, j.job_id) FROM jopwell_job j
    WHERE j.company_id = NEW.company_id AND j.jopwell_id = NEW.jopwell_id AND j.job_id IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER jopwell_description_taken AFTER UPDATE ON jopwell_description FOR EACH ROW
    WHEN (OLD.taken IS DISTINCT FROM NEW.taken)
    EXECUTE FUNCTION jopwell_description_taken();
