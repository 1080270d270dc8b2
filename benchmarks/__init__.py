"""Measures the engine: `benchmarks.accuracy` what it finds, `benchmarks.speed` what that costs, each beside peers."""
