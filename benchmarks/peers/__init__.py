"""Other detectors of copies, each behind one small interface, so that all are scored and timed alike."""
