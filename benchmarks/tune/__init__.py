"""What each number of a stage is worth: found by moving it a quarter down and up."""
