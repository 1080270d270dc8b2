"""Where the workers of one deployment keep what they store, so that one that keeps it elsewhere is noticed."""

from __future__ import annotations

import msgspec

__all__ = ["DeploymentClaim", "Place"]


class Place(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """Where a worker keeps its window index, or its fingerprint files."""

    #: Where it is, for a person, without passwords.
    location: str
    #: Random id that a folder holds, 32 hex digits; empty for a server or an object store, whose addresses differ from
    #: worker to worker although they mean the same.
    place_id: str = ""
    #: Whether it lies below the worker's state folder, since nothing else is set.
    embedded: bool = False


class DeploymentClaim(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """What one worker says of where it keeps what it stores. The oldest claim holds; what contradicts it does not."""

    #: 32 hex digits.
    claim_id: str
    #: The window index.
    index: Place
    #: The fingerprint files.
    store: Place
    #: When the claim was made, UTC.
    claim_time: str
