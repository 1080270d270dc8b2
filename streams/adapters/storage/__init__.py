"""The fingerprint store: one file a media item, from which the window index can be rebuilt."""
