-- Whether a match was found later, when its reference was held against what had been stored before it: a flood of those
-- is none. Until now there was no way to find any.
ALTER TABLE matches ADD COLUMN retroactive INTEGER NOT NULL DEFAULT 0;

-- How much a reference matches in an hour, and in a week.
CREATE INDEX matches_by_reference_time ON matches (library, reference, created);
