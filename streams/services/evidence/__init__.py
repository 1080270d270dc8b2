"""Why an input matches a reference: worked out on demand, from what is stored."""
