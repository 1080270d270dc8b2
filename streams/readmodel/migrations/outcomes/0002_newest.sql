-- The newest outcomes of one action.
CREATE INDEX outcomes_by_action ON outcomes (action, updated DESC, media_id DESC);
