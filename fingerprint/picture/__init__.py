"""What a picture looks like, as vectors and as local features."""
