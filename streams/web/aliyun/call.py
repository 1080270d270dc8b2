"""A call: what came over HTTP, and its parameters as the operations read them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec

from schemas.limits import LONGEST_MEDIA_ID
from streams.web.aliyun.errors import invalid, missing
from streams.web.auth.roles import Grant, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Call", "Request"]

#: Ids in one parameter: what the vendor's lists take.
MOST_IDS = 10
#: What somebody may do of whom nothing is known yet.
LOOK_ONLY = Grant(Role.READER)
#: Parameters of one request: several times what any operation has.
MOST_PARAMETERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came, decoded and not yet checked.

    Attributes:
        method: HTTP method.
        headers: Headers by their names in lower case.
        query: Parameters of the URL.
        form: Parameters of the body, where it is a form.
        body: The body.
        http_version: Such as `1.1`.
    """

    method: str
    headers: Mapping[str, str]
    query: list[tuple[str, str]]
    form: list[tuple[str, str]]
    body: bytes
    http_version: str = "1.1"

    @classmethod
    def read(
        cls, *, method: str, headers: Mapping[str, str], query: bytes, body: bytes, http_version: str = "1.1"
    ) -> Request:
        """Decode a request.

        Raises:
            VendorError: Its parameters are not text, or come more than once: what they mean would be a guess.
        """
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        form = _pairs(body) if kind == "application/x-www-form-urlencoded" else []
        request = cls(
            method=method, headers=headers, query=_pairs(query), form=form, body=body, http_version=http_version
        )
        twice = [name for name, count in Counter(name for name, _ in request.pairs).items() if count > 1]
        if twice:
            raise invalid(twice[0], "it is given more than once")
        return request

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """All parameters, of the URL and of the form."""
        return self.query + self.form

    @property
    def is_signed(self) -> bool:
        """Whether it carries a signature, of whatever kind and worth."""
        return "authorization" in self.headers or any(name in {"Signature", "AccessKeyId"} for name, _ in self.pairs)

    def call(self, base_url: str) -> Call:
        """Return what is called.

        Args:
            base_url: Where the caller reaches us.

        Raises:
            VendorError: The request does not say what.
        """
        action = self._common("x-acs-action", "Action")
        version = self._common("x-acs-version", "Version")
        return Call(action=action, version=version, parameters=dict(self.pairs), base_url=base_url)

    def _common(self, header: str, name: str) -> str:
        """Return what V3 puts into a header and V1 into a parameter. Only one of them is signed, so both say the same.

        Raises:
            VendorError: They do not, or it is in neither.
        """
        found = {self.headers.get(header), dict(self.pairs).get(name)} - {None, ""}
        if len(found) > 1:
            raise invalid(name, f"the header {header} says something else")
        value = next(iter(found), None)
        if value is None:
            raise missing(name)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An operation that is called.

    Attributes:
        action: Name of the operation.
        version: Version of the service, which names the service too.
        parameters: What the caller gives.
        base_url: Where the caller reaches us; ends with a slash.
        caller: Who calls; empty until that is checked.
        grant: What they may do; nothing but look until that is checked.
        nonce_id: Stands for the nonce that the call is signed with, among those of all keys; empty for one that needs
            no signature.
    """

    action: str
    version: str
    parameters: Mapping[str, str]
    base_url: str
    caller: str = ""
    grant: Grant = LOOK_ONLY
    nonce_id: str = ""

    def optional(self, name: str) -> str | None:
        """Return a parameter; None when it is empty or not there."""
        return self.parameters.get(name) or None

    def text(self, name: str, *, most: int = LONGEST_MEDIA_ID) -> str:
        """Return a parameter that has to be there, of at most so many characters.

        Raises:
            VendorError: It is not there, or too long, or holds characters that no name has.
        """
        value = self.optional(name)
        if value is None:
            raise missing(name)
        if len(value) > most:
            raise invalid(name, f"it is longer than {most} characters")
        if any(unicodedata.category(character) == "Cc" for character in value):
            raise invalid(name, "it holds a control character")
        return value

    def integer(self, name: str, *, default: int, least: int, most: int) -> int:
        """Return a whole number.

        Raises:
            VendorError: It is no number, or too small or large.
        """
        value = self.optional(name)
        if value is None:
            return default
        plain = value.isascii() and value.isdecimal() and len(value) <= len(str(most))
        if not plain or not least <= int(value) <= most:
            raise invalid(name, f"it is no whole number from {least} to {most}")
        return int(value)

    def ids(self, name: str, *, most: int = MOST_IDS) -> list[str]:
        """Return the ids of a list with commas in between, each once.

        Raises:
            VendorError: There are none, or too many.
        """
        given = [one.strip() for one in (self.optional(name) or "").split(",") if one.strip()]
        if not given:
            raise missing(name)
        if len(given) > most:
            raise invalid(name, f"it names {len(given)} ids, and {most} are the most in one call")
        return list(dict.fromkeys(given))

    def fields(self, name: str) -> dict[str, Any]:
        """Return the fields of a JSON object; none when it is not there.

        Raises:
            VendorError: It is no JSON object.
        """
        value = self.optional(name)
        if value is None:
            return {}
        try:
            return msgspec.json.decode(value, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            raise invalid(name, "it is no JSON object") from None


def _pairs(text: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise invalid("of the request", f"it is no UTF-8, or one of more than {MOST_PARAMETERS}") from None
