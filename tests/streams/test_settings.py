"""Settings: where they come from, which wins, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError
from support.nodes import REPOSITORY

from benchmarks.corpus import SHARED_VARIABLE
from streams.demo.footage import FOLDER_VARIABLE
from streams.settings import OTHER_VARIABLES, PREFIX, Settings

#: The contract's names: other systems set these.
FIXED = {"state", "kafka", "milvus", "store", "topic_prefix", "web", "media", "access_keys", "tokens"}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder without a settings file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEDIADNA_STATE", str(tmp_path / "state"))


def test_the_names_that_others_rely_on_are_there_with_a_meaning_each() -> None:
    assert set(Settings.model_fields) >= FIXED
    assert all(field.description for field in Settings.model_fields.values())


def test_defaults_are_those_of_the_contract(tmp_path: Path) -> None:
    settings = Settings()
    assert (settings.kafka, settings.milvus, settings.topic_prefix) == ("", "", "mediadna")
    assert (settings.web_host, settings.web_port) == ("127.0.0.1", 6066)
    assert settings.media_places == str(tmp_path / "state" / "media")
    assert settings.store_url == str(tmp_path / "state" / "fingerprints")


def test_a_variable_wins_over_the_file_and_an_argument_over_both(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("mediadna.toml").write_text('topic_prefix = "file"\nlibrary = "file"\nkafka = "file:1"\n')
    monkeypatch.setenv("MEDIADNA_TOPIC_PREFIX", "variable")
    monkeypatch.setenv("MEDIADNA_KAFKA", "variable:1")
    settings = Settings(kafka="argument:1")
    assert (settings.kafka, settings.topic_prefix, settings.library) == ("argument:1", "variable", "file")


def test_a_state_folder_is_absolute_and_may_be_in_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert Settings(state=Path("~/dna")).state == Path("/home/somebody/dna")
    assert Settings(state=Path("dna")).state == Path.cwd() / "dna"


@pytest.mark.parametrize(
    ("web", "host", "port"),
    [("[::1]:0", "::1", 0), ("localhost:80", "localhost", 80), ("dna:1", "dna", 1)],
)
def test_an_address_is_a_host_and_a_port(web: str, host: str, port: int) -> None:
    settings = Settings(web=web)
    assert (settings.web_host, settings.web_port) == (host, port)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOPIC_PREFIX", "with space"),
        ("WEB", "no port"),
        ("SLOTS", "0"),
        ("TASK_TIMEOUT_S", "-1"),
        ("SAVE_TYPE", "sometimes"),
        ("LOG_LEVEL", "loud"),
        ("LIBRARY", ""),
        ("LIBRARY", ".."),
        ("LIBRARY", "a/b"),
        ("LIBRARY", "a\tb"),
        ("UNSIGNED_CALLS", "sometimes"),
        ("PROXIES", "*"),
        ("PROXIES", "10.0.0.1/8"),
        ("PROXIES", "127.0.0.1,proxy.example"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"MEDIADNA_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


@pytest.mark.parametrize(
    ("name", "value"), [("library", "l" * 101), ("callback_url", "https://example.com/" + "c" * 2048)]
)
def test_what_becomes_a_part_of_every_job_is_as_long_as_callers_may_make_it(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings(**{name: value})


@pytest.mark.parametrize("name", ["MEDIADNA_KAFAK", "MEDIADNA_", "mediadna_tokns", "MEDIADNA_KAFKA_PASSWORD"])
@pytest.mark.parametrize("value", ["anything", ""])
def test_a_variable_that_no_setting_is_named_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.upper()):
        Settings()


def test_the_variables_of_demo_tests_and_benchmarks_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OTHER_VARIABLES:
        monkeypatch.setenv(name, "somewhere")
    Settings()
    assert {FOLDER_VARIABLE, SHARED_VARIABLE} == OTHER_VARIABLES


def test_every_variable_that_is_named_anywhere_is_a_setting_or_known_as_none() -> None:
    known = OTHER_VARIABLES.union(PREFIX + name.upper() for name in Settings.model_fields)
    places = (
        "README.md",
        "Makefile",
        "CHANGELOG.md",
        ".ci/run",
        "streams/**/*.py",
        "benchmarks/**/*.py",
        "docker/**/*.py",
    )
    named = {
        (str(path.relative_to(REPOSITORY)), name)
        for place in places
        for path in REPOSITORY.glob(place)
        for name in re.findall(r"\bMEDIADNA_[A-Z][A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8"))
    }
    assert len(named) > len(OTHER_VARIABLES)
    assert {one for one in named if one[1] not in known} == set()


def test_an_empty_variable_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("mediadna.toml").write_text('kafka = "file:1"\n')
    monkeypatch.setenv("MEDIADNA_KAFKA", "")
    assert Settings().kafka == ""


@pytest.mark.parametrize(
    "name", [name for name, field in Settings.model_fields.items() if field.annotation in {Path, Path | None}]
)
def test_an_empty_variable_names_no_file_and_is_not_taken_for_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"MEDIADNA_{name.upper()}", "")
    with pytest.raises(ValidationError, match=f"{name}\n.*it is empty"):
        Settings()


def test_secrets_are_in_files_but_for_the_token_that_commands_send() -> None:
    words = ("password", "secret", "token", "key")
    secret = {name for name in Settings.model_fields if any(word in name for word in words)}
    files = {name for name in secret if Settings.model_fields[name].annotation in {Path, Path | None}}
    assert secret - files == {"token"}
