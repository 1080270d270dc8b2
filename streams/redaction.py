"""What readers see of addresses and of texts that hold some: never a password, nor the value of a query's field.

Presigned addresses are keys: whoever has read one can fetch what it leads to. Here is the one place that takes what is
secret out of them; the service itself works with what was stored, and everything that is shown, logged or told goes
through here: REST and pages, the vendor's replies, settings, log lines, messages of jobs, dead letters, deliveries.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

__all__ = ["check_of", "redacted", "without_secrets", "without_secrets_in_bytes"]

#: Stands for what is left out.
MASK = "***"

#: An address within a text, also one whose slashes are written as JSON may write them, `\/`, or one that was taken for
#: a path, so that of its two slashes one is left. It ends where a quote of JSON does, whether that is written `"` or,
#: inside another text, `\"`. Schemes have an end, so that reading a text takes time in proportion to its length.
_ADDRESS = re.compile(r"""[A-Za-z][A-Za-z0-9+.\-]{0,30}:(?:\\*/){1,2}(?:\\+(?!["\\nrt])|[^\s"<>\\])*""")
#: Where the path of an address begins.
_SLASHES = re.compile(r"^[^/\\]*:(?:\\*/){1,2}")
#: What parts the fields of a query: JSON may write the ampersand as a number.
_FIELDS = re.compile(r"(&amp;|&|;|\\+u0026)")
#: What parts a field's name from its value.
_IS = re.compile(r"=|\\+u003d", re.IGNORECASE)
#: The payload of a CloudEvent that is no JSON.
_PACKED = re.compile(r'("data_base64"\s*:\s*")([A-Za-z0-9+/=_\-\\]+)(")')


def redacted(address: str) -> str:
    """Return an address as it may be shown: without user and password, and with the names alone of its query's fields.

    `https://user:word@host/a.mp4?X-Amz-Signature=5d67` becomes `https://***@host/a.mp4?X-Amz-Signature=***`.

    Args:
        address: An address of any scheme, or a path, well-formed or not.
    """
    address, _, _ = address.partition("#")  # a fragment is never sent, and may hold a token
    place, mark, query = address.partition("?")
    slashes = _SLASHES.match(place)
    if slashes is not None:
        place = slashes[0] + _without_user(place[slashes.end() :])
    return f"{place}{mark}{_without_values(query)}"


def check_of(address: str) -> str:
    """Return four hex digits that most other addresses do not share.

    They tell whether two addresses that are shown alike are the same. Sixteen bits are enough for that, and far too few
    to find a secret by trying.
    """
    return hashlib.blake2b(address.encode(errors="surrogatepass"), digest_size=2).hexdigest()


def without_secrets(text: str) -> str:
    """Return a text with every address in it as it may be shown."""
    if ":/" not in text and ":\\" not in text:  # nearly all texts: log lines, messages
        return text
    return _ADDRESS.sub(lambda found: redacted(found[0]), text)


def without_secrets_in_bytes(data: bytes) -> bytes:
    """Return what came over the wire, whatever it is, with every address in it as it may be shown."""
    text = data.decode("latin-1")  # one character a byte, and back again
    return without_secrets(_PACKED.sub(_repacked, text)).encode("latin-1")


def _without_user(rest: str) -> str:
    authority, slash, path = rest.partition("/")
    if "@" not in authority and "@" in path and not _port_of(authority).isdigit():
        authority, slash, path = rest, "", ""  # a password that holds a slash: what is behind it is not the path
    user, at, host = authority.rpartition("@")
    return f"{MASK if user else ''}{at}{host}{slash}{path}"


def _port_of(authority: str) -> str:
    """What stands where a port does; the default one's place is taken by a digit."""
    _, colon, port = authority.rpartition("]")[2].rpartition(":")
    return port if colon and port else "0"


def _without_values(query: str) -> str:
    return "".join(part if number % 2 else _field(part) for number, part in enumerate(_FIELDS.split(query)))


def _field(field: str) -> str:
    """A field without a name is all value."""
    parted = _IS.search(field)
    if parted is None:
        return MASK if field else ""
    return field[: parted.end()] + (MASK if field[parted.end() :] else "")


def _repacked(found: re.Match[str]) -> str:
    try:
        data = base64.b64decode(found[2].replace("\\/", "/"), altchars=None, validate=True)
    except binascii.Error:
        return found[0]
    shown = without_secrets_in_bytes(data)
    return found[0] if shown == data else found[1] + base64.b64encode(shown).decode() + found[3]
