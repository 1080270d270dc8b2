"""The pages of the web view."""
