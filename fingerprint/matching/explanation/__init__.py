"""Why an input matches a reference, worked out from their fingerprints by the matcher's own steps."""
