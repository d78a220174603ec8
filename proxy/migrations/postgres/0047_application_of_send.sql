-- An application, and so the send that it belongs to, is looked for by each of its web hooks.
CREATE INDEX send_by_application ON send (company_id, application_id) WHERE application_id IS NOT NULL;
