"""Reads the files that settings name for secrets and for TLS, with errors that say which setting to look at."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SecretFileError", "read_secret", "tls_context"]


class SecretFileError(OSError):
    """A file that a setting names cannot be used. It may be mended while the service runs: it is read again."""


def read_secret(path: Path | None, setting: str) -> str:
    """Return the secret in a file, without the line end that editors add.

    Args:
        path: The file.
        setting: The variable that names it, for the error.

    Raises:
        SecretFileError: There is no such file, or nothing in it.
    """
    if path is None:
        raise SecretFileError(f"{setting} names no file: set it")
    try:
        secret = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SecretFileError(f"{setting} names {path}, which cannot be read: {error}") from error
    if not secret:
        raise SecretFileError(f"{setting} names {path}, which is empty: put the secret there")
    return secret


def tls_context(
    prefix: str, ca: Path | None, cert: Path | None = None, key: Path | None = None, key_password: Path | None = None
) -> ssl.SSLContext:
    """Return what connects by TLS and checks certificate and host name of whoever answers.

    Args:
        prefix: What the variables that name the files begin with, for errors: `MEDIADNA_KAFKA_`.
        ca: Authorities that are trusted, in place of the system's.
        cert: Own certificate, for servers that ask for one.
        key: Its key.
        key_password: File with the key's password.

    Raises:
        SecretFileError: A file cannot be read, or is none of its kind.
    """
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:  # also what is no PEM file
        raise SecretFileError(f"{prefix}CA_FILE names {ca}, which cannot be used: {error}") from error
    if cert is not None:
        # Always a password: asked for none, OpenSSL would ask the terminal and wait.
        password = read_secret(key_password, f"{prefix}KEY_PASSWORD_FILE") if key_password else ""
        try:
            context.load_cert_chain(cert, key, password)
        except OSError as error:
            raise SecretFileError(
                f"{prefix}CERT_FILE and {prefix}KEY_FILE name {cert} and {key}, which cannot be used: {error}; are "
                "they a pair, and does the key have a password?"
            ) from error
    return context
