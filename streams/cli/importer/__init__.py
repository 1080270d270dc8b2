"""Imports: what is to go into a library is found, asked for piece by piece on the low-priority lane, and accounted for.

What has been asked for is known to the service by an id derived from the item, so an import that was interrupted is
simply started again.
"""
