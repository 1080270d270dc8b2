"""Where workers store, and which of them may work side by side."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schemas.deployment import DeploymentClaim, Place
from streams.settings import Settings
from streams.worker.places import ID_FILE, claim_of, folder_id, refusal, same_places, standing

SERVER = Place(location="http://milvus:19530")
BUCKET = Place(location="s3://bucket/fingerprints")


def own(name: str) -> Place:
    """A place below a state folder."""
    return Place(location=f"/{name}", place_id=name, embedded=True)


def folder(name: str) -> Place:
    """A folder that the settings name."""
    return Place(location=f"/srv/{name}", place_id=name)


def claim(index: Place = SERVER, store: Place = BUCKET) -> DeploymentClaim:
    return DeploymentClaim(claim_id=f"{index.location} {store.location}", index=index, store=store, claim_time="")


def said(one: DeploymentClaim, *held: DeploymentClaim) -> str:
    return refusal(one, held, prefix="vod")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (claim(own("a"), own("a")), claim(own("a"), own("a"))),
        (claim(SERVER, BUCKET), claim(Place(location="tcp://10.0.0.1:19530"), Place(location="gs://bucket"))),
        (claim(SERVER, folder("x")), claim(SERVER, folder("x"))),
        # The folder that is one worker's by default may be named to another; who knows what a bucket is mounted as.
        (claim(SERVER, own("x")), claim(SERVER, folder("x"))),
        (claim(SERVER, folder("x")), claim(SERVER, BUCKET)),
    ],
)
def test_workers_that_may_store_in_one_place_work_side_by_side(one: DeploymentClaim, other: DeploymentClaim) -> None:
    assert (said(one, other), said(other, one)) == ("", "")
    assert standing([one, other]) == [one, other]


@pytest.mark.parametrize(
    ("one", "other", "setting", "fine"),
    [
        (claim(own("a")), claim(own("b")), "MEDIADNA_MILVUS", "MEDIADNA_STORE"),
        (claim(own("a")), claim(SERVER), "MEDIADNA_MILVUS", "MEDIADNA_STORE"),
        (claim(store=own("a")), claim(store=own("b")), "MEDIADNA_STORE", "MEDIADNA_MILVUS"),
        (claim(store=own("a")), claim(store=BUCKET), "MEDIADNA_STORE", "MEDIADNA_MILVUS"),
        (claim(store=folder("a")), claim(store=folder("b")), "MEDIADNA_STORE", "MEDIADNA_MILVUS"),
    ],
)
def test_a_place_of_ones_own_is_refused_with_both_places_and_the_setting_to_make(
    one: DeploymentClaim, other: DeploymentClaim, setting: str, fine: str
) -> None:
    for mine, theirs in ((one, other), (other, one)):
        reason = said(mine, theirs)
        different = "index" if setting == "MEDIADNA_MILVUS" else "store"
        assert (
            f"would be {getattr(mine, different).location}, theirs is {getattr(theirs, different).location}" in reason
        )
        assert f"set {setting} to" in reason
        assert fine not in reason
        assert "--new-index" in reason
        assert "vod.*" in reason
        assert "\n" not in reason
        assert standing([theirs, mine]) == [theirs]


def test_where_both_differ_both_are_said() -> None:
    assert "set MEDIADNA_MILVUS and MEDIADNA_STORE to" in said(claim(own("a"), own("a")), claim(own("b"), own("b")))


def test_what_was_refused_stands_in_nobodys_way() -> None:
    lost = claim(own("lost"), BUCKET)
    third = claim(Place(location="http://other:19530"), BUCKET)
    assert standing([claim(), lost, third]) == [claim(), third]


def test_every_claim_that_holds_counts_not_only_the_first() -> None:
    """A bucket contradicts no folder that the settings name, and two such folders contradict each other."""
    held = standing([claim(store=BUCKET), claim(store=folder("a"))])
    assert "MEDIADNA_STORE" in said(claim(store=folder("b")), *held)


def test_one_claim_is_enough_for_workers_with_different_addresses_of_servers() -> None:
    assert same_places(claim(), claim(Place(location="http://other:19530")))
    assert not same_places(claim(), claim(store=own("a")))


def test_the_id_of_a_folder_is_the_same_for_all_who_come_at_once_and_later(tmp_path: Path) -> None:
    for number in range(20):
        place = tmp_path / str(number)
        with ThreadPoolExecutor(8) as several:
            found = set(several.map(folder_id, [place] * 8))
        assert found == {folder_id(place)}
        assert [file.name for file in place.iterdir()] == [ID_FILE]


def test_a_folder_on_a_file_system_without_links_gets_an_id_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    assert folder_id(tmp_path) == folder_id(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [ID_FILE]


def test_an_id_that_was_damaged_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / ID_FILE).touch()
    with pytest.raises(ValueError, match=ID_FILE):
        folder_id(tmp_path)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder without a settings file."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("elsewhere")
def test_what_nothing_else_is_set_for_lies_below_the_state_folder_and_is_known_by_its_id(tmp_path: Path) -> None:
    one, again, other = (claim_of(Settings(state=tmp_path / name)) for name in ("a", "a", "b"))
    assert (one.index.embedded, one.store.embedded) == (True, True)
    assert same_places(one, again)
    assert not same_places(one, other)
    assert one.claim_id != again.claim_id


@pytest.mark.usefixtures("elsewhere")
def test_a_folder_that_the_settings_name_is_the_same_one_by_whatever_path(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "shared")
    one, other = (
        claim_of(Settings(state=tmp_path / "state", store=str(place)))
        for place in (tmp_path / "shared", f"file://{tmp_path}/link")
    )
    assert one.store.place_id == other.store.place_id
    assert not one.store.embedded


@pytest.mark.usefixtures("elsewhere")
def test_addresses_are_claimed_without_their_passwords(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path, milvus="http://root:secret@milvus:19530", store="memory://me:secret@store")
    found = claim_of(settings)
    assert (found.index.location, found.index.place_id) == ("http://***@milvus:19530", "")
    assert (found.store.location, found.store.place_id) == ("memory://***@store", "")
