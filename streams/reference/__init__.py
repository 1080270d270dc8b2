"""The reference pages of the documentation, made from the code: what an operator or a caller looks up."""
