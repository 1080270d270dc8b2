"""Pages of policies: all of them in their order, and one with what it would do and what it has recorded in shadow."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from schemas.libraries import Purpose
from schemas.policies import LAST_POSITION, Action, PolicyMode, TrackCondition
from streams.domain.policies import usual_action
from streams.web.api.etag import tag_of
from streams.web.api.policies import PolicyView
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.rendering import render
from streams.web.services import Services

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.libraries import Library
    from schemas.policies import Policy

__all__ = ["POLICY_PAGES", "Group", "grouped"]


class Group(NamedTuple):
    """Policies that are looked at one after another.

    Attributes:
        library: Whose matches they decide on; empty: those of a purpose.
        purpose: Of the libraries on whose matches they decide; None: one library's.
        policies: In their order.
        usual: What a match leads to of which none holds; None where that is for another group to say.
        note: What else there is to say.
    """

    library: str
    purpose: Purpose | None
    policies: list[Policy]
    usual: Action | None = None
    note: str = ""


@get("/policies", include_in_schema=False, opt=needs(Role.READER))
async def policies_page(
    services: NamedDependency[Services],
    library: FromQuery[str | None] = None,
    rows: FromQuery[str | None] = None,
) -> Template:
    """Show policies in their order: all of them by what they are for, or those that decide on a library's matches."""
    policies = await services.policies.all(library or None)
    libraries = await asyncio.to_thread(services.model.libraries.all)
    context = {
        "groups": _of_library(library, policies, libraries) if library else grouped(policies, libraries),
        "filters": {"library": library or ""},
        "shadow": [one for one in policies if one.mode is PolicyMode.SHADOW],
        **_choices(libraries),
    }
    return render("policies/list.html", context, rows=rows is not None)


@get("/policies/{name:str}", include_in_schema=False, opt=needs(Role.READER))
async def policy_page(
    name: FromPath[str], services: NamedDependency[Services], rows: FromQuery[str | None] = None
) -> Template:
    """Show one policy."""
    policy = await services.policies.get(name)
    libraries = await asyncio.to_thread(services.model.libraries.all)
    context = {
        "policy": policy,
        "tag": tag_of(PolicyView.of(policy)),
        "is_waiting": policy.library is not None and policy.library not in {one.name for one in libraries},
        **_choices(libraries),
    }
    return render("policies/policy.html", context, rows=rows is not None)


POLICY_PAGES = (policies_page, policy_page)


def grouped(policies: Sequence[Policy], libraries: Sequence[Library]) -> list[Group]:
    """Return policies by what they are for, in their order: those of libraries, then those of purposes."""
    known = {one.name: one for one in libraries}
    groups = []
    for name in sorted({one.library for one in policies if one.library is not None}):
        of_it = [one for one in policies if one.library == name]
        note = "" if name in known else "There is no such library: they wait for one of this name."
        groups.append(Group(name, None, of_it, note=note))
    for purpose in Purpose:
        if of_it := [one for one in policies if one.library is None and one.purpose is purpose]:
            number = sum(one.purpose is purpose for one in libraries)
            note = f"{number} {'library is' if number == 1 else 'libraries are'} of this purpose."
            groups.append(Group("", purpose, of_it, note=note))
    return groups


def _of_library(name: str, policies: Sequence[Policy], libraries: Sequence[Library]) -> list[Group]:
    library = next((one for one in libraries if one.name == name), None)
    note = "" if library else "There is no such library: policies that name it wait for one."
    return [Group(name, None, list(policies), usual_action(library) if library else None, note)]


def _choices(libraries: Sequence[Library]) -> dict[str, object]:
    """Return what the fields of a form offer."""
    return {
        "libraries": libraries,
        "purposes": list(Purpose),
        "actions": list(Action),
        "modes": list(PolicyMode),
        "tracks": list(TrackCondition),
        "last_position": LAST_POSITION,
    }
