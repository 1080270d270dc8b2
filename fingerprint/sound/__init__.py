"""What a sound track sounds like: spectral peaks that decide, and window vectors that propose."""
