-- `doc` holds the value of the topic, as JSON; the other columns are for searching.

-- What people have said of references, or of spans of them: nothing of it is ever changed or dropped.
CREATE TABLE boilerplate_log (
    entry_id TEXT PRIMARY KEY,
    time TEXT NOT NULL,
    who TEXT NOT NULL,
    media_id TEXT NOT NULL,
    doc BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX boilerplate_log_by_time ON boilerplate_log (time DESC, entry_id DESC);
CREATE INDEX boilerplate_log_by_who ON boilerplate_log (who, time DESC, entry_id DESC);
CREATE INDEX boilerplate_log_by_media ON boilerplate_log (media_id, time DESC, entry_id DESC);

-- What holds of it: the last word on each span.
CREATE TABLE boilerplate_rulings (
    ruling_id TEXT PRIMARY KEY,
    time TEXT NOT NULL,
    library TEXT NOT NULL,
    media_id TEXT NOT NULL,
    doc BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX boilerplate_rulings_by_time ON boilerplate_rulings (time DESC, ruling_id DESC);
CREATE INDEX boilerplate_rulings_by_library ON boilerplate_rulings (library, time DESC, ruling_id DESC);
CREATE INDEX boilerplate_rulings_by_media ON boilerplate_rulings (media_id, time DESC, ruling_id DESC);
