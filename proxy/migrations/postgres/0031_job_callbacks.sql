-- The same as SQLite's migration 0032, where it is explained.
ALTER TABLE callback_delivery ADD COLUMN job_id BIGINT;
CREATE INDEX callback_delivery_of_job ON callback_delivery (company_id, job_id, id) WHERE state = 'waiting';
