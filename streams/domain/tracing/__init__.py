"""Who copied from whom, in a cluster of copies: pure decisions, of matches and of times."""
