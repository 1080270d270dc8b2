"""Where a worker keeps what it stores, and what it takes for two workers to store in the same place: pure decisions.

An index or a store of its own is what a worker gets when nothing else is set. That is right for one folder of state.
Two workers with a folder each, on one Kafka, would share the work and find only what they happened to store
themselves, without a word.
"""

from __future__ import annotations

import contextlib
import socket
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import fsspec
from fsspec.implementations.local import LocalFileSystem

from schemas.clock import utc_now
from schemas.deployment import DeploymentClaim, Place
from streams.redaction import without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.settings import Settings

__all__ = ["claim_of", "folder_id", "refusal", "same_places", "standing"]

#: The file that tells a folder from all others, whatever path or machine it is seen from.
ID_FILE = "place-id"


def claim_of(settings: Settings) -> DeploymentClaim:
    """Return what a worker with these settings says of where it stores; its folders get their ids.

    Raises:
        ImportError: The store's protocol needs a package that is not installed; fsspec's message names it.
        OSError: A folder cannot be written.
        ValueError: A folder's id was damaged.
    """
    return DeploymentClaim(
        claim_id=uuid.uuid4().hex, index=_index_of(settings), store=_store_of(settings), claim_time=utc_now()
    )


def folder_id(folder: Path) -> str:
    """Return the folder's own id, and make it when there is none: workers that start at once all get the same one.

    Raises:
        OSError: The folder cannot be written.
        ValueError: The id was damaged.
    """
    file = folder / ID_FILE
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write_once(file, uuid.uuid4().hex)
    found = file.read_text(encoding="ascii", errors="replace").strip()
    if not found:
        raise ValueError(f"{file} is empty: bring it back from a backup, or delete it and start with --new-index")
    return found


def standing(claims: Iterable[DeploymentClaim]) -> list[DeploymentClaim]:
    """Return the claims that hold: those that contradict none that came before them and hold.

    Args:
        claims: In the order of their topic. It alone decides, so that all who read it come to the same end: of two
            workers that start at once in folders of their own, one.
    """
    found: list[DeploymentClaim] = []
    for claim in claims:
        if not any(_apart(claim.index, one.index) or _apart(claim.store, one.store) for one in found):
            found.append(claim)
    return found


def same_places(one: DeploymentClaim, other: DeploymentClaim) -> bool:
    """Whether two claims say the same, so that one of them is enough."""
    return _identity(one.index) == _identity(other.index) and _identity(one.store) == _identity(other.store)


def refusal(own: DeploymentClaim, held: Iterable[DeploymentClaim], *, prefix: str) -> str:
    """Return why a worker with this claim must not work beside those whose claims hold, and what to do; empty: it may.

    Args:
        own: The worker's claim.
        held: The claims that hold.
        prefix: Of the topics that the workers share.
    """
    others = list(held)
    faults = (
        _fault("its window index", own.index, [one.index for one in others], "MEDIADNA_MILVUS"),
        _fault("its fingerprint store", own.store, [one.store for one in others], "MEDIADNA_STORE"),
    )
    found = [fault for fault in faults if fault is not None]
    if not found:
        return ""
    return (
        f"this worker would not find what the other workers of this Kafka (topics {prefix}.*) store, nor they what it "
        f"stores: {', and '.join(fault for fault, _ in found)}; set {' and '.join(name for _, name in found)} to what "
        "all workers share, or give workers on one machine the same MEDIADNA_STATE; if theirs is gone for good, start "
        "this one once with --new-index"
    )


def _fault(what: str, own: Place, others: Iterable[Place], setting: str) -> tuple[str, str] | None:
    """Say in what a worker's place is not the others', and name the setting that mends it; None when nothing shows."""
    other = next((one for one in others if _apart(own, one)), None)
    return None if other is None else (f"{what} would be {own.location}, theirs is {other.location}", setting)


def _index_of(settings: Settings) -> Place:
    if settings.milvus:
        return Place(location=without_secrets(settings.milvus))
    folder = settings.state / "milvus"
    return Place(location=f"Milvus Lite in {_here(folder)}", place_id=folder_id(folder), embedded=True)


def _store_of(settings: Settings) -> Place:
    filesystem, root = fsspec.core.url_to_fs(settings.store_url)
    if not isinstance(filesystem, LocalFileSystem):
        return Place(location=without_secrets(settings.store_url))
    folder = Path(root)
    return Place(location=_here(folder), place_id=folder_id(folder), embedded=not settings.store)


def _here(folder: Path) -> str:
    return f"{folder} on {socket.gethostname()}"


def _apart(one: Place, other: Place) -> bool:
    """Whether two places are certainly not the same: of two addresses nobody knows, they may lead to one server."""
    if one.place_id and other.place_id:
        return one.place_id != other.place_id
    return one.embedded or other.embedded


def _identity(place: Place) -> tuple[str, bool]:
    return place.place_id, place.embedded


def _write_once(file: Path, text: str) -> None:
    """Make a file, whole, unless it is there."""
    part = file.with_name(f"{file.name}.{uuid.uuid4().hex}")
    part.write_text(text, encoding="ascii")
    try:
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(part)
    except OSError:  # some network file systems know no links: of two workers at once, the later one's id stays
        if not file.exists():
            part.replace(file)
    finally:
        part.unlink(missing_ok=True)
