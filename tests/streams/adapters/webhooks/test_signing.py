"""Signatures that a receiver checks with the public library, and VOD's own."""

from __future__ import annotations

import hashlib
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from streams.adapters.webhooks.signing import NoSecretError, Signer, WatchedSigner, ensure_secrets
from streams.credentials.reloading_file import WatchedFile

OLD = "whsec_" + "QUFB" * 10
NEW = "whsec_" + "QkJC" * 10
BODY = '{"EventType":"AIMediaDNAComplete","MediaId":"víd"}'.encode()


def secrets_file(folder: Path, *lines: str) -> Path:
    path = folder / "secrets"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_every_secret_verifies_the_body_while_receivers_change_over(tmp_path: Path) -> None:
    signer = Signer.load(secrets_file(tmp_path, "# new first", NEW, OLD, ""))
    headers = signer.headers("job", "https://receiver.example", BODY, datetime.now(UTC))
    for secret in (NEW, OLD):
        Webhook(secret).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(BODY + b" ", headers)
    assert headers["webhook-id"] == "job"
    assert "X-VOD-SIGNATURE" not in headers


def test_the_vendors_signature_is_that_of_its_documentation(tmp_path: Path) -> None:
    signer = Signer.load(secrets_file(tmp_path, NEW, "test123"))
    at = datetime.fromtimestamp(1519375990, UTC)
    headers = signer.headers("job", "https://www.example.com/your/callback", BODY, at)
    assert headers["X-VOD-TIMESTAMP"] == "1519375990"
    assert headers["X-VOD-SIGNATURE"] == "c72b60894140fa98920f1279219b7ed4"


def test_secrets_that_are_made_sign_in_both_ways_and_stay_the_same(tmp_path: Path) -> None:
    path = ensure_secrets(tmp_path / "secrets")
    made = path.read_text(encoding="utf-8")
    assert ensure_secrets(path).read_text(encoding="utf-8") == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
    secret, key = made.split()
    headers = Signer.load(path).headers("job", "http://r", BODY, datetime.now(UTC))
    Webhook(secret).verify(BODY, headers)
    signed = f"http://r|{headers['X-VOD-TIMESTAMP']}|{key}"
    assert headers["X-VOD-SIGNATURE"] == hashlib.md5(signed.encode(), usedforsecurity=False).hexdigest()
    assert len(key) == 32
    assert any(c.isupper() for c in key)
    assert any(c.islower() for c in key)
    assert any(c.isdigit() for c in key)


@pytest.mark.parametrize(
    "lines",
    [[], ["OnlyAnAuthKey1"], ["whsec_short"], ["whsec_not base64 at all, but long enough"], [NEW, "A1a", "B2b"]],
)
def test_a_file_that_holds_something_else_is_refused_without_repeating_it(tmp_path: Path, lines: list[str]) -> None:
    with pytest.raises(ValueError, match=r"secret|AuthKey|base64") as caught:
        Signer.load(secrets_file(tmp_path, *lines))
    assert not any(line in str(caught.value) for line in lines)


def test_a_secret_that_is_taken_out_of_the_file_signs_nothing_more(tmp_path: Path) -> None:
    path = secrets_file(tmp_path, OLD)
    signer = WatchedSigner(WatchedFile(path, Signer.load, Signer([])))
    Webhook(OLD).verify(BODY, signer.headers("job", "http://r", BODY, datetime.now(UTC)))
    secrets_file(tmp_path, NEW)
    headers = signer.headers("job", "http://r", BODY, datetime.now(UTC))
    Webhook(NEW).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(BODY, headers)
    secrets_file(tmp_path, NEW, "whsec_nonsense")  # a slip of the pen stops nothing
    Webhook(NEW).verify(BODY, signer.headers("job", "http://r", BODY, datetime.now(UTC)))
    path.unlink()
    with pytest.raises(NoSecretError):
        signer.headers("job", "http://r", BODY, datetime.now(UTC))
