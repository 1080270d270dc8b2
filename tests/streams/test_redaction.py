"""What is shown of addresses holds no secret, wherever they stand, and still says which address it is."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.redaction import redacted, without_secrets, without_secrets_in_bytes

SECRET = "s3cr3tW0rd"  # noqa: S105 (none: what is looked for)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://host/a.mp4", "https://host/a.mp4"),
        ("/media/a.mp4", "/media/a.mp4"),
        ("file:///media/50%25.mp4", "file:///media/50%25.mp4"),
        ("upload://", "upload://"),
        ("", ""),
        (f"https://user:{SECRET}@host:8443/a.mp4", "https://***@host:8443/a.mp4"),
        (f"https://{SECRET}@host/a@2x.mp4", "https://***@host/a@2x.mp4"),
        (f"https://user:{SECRET}/x@host/a.mp4", "https://***@host/a.mp4"),
        (f"https://user@a:{SECRET}@host/a.mp4", "https://***@host/a.mp4"),
        ("https://[::1]:80/a@b", "https://[::1]:80/a@b"),
        (f"https://host/a?X-Amz-Signature={SECRET}&x=1", "https://host/a?X-Amz-Signature=***&x=***"),
        (f"https://host/a?{SECRET}", "https://host/a?***"),
        (f"https://host/a?b=&c={SECRET}=={SECRET};d=1", "https://host/a?b=&c=***;d=***"),
        (f"https://host/a?b=1?{SECRET}", "https://host/a?b=***"),
        (f"https://host/a#access_token={SECRET}", "https://host/a"),
        (f"s3://key:{SECRET}@bucket/a?versionId={SECRET}", "s3://***@bucket/a?versionId=***"),
        (f"/media/a.mp4?token={SECRET}", "/media/a.mp4?token=***"),
        (f"https://[::1/a?sig={SECRET}", "https://[::1/a?sig=***"),
    ],
)
def test_an_address_is_shown_without_what_is_secret_in_it(address: str, shown: str) -> None:
    assert redacted(address) == shown
    assert redacted(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nothing to hide: 1 + 1 = 2?", "nothing to hide: 1 + 1 = 2?"),
        (f"GET https://u:{SECRET}@h/a?b={SECRET} failed", "GET https://***@h/a?b=*** failed"),
        (f"'https://h/a?b={SECRET}' is away", "'https://h/a?b=*** is away"),
        (f"simplecache::s3://k:{SECRET}@b /media https://u:{SECRET}@h", "simplecache::s3://***@b /media https://***@h"),
        (f'{{"FileUrl":"https:\\/\\/u:{SECRET}@h\\/a?b={SECRET}"}}', '{"FileUrl":"https:\\/\\/***@h\\/a?b=***"}'),
        (f'"x": "{{\\"url\\":\\"https://h/?a={SECRET}\\"}}"', '"x": "{\\"url\\":\\"https://h/?a=***\\"}"'),
        (f'"https://h/?a=1\\u0026sig\\u003d{SECRET}"', '"https://h/?a=***\\u0026sig\\u003d***"'),
    ],
)
def test_a_text_is_shown_without_what_is_secret_in_its_addresses(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


@given(
    st.sampled_from(["https://", "s3://", "https:\\/\\/"]),
    st.text("abc:/@!$'()*+,;=%._~-", max_size=6),
    st.text("abc=&;?%._~'()-", max_size=8),
)
def test_no_form_of_an_address_lets_the_secret_through(scheme: str, before: str, name: str) -> None:
    address = f"{scheme}user:{SECRET}@host/path?{name.replace(';', '&')}={SECRET}&last={SECRET}"
    with_user = f"{scheme}{before.replace('/', '')}:{SECRET}@host/path"
    for text in (address, with_user):
        assert SECRET not in redacted(text)
        assert SECRET not in without_secrets(f"asked for {text} again")
        assert SECRET not in without_secrets(json.dumps({"url": text, "inside": json.dumps({"url": text})}))


def test_an_event_whose_payload_is_packed_is_shown_without_what_is_secret_in_it() -> None:
    event = json.dumps({"FileUrl": f"https://h/a?sig={SECRET}", "VideoId": "ä"}).encode()
    wrapped = json.dumps({"specversion": "1.0", "data_base64": base64.b64encode(event).decode()}).encode()
    shown = json.loads(without_secrets_in_bytes(wrapped))
    assert json.loads(base64.b64decode(shown["data_base64"]))["FileUrl"] == "https://h/a?sig=***"


@given(st.binary(max_size=100))
def test_bytes_without_an_address_stay_as_they_are(data: bytes) -> None:
    if b":" not in data:
        assert without_secrets_in_bytes(data) == data
