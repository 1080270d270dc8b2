"""Callbacks: complete events as signed HTTP posts, tried again for a day, with a log that can be replayed."""
