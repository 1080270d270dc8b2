-- Lists of the items that are marked: few among many, so that reading through all would take long.
CREATE INDEX items_disabled_by_time ON items (library, created DESC, media_id DESC) WHERE disabled;
CREATE INDEX items_quarantined_by_time ON items (library, created DESC, media_id DESC) WHERE quarantined;
