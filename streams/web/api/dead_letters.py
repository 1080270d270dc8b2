"""Dead letters over REST: inputs that could not be used."""

from __future__ import annotations

import asyncio
import base64
from typing import Annotated, Self

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from streams.readmodel.dead_letters import DeadLetter
from streams.redaction import without_secrets, without_secrets_in_bytes
from streams.web.api.pagination import Cursor, Limit
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.problem_types import ProblemError
from streams.web.problems_of_state import LETTER_NOT_SENDABLE, UNKNOWN_LETTER
from streams.web.services import Services

__all__ = ["LETTER_ROUTES", "LetterList", "LetterView"]


class LetterSummary(msgspec.Struct, kw_only=True):
    """An input that could not be used, and why."""

    letter_id: str
    time: str
    topic: str
    code: str
    reason: str
    replayed: str | None
    truncated: Annotated[
        bool, msgspec.Meta(description="whether this is the beginning of a large input alone: `place` has the whole")
    ]
    place: Annotated[str, msgspec.Meta(description="where the input was read")]

    @classmethod
    def of(cls, letter: DeadLetter) -> Self:
        """Return what a list shows of a letter."""
        return cls(
            letter_id=letter.id,
            time=letter.time,
            topic=letter.header("x-original-topic"),
            code=letter.header("x-error-code"),
            reason=without_secrets(letter.header("x-error-reason")),
            replayed=letter.replayed or None,
            truncated=letter.truncated,
            place=letter.place,
        )


class LetterView(LetterSummary, kw_only=True):
    """An input that could not be used, with what it holds."""

    headers: dict[str, str]
    key: Annotated[str | None, msgspec.Meta(description="as text; what is no UTF-8 is replaced")]
    text: Annotated[str | None, msgspec.Meta(description="the value as text; what is no UTF-8 is replaced")]
    value: Annotated[
        str | None, msgspec.Meta(description="the value's bytes, in base64, without what may be secret in addresses")
    ]

    @classmethod
    def whole(cls, letter: DeadLetter) -> Self:
        """Return all that is known of a letter, without what may be secret in the addresses that it holds."""
        value, key = (part and without_secrets_in_bytes(part) for part in (letter.value, letter.key))
        return cls(
            **msgspec.structs.asdict(LetterSummary.of(letter)),
            headers={
                name: without_secrets_in_bytes(content).decode(errors="replace") for name, content in letter.headers
            },
            key=None if key is None else key.decode(errors="replace"),
            text=None if value is None else value.decode(errors="replace"),
            value=None if value is None else base64.b64encode(value).decode(),
        )


class LetterList(msgspec.Struct, kw_only=True):
    """A page of dead letters, newest first; `next` is the cursor of the page that follows."""

    letters: list[LetterSummary]
    next: str | None = None


@get("/dead-letters", summary="List inputs that could not be used, newest first", opt=needs(Role.READER))
async def list_letters(services: NamedDependency[Services], *, cursor: Cursor = None, limit: Limit = 50) -> LetterList:
    """List dead letters."""
    page = await asyncio.to_thread(services.model.dead_letters.page, cursor=cursor, limit=limit)
    return LetterList(letters=[LetterSummary.of(letter) for letter in page.dead_letters], next=page.next)


@get("/dead-letters/{letter_id:str}", summary="Show an input that could not be used", opt=needs(Role.READER))
async def show_letter(letter_id: FromPath[str], services: NamedDependency[Services]) -> LetterView:
    """Show a dead letter without secrets in addresses; of a large input its first bytes, and where the whole is."""
    letter = await asyncio.to_thread(services.model.dead_letters.get, letter_id)
    if letter is None:
        raise ProblemError(UNKNOWN_LETTER, f"there is no dead letter {letter_id!r}")
    return LetterView.whole(letter)


@post("/dead-letters/{letter_id:str}/replay", status_code=202, summary="Send an input again", opt=needs(Role.ADMIN))
async def replay_letter(letter_id: FromPath[str], services: NamedDependency[Services]) -> LetterView:
    """Send a dead letter to the topic that it came from, as it came, once."""
    try:
        return LetterView.whole(await services.dead_letters.replay(letter_id))
    except LookupError as error:
        raise ProblemError(UNKNOWN_LETTER, str(error.args[0])) from error
    except ValueError as error:
        raise ProblemError(LETTER_NOT_SENDABLE, str(error)) from error


LETTER_ROUTES = (list_letters, show_letter, replay_letter)
