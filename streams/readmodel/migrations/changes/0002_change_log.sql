-- Which log of changes the file holds: changes are numbered in each file anew, so a number means nothing without it.
-- `boot` says which run of the machine the log has been written in.
CREATE TABLE change_log (
    id TEXT NOT NULL,
    boot TEXT NOT NULL
);
INSERT INTO change_log VALUES (lower(hex(randomblob(8))), '');
