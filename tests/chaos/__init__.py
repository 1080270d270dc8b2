"""Shows that nothing is lost: faults of every kind strike a running service, and all is as it should be afterwards.

`make chaos` runs it: real Apache Kafka, a real Milvus server, several workers, real videos. Each round sends events,
lets a fault strike in the middle, waits until the service is quiet, and compares what is there with what an undisturbed
run had left.
"""

from __future__ import annotations
