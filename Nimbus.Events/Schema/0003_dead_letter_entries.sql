-- The event of a letter as an entry of the stream, so that it can be stored again exactly as intake understood it. Null where
-- intake did not: what was refused needs a correction first.
ALTER TABLE dead_letters ADD COLUMN entry bytea;
