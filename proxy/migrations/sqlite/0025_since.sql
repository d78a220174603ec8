-- Since when an application stands as it does: what a company delays counts from there, and nobody is told
-- of what is older. Greenhouse's own time of a rejection, else when the proxy learned of it; before this, the
-- last moment of which it was known.
ALTER TABLE application ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
UPDATE application SET since = as_of;
