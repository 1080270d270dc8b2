"""Libraries: what there is, what is in it, and what a task may see of it."""
