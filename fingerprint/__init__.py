"""Fingerprints of picture and sound, and the search for what copies what.

This package knows files, pictures, sound and vectors; it knows no Kafka, Faust, Milvus client or web.
"""

from __future__ import annotations

import os

# ONNX Runtime's wheels report each session to their maker's servers, and begin with that when they are imported: here,
# before any of it is. What is fingerprinted is nobody else's business, and no process of ours talks to strangers.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
