-- The same as SQLite's migration 0025, where it is explained.
ALTER TABLE application ADD COLUMN since BIGINT NOT NULL DEFAULT 0;
UPDATE application SET since = as_of;
