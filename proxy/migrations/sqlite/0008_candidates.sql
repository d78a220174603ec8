-- All of a company's sends, the newest first.
CREATE INDEX send_by_company ON send (company_id, id);
