"""The file of access keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.rights import Right
from streams.web.auth.access_keys import AccessKey, AccessKeys
from streams.web.auth.roles import Grant, Role


def keys(tmp_path: Path, text: str) -> AccessKeys:
    path = tmp_path / "keys"
    path.write_text(text)
    return AccessKeys.read(path)


def test_each_line_is_a_key_with_its_role_or_with_all_rights(tmp_path: Path) -> None:
    found = keys(tmp_path, "# our upload system\nupload s1 submitter\n\n  ops\ts2\n")
    assert found.get("upload") == AccessKey("upload", "s1", Role.SUBMITTER)
    assert found.get("ops") == AccessKey("ops", "s2", Role.ADMIN)
    assert found.get("nobody") is None
    assert found.get("#") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# none\n",
        "id\n",
        "id hidden king\n",
        "id hidden admin more\n",
        "id hidden admin+rule\n",
        "a hidden\na hidden\n",
    ],
)
def test_a_file_that_is_not_as_it_ought_to_be_is_refused_without_naming_a_secret(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match="keys") as refused:
        keys(tmp_path, text)
    assert "hidden" not in str(refused.value)


def test_rights_follow_the_role_of_a_key(tmp_path: Path) -> None:
    key = keys(tmp_path, "upload s1 submitter+replace\n").get("upload")
    assert key is not None
    assert key.grant == Grant(Role.SUBMITTER, frozenset({Right.REPLACE}))


def test_an_admin_has_every_right_without_a_word_and_others_have_those_that_are_named() -> None:
    assert Grant(Role.ADMIN).beyond is None
    assert Grant(Role.SUBMITTER).beyond == ()
    assert Grant(Role.MODERATOR, frozenset(Right)).beyond == (Right.CURATE, Right.REPLACE)


def test_a_key_is_never_shown_with_its_secret() -> None:
    assert "hidden" not in repr(AccessKey("id", "hidden"))


def test_a_role_covers_those_below_it() -> None:
    assert Role.ADMIN.covers(Role.READER)
    assert Role.SUBMITTER.covers(Role.SUBMITTER)
    assert not Role.READER.covers(Role.SUBMITTER)
