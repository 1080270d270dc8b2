"""What people say of boilerplate, for tests."""

from __future__ import annotations

from schemas.boilerplate import BoilerplateRuling
from schemas.ids import boilerplate_ruling_id
from support.examples import TIME

__all__ = ["ruling"]


def ruling(
    media_id: str,
    span: tuple[float, float] | None = None,
    *,
    boilerplate: bool,
    library: str = "series",
    when: str = TIME,
    withdrawn: bool = False,
    who: str = "anna",
) -> BoilerplateRuling:
    """Return what somebody says of a reference, or of a span of it."""
    start, end = (None, None) if span is None else span
    ruling_id = boilerplate_ruling_id(library, media_id, span)
    return BoilerplateRuling(
        entry_id=f"{ruling_id}-{when}-{withdrawn}",
        ruling_id=ruling_id,
        library=library,
        media_id=media_id,
        start=start,
        end=end,
        boilerplate=boilerplate,
        withdrawn=withdrawn,
        who=who,
        when=when,
    )
