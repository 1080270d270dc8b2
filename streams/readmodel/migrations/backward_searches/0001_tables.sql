-- `doc` holds the value of the topic, as JSON; the other columns are for searching.
CREATE TABLE backward_searches (
    search_id TEXT PRIMARY KEY,
    media_id TEXT NOT NULL,
    library TEXT NOT NULL,
    status TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    doc BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX backward_searches_by_time ON backward_searches (created DESC, search_id DESC);
CREATE INDEX backward_searches_by_media ON backward_searches (media_id);
CREATE INDEX backward_searches_unfinished ON backward_searches (created) WHERE status IN ('init', 'processing');

-- In which order stored items are gone through: all that libraries hold of one media item together.
CREATE INDEX items_by_media_and_library ON items (media_id, library) WHERE NOT disabled;
