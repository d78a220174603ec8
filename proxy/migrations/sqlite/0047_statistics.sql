-- An application, and so the send that it belongs to, is looked for by each of its web hooks.
CREATE INDEX send_by_application ON send (company_id, application_id) WHERE application_id IS NOT NULL;

-- Without statistics SQLite takes it that a company has ten rows of anything, and reads all of them rather than
-- use the right index. With those of a large installation it plans for one, and always the same.
-- Source: SQLite, The ANALYZE Command, Fixed Results Of ANALYZE.
ANALYZE sqlite_schema;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('application', 'application', '1000000 1000000 1'),
    ('application', 'application_by_candidate', '1000000 1000000 2'),
    ('application_claim', 'sqlite_autoindex_application_claim_2', '100000 100000 2 1'),
    ('callback_delivery', 'callback_delivery_by_company', '100000 100000 1'),
    ('callback_delivery', 'callback_delivery_of_job', '1000 1000 10 1'),
    ('callback_delivery', 'callback_delivery_waiting', '1000 1000 2 1'),
    ('change_log', 'change_log', '1000000 1000000 1'),
    ('claim', 'sqlite_autoindex_claim_2', '1000000 1000000 2 1'),
    ('greenhouse_job', 'greenhouse_job', '1000 1000 1'),
    ('held', 'held_by_company', '1000 1000 500'),
    ('hook_event', 'sqlite_autoindex_hook_event_1', '100000 100000 1'),
    ('hook_event', 'sqlite_autoindex_hook_event_2', '100000 100000 10000 1'),
    ('idempotency', 'idempotency', '1000000 1000000 1'),
    ('idempotency', 'idempotency_by_send', '1000000 1'),
    ('jopwell_job', 'jopwell_job', '1000 1000 1'),
    ('jopwell_job', 'jopwell_job_by_job', '1000 1000 2'),
    ('merged', 'merged', '10000 10000 1'),
    ('merged', 'merged_by_target', '10000 10000 2'),
    ('outbox', 'outbox_by_company', '1000 1000 2 1'),
    ('outbox', 'outbox_by_lease', '1000 1000 100'),
    ('outbox', 'outbox_dispatched', '100 2'),
    ('poll', 'poll', '1000000 1000000 1'),
    ('poll', 'poll_by_due', '1000000 1000000 2'),
    ('send', 'send_by_application', '1000000 1000000 1'),
    ('send', 'send_by_candidate', '1000000 1000000 2 1'),
    ('send', 'send_by_company', '1000000 1000000 1'),
    ('send', 'send_by_external_id', '1000000 1000000 2 1'),
    ('send', 'send_of_kind', '500000 500000 1'),
    ('status', 'status', '1000000 1000000 1'),
    ('tracker_row', 'tracker_row', '1000000 1000000 1'),
    ('tracker_row', 'tracker_row_by_person', '1000000 1000000 2'),
    ('write_back', 'write_back_by_row', '1000000 1000000 3 1');
ANALYZE sqlite_schema;
