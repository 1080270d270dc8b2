"""Measures the engine: `benchmarks.accuracy` what it finds, `benchmarks.speed` what that costs, each beside peers.

`benchmarks.lanes` measures the service: what live jobs notice of an import. `benchmarks.desk` measures the read model:
how long each query of a page takes.
"""
