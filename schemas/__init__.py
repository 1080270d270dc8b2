"""What crosses a boundary of MediaDNA: events, jobs, matches and errors, as typed structs.

This package imports nothing of ours and knows no transport; every other package speaks in these types.
"""
