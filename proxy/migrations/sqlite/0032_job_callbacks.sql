-- A delivery tells of a send, or of a job of Greenhouse's; with neither, of changes that were lost.
ALTER TABLE callback_delivery ADD COLUMN job_id INTEGER;
CREATE INDEX callback_delivery_of_job ON callback_delivery (company_id, job_id, id) WHERE state = 'waiting';
