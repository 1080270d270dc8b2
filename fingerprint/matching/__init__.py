"""From similarities of single moments to spans: which part of a query is which part of a reference."""
