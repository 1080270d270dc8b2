"""Makes the trained package data. Nothing here runs in the service; see `make train`."""
