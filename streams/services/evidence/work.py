"""What the process that works out evidence is given, and what it makes of it."""

from __future__ import annotations

import msgspec

from fingerprint.codec import BadFingerprintError
from fingerprint.matching.explanation.explain import explain, untold
from fingerprint.model import Fingerprint
from streams.services.evidence.orders import Order

__all__ = ["carry_out"]


def carry_out(data: bytes) -> bytes:
    """Work out the evidence that an order asks for.

    Args:
        data: An `Order`, as MessagePack.

    Returns:
        An `Explanation`, as MessagePack.
    """
    order = msgspec.msgpack.decode(data, type=Order)
    notes: list[str] = []
    query, reference = _read(order.query, "input", notes), _read(order.reference, "reference", notes)
    if query is None or reference is None:
        found = untold(
            order.match,
            input_duration=order.input_duration if query is None else query.duration,
            reference_duration=order.reference_duration if reference is None else reference.duration,
        )
    else:
        found = explain(query, reference, order.match)
    return msgspec.msgpack.encode(msgspec.structs.replace(found, notes=[*notes, *found.notes]))


def _read(data: bytes | None, whose: str, notes: list[str]) -> Fingerprint | None:
    """Return a fingerprint; None where there is none that can be read, which is noted."""
    if data is None:
        return None
    try:
        return Fingerprint.from_bytes(data)
    except BadFingerprintError as error:
        notes.append(f"The {whose}'s stored fingerprint cannot be read ({error}): add it anew.")
        return None
