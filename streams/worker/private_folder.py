"""The state folder is its owner's alone: media, fingerprints, addresses with keys in them and secrets lie below it."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import fsspec
import structlog
from fsspec.implementations.local import LocalFileSystem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.settings import Settings

__all__ = ["make_private", "private_files"]

log = structlog.get_logger(__name__)

#: What folders and files let only their owner do, and what the owner's umask takes from all others.
FOLDER_MODE, FILE_MODE, PRIVATE_UMASK = 0o700, 0o600, 0o077

#: What the service makes in the state folder; the media that people put there is not among it.
OURS = ("callback-secrets*", "embedded-broker*", "faust", "fingerprints", "kafka*", "milvus", "nonces*", "worker-*")


def make_private(state: Path) -> None:
    """Make the state folder, and let nobody but its owner into it and into what the service keeps there.

    A folder of an earlier version, or one that was made by hand, is mended. One that is there for others too is left as
    it is, with a warning, and what is the service's own within it is closed: a home, a folder that all may write to, or
    one that belongs to somebody else.

    Raises:
        OSError: The folder cannot be made.
    """
    state.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    if _is_shared(state):
        log.warning("state_folder_shared", folder=str(state), next="give the service a folder of its own")
    else:
        _close(state)
    for pattern in OURS:
        for path in state.glob(pattern):
            _close(path)


@contextmanager
def private_files(settings: Settings) -> Iterator[None]:
    """Let what is made within the block, also by processes that it starts, be its owner's alone.

    Where fingerprints are kept in a folder elsewhere, it is its operator who says who may read them: the mode of new
    files is left as it was then, and the state folder is closed by itself.
    """
    if _store_is_elsewhere(settings):
        yield
        return
    before = os.umask(PRIVATE_UMASK)
    try:
        yield
    finally:
        os.umask(before)


def _close(path: Path) -> None:
    """Take from others what they may do with a folder or a file of ours; a link's end is somebody else's to close."""
    found = path.lstat()
    if found.st_uid != os.geteuid() or stat.S_ISLNK(found.st_mode) or not found.st_mode & PRIVATE_UMASK:
        return
    path.chmod(FOLDER_MODE if stat.S_ISDIR(found.st_mode) else FILE_MODE)
    log.info("made_private", path=str(path), before=oct(stat.S_IMODE(found.st_mode)))


def _is_shared(folder: Path) -> bool:
    found = folder.stat()
    if found.st_uid != os.geteuid() or found.st_mode & stat.S_ISVTX:
        return True
    home = Path.home()
    return folder.resolve() in {home, *home.parents}


def _store_is_elsewhere(settings: Settings) -> bool:
    if not settings.store:
        return False
    filesystem, root = fsspec.core.url_to_fs(settings.store)
    return isinstance(filesystem, LocalFileSystem) and not Path(root).resolve().is_relative_to(settings.state.resolve())
