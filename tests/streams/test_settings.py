"""Settings: where they come from, which wins, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from streams.settings import Settings

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
