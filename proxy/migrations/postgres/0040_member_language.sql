-- The same as SQLite's migration 0040, where it is explained.
ALTER TABLE member ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
