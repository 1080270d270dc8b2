"""Signatures: Standard Webhooks over the body, and ApsaraVideo VOD's own two headers."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import secrets
import string
from typing import TYPE_CHECKING, Protocol, Self

from standardwebhooks.webhooks import Webhook

from streams.credentials.lines import EmptyFileError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from streams.credentials.reloading_file import WatchedFile

__all__ = ["NoSecretError", "Signer", "Signs", "WatchedSigner", "ensure_secrets"]

#: What a secret of Standard Webhooks begins with; base64 follows.
PREFIX = "whsec_"
#: Bytes of such a secret, as the specification asks.
SECRET_BYTES = range(24, 65)
#: Bytes of one that we make.
NEW_SECRET_BYTES = 32
#: Characters of an AuthKey: VOD's longest.
AUTH_KEY_LENGTH = 32


class NoSecretError(RuntimeError):
    """There is no secret to sign with: an event that nobody can prove to be ours is not sent."""


class Signs(Protocol):
    """Proves to receivers where an event comes from."""

    def headers(self, event_id: str, url: str, body: bytes, now: datetime) -> dict[str, str]:
        """Return the headers that do so; arguments as for `Signer.headers`."""
        ...


class Signer:
    """Signs events.

    Args:
        webhooks: Secrets of Standard Webhooks. Each signs, so that receivers can change over from one to the next.
        auth_key: VOD's AuthKey; its headers are left out without one.
    """

    def __init__(self, webhooks: list[Webhook], auth_key: str = "") -> None:
        self._webhooks = webhooks
        self._auth_key = auth_key

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the secrets from a file.

        Raises:
            ValueError: A line is no secret, or none signs the body; the message does not repeat it.
            OSError: The file cannot be read.
        """
        webhooks: list[Webhook] = []
        keys: list[str] = []
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            secret = line.strip()
            if secret.startswith(PREFIX):
                webhooks.append(_webhook(secret, f"{path}, line {number}"))
            elif secret and not secret.startswith("#"):
                keys.append(secret)
        if not webhooks:
            text = f"{path} holds no line '{PREFIX}...': add a secret that signs the body of callbacks"
            raise ValueError(text) if keys else EmptyFileError(text)
        if len(keys) > 1:
            raise ValueError(f"{path} holds {len(keys)} AuthKeys: X-VOD-SIGNATURE is made with one, so keep one")
        return cls(webhooks, keys[0] if keys else "")

    def headers(self, event_id: str, url: str, body: bytes, now: datetime) -> dict[str, str]:
        """Return the headers that prove to a receiver where an event comes from.

        Args:
            event_id: The same for every attempt, so that a receiver can tell a repetition.
            url: Where the event is posted to.
            body: The event.
            now: When it is posted, UTC.

        Raises:
            NoSecretError: There is no secret to sign with.
        """
        if not self._webhooks:
            raise NoSecretError("no secret signs callbacks: put one into the file of MEDIADNA_CALLBACK_SECRETS")
        text, timestamp = body.decode(), str(int(now.timestamp()))
        headers = {
            "webhook-id": event_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join(webhook.sign(event_id, now, text) for webhook in self._webhooks),
        }
        if self._auth_key:
            signed = f"{url}|{timestamp}|{self._auth_key}"
            headers["X-VOD-TIMESTAMP"] = timestamp
            headers["X-VOD-SIGNATURE"] = hashlib.md5(signed.encode(), usedforsecurity=False).hexdigest()  # as VOD does
        return headers


class WatchedSigner:
    """Signs with what the file of secrets says now: one that is taken out of it signs nothing more."""

    def __init__(self, file: WatchedFile[Signer]) -> None:
        self._file = file

    def headers(self, event_id: str, url: str, body: bytes, now: datetime) -> dict[str, str]:
        """Return the headers; arguments and errors as for `Signer.headers`."""
        return self._file.value.headers(event_id, url, body, now)


def ensure_secrets(path: Path) -> Path:
    """Make a file of secrets unless it is there; return its path. Only its owner may read it."""
    if path.exists():
        return path
    secret = PREFIX + base64.b64encode(secrets.token_bytes(NEW_SECRET_BYTES)).decode()
    made = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{secret}\n{_new_auth_key()}\n")
    with contextlib.suppress(FileExistsError):  # another worker was faster: its secrets are the ones
        os.link(made, path)
    made.unlink()
    return path


def _webhook(secret: str, where: str) -> Webhook:
    try:
        encoded = secret.removeprefix(PREFIX)
        size = len(base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True))
    except binascii.Error:
        size = 0
    if size not in SECRET_BYTES:
        raise ValueError(f"{where}: what follows '{PREFIX}' is base64 of {SECRET_BYTES[0]} to {SECRET_BYTES[-1]} bytes")
    return Webhook(secret)


def _new_auth_key() -> str:
    """Return a key as VOD wants it: capital and small letters and digits, all three."""
    kinds = (string.ascii_uppercase, string.ascii_lowercase, string.digits)
    while True:
        key = "".join(secrets.choice("".join(kinds)) for _ in range(AUTH_KEY_LENGTH))
        if all(set(key) & set(kind) for kind in kinds):
            return key
