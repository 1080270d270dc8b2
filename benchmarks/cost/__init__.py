"""What the engine and its peers cost, measured step by step in processes of their own on one core."""
