"""Worker processes for the heavy work: limited in time and memory, replaceable, gone when their parent is."""
