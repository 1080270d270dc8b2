-- A list by one of these, newest first, without sorting what there is.
DROP INDEX backward_searches_by_media;
CREATE INDEX backward_searches_by_media ON backward_searches (media_id, created DESC, search_id DESC);
CREATE INDEX backward_searches_by_library ON backward_searches (library, created DESC, search_id DESC);
CREATE INDEX backward_searches_by_status ON backward_searches (status, created DESC, search_id DESC);
