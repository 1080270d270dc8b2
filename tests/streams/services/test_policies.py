"""The registry of policies: what is refused, who wins when two change one at once, and what stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.inline import InlineService
from support.read_model import GoneLibrary, ReadModel

from schemas.libraries import Library, LibraryStatus, Purpose
from schemas.policies import Action, Policy, PolicyMode
from streams.domain.library_errors import LibraryBusy, UnknownLibrary
from streams.domain.policies import Rules
from streams.domain.policy_errors import (
    PolicyChangedError,
    PolicyError,
    PolicyExistsError,
    TooManyPoliciesError,
    UnknownPolicyError,
    UnusablePolicyError,
)
from streams.services import policies as module


@pytest.fixture
def inline(tmp_path: Path) -> Iterator[InlineService]:
    model = ReadModel(tmp_path / "jobs.sqlite")
    inline = InlineService(model)
    inline.apply(libraries=[Library(name="films"), Library(name="ads", purpose=Purpose.ADS)])
    yield inline
    model.close()


def policy(name: str = "block films", **fields: Any) -> Policy:
    return Policy(**{"name": name, "library": "films", "action": Action.BLOCK, **fields})


def interrupted(inline: InlineService, monkeypatch: pytest.MonkeyPatch, by: Callable[[], Policy]) -> None:
    """Have somebody else at another worker publish right after the next policy is published."""
    publish = inline.state
    others = [by]

    async def state(topic: str, key: str, newest: msgspec.Struct | None) -> None:
        await publish(topic, key, newest)
        if others:
            other = others.pop()()
            await publish(topic, other.name, other)

    monkeypatch.setattr(inline, "state", state)


async def test_a_policy_is_made_replaced_and_deleted(inline: InlineService) -> None:
    made = await inline.policies.create(policy())
    assert made.created == made.updated != ""
    assert await inline.policies.get("block films") == made
    replaced = await inline.policies.replace(policy(action=Action.REVIEW, mode=PolicyMode.SHADOW))
    assert (replaced.action, replaced.created) == (Action.REVIEW, made.created)
    assert await inline.policies.all() == [replaced]
    await inline.policies.delete("block films")
    assert await inline.policies.all() == []


async def test_what_replaces_the_same_is_no_change(inline: InlineService) -> None:
    made = await inline.policies.create(policy())
    published = inline.listeners.append
    changes: list[Any] = []
    published(changes.append)
    assert await inline.policies.replace(policy()) == made
    assert changes == []


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"library": None}, UnusablePolicyError, "library or a purpose"),
        ({"purpose": Purpose.ADS}, UnusablePolicyError, "not both"),
        ({"library": "gone"}, UnknownLibrary, "create it"),
        ({"library": "leaving"}, LibraryBusy, "wait"),
        ({"name": "a/b"}, UnusablePolicyError, "slash"),
        ({"name": ".."}, UnusablePolicyError, "another name"),
        ({"name": "preview"}, UnusablePolicyError, "another name"),
        ({"name": "reorder"}, UnusablePolicyError, "another name"),
        ({"name": "taken"}, PolicyExistsError, "another name"),
    ],
)
async def test_a_policy_that_cannot_be_kept_is_refused_with_what_to_do_and_nothing_is_changed(
    inline: InlineService, wrong: dict[str, Any], error: type[ValueError], said: str
) -> None:
    inline.apply(libraries=[Library(name="leaving", status=LibraryStatus.DELETING)])
    taken = await inline.policies.create(policy("taken"))
    with pytest.raises(error, match=said):
        await inline.policies.create(policy(**wrong))
    assert await inline.policies.all() == [taken]
    if "name" not in wrong:
        with pytest.raises(error, match=said):
            await inline.policies.replace(policy("taken", **wrong))
        assert await inline.policies.all() == [taken]


async def test_there_are_only_so_many_policies(inline: InlineService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_POLICIES", 2)
    await inline.policies.create(policy("a"))
    await inline.policies.create(policy("b"))
    with pytest.raises(TooManyPoliciesError, match="delete one"):
        await inline.policies.create(policy("c"))
    await inline.policies.replace(policy("b", action=Action.TRACK))


async def test_what_is_not_there_is_neither_shown_replaced_nor_deleted(inline: InlineService) -> None:
    for asked in (
        inline.policies.get("none"),
        inline.policies.replace(policy("none")),
        inline.policies.delete("none"),
        inline.policies.shadow("none", days=1),
    ):
        with pytest.raises(UnknownPolicyError, match="'none'"):
            await asked
    assert await inline.policies.all() == []


async def test_of_two_who_make_one_name_at_once_one_wins_and_the_other_hears_of_it(
    inline: InlineService, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = policy(action=Action.ALLOW, created="2026-11-30T00:00:00.000Z", updated="2026-11-30T00:00:00.000Z")
    interrupted(inline, monkeypatch, lambda: other)
    with pytest.raises(PolicyExistsError):
        await inline.policies.create(policy())
    assert await inline.policies.all() == [other]


async def test_of_two_who_replace_one_at_once_one_wins_and_the_other_hears_of_it(
    inline: InlineService, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await inline.policies.create(policy())
    other = msgspec.structs.replace(made, action=Action.ALLOW)
    interrupted(inline, monkeypatch, lambda: other)
    with pytest.raises(PolicyChangedError, match="read it again"):
        await inline.policies.replace(policy(action=Action.TRACK))
    assert await inline.policies.all() == [other]


async def test_what_is_not_as_expected_is_neither_replaced_nor_deleted(inline: InlineService) -> None:
    made = await inline.policies.create(policy())
    for asked in (
        inline.policies.replace(policy(action=Action.TRACK), expected=lambda there: there != made),
        inline.policies.delete(made.name, expected=lambda there: there != made),
    ):
        with pytest.raises(PolicyChangedError):
            await asked
    assert await inline.policies.all() == [made]
    await inline.policies.delete(made.name, expected=lambda there: there == made)
    assert await inline.policies.all() == []


async def test_policies_are_given_an_order(inline: InlineService) -> None:
    for name in "abcd":
        await inline.policies.create(policy(name, position=15))
    ordered = await inline.policies.reorder(["c", "a"])
    assert [(one.name, one.position) for one in ordered] == [("c", 10), ("b", 15), ("d", 15), ("a", 20)]
    before = {one.name: one for one in ordered}
    again = await inline.policies.reorder(["c", "a"])
    assert {one.name: one for one in again} == before


@pytest.mark.parametrize("names", [["b", "none", "a"], ["b", "a", "b"]])
async def test_an_order_with_a_wrong_name_changes_nothing(inline: InlineService, names: list[str]) -> None:
    made = [await inline.policies.create(policy(name)) for name in "ab"]
    with pytest.raises(PolicyError):
        await inline.policies.reorder(names)
    assert await inline.policies.all() == made


async def test_policies_of_a_library_are_its_own_and_those_of_its_purpose(inline: InlineService) -> None:
    await inline.policies.create(policy("own", position=20))
    await inline.policies.create(policy("wide", library=None, purpose=Purpose.GENERAL, position=10))
    await inline.policies.create(policy("other", library=None, purpose=Purpose.ADS))
    assert [one.name for one in await inline.policies.all("films")] == ["wide", "own"]
    assert [one.name for one in await inline.policies.all("ads")] == ["other"]
    assert await inline.policies.all("unknown") == []


async def test_policies_of_a_deleted_library_wait_and_are_those_of_one_that_is_made_anew(
    inline: InlineService,
) -> None:
    made = await inline.policies.create(policy())
    inline.apply(libraries=[GoneLibrary("films")])
    assert await inline.policies.all() == [made]
    assert await inline.policies.missing_libraries([made]) == ["films"]
    assert await inline.policies.all("films") == [made]
    off = await inline.policies.replace(policy(mode=PolicyMode.OFF))
    with pytest.raises(UnknownLibrary):
        await inline.policies.replace(policy(library="gone too"))
    await inline.libraries.create(Library(name="films"))
    assert await inline.policies.missing_libraries([off]) == []
    libraries = {one.name: one for one in inline.model.libraries.all()}
    assert Rules(inline.model.policies.all(), libraries).of_library("films") == [off]
