"""Media is read from a web server on this machine."""

from __future__ import annotations

from support.media_server import server

__all__ = ["server"]
