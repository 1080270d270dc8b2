"""What happens to an event: agents take it, tasks do the work in pool processes, answers go out."""
