"""Commands that run the service, and `mediadna settings`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streams.cli.output import ExitCode
from streams.cli.run import _own_address
from streams.settings import Settings


async def test_settings_lists_every_setting_with_where_it_comes_from(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("mediadna.toml").write_text('library = "general"\n')
    monkeypatch.setenv("MEDIADNA_TOPIC_PREFIX", "prefix")
    rows = {row["variable"]: row for row in json.loads((await run("settings", "--json")).stdout)}
    assert set(rows) == {f"MEDIADNA_{name.upper()}" for name in Settings.model_fields}
    assert (rows["MEDIADNA_TOPIC_PREFIX"]["value"], rows["MEDIADNA_TOPIC_PREFIX"]["source"]) == ("prefix", "variable")
    assert (rows["MEDIADNA_LIBRARY"]["value"], rows["MEDIADNA_LIBRARY"]["source"]) == ("general", "mediadna.toml")
    assert rows["MEDIADNA_KAFKA"]["source"] == "default"
    shown = await run("settings")
    assert "MEDIADNA_TOPIC_PREFIX" in shown.stdout


async def test_a_setting_that_is_not_valid_is_named(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIADNA_SLOTS", "none")
    found = await run("settings")
    assert found.exit_code == ExitCode.USAGE
    assert "MEDIADNA_SLOTS" in found.stderr


@pytest.mark.parametrize("command", [("settings",), ("up",), ("worker",), ("web",), ("jobs",), ("submit", "a.mp4")])
async def test_a_mistyped_variable_ends_every_command_with_the_name_that_was_meant(
    run: Any, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("MEDIADNA_TOKNES", "tokens")
    found = await run(*command)
    assert found.exit_code == ExitCode.USAGE
    assert "MEDIADNA_TOKNES, as in the environment (there is MEDIADNA_TOKENS)" in found.stderr


async def test_settings_that_do_not_go_together_are_told_with_what_to_set(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDIADNA_KAFKA_SECURITY", "sasl_ssl")
    found = await run("settings")
    assert found.exit_code == ExitCode.USAGE
    assert found.stderr.startswith("error: set MEDIADNA_KAFKA_SASL_MECHANISM too")


async def test_settings_show_where_secrets_are_and_not_what_they_are(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path("password")
    path.write_text("not-to-be-shown")
    for name, value in {
        "KAFKA_SECURITY": "sasl_ssl",
        "KAFKA_SASL_MECHANISM": "PLAIN",
        "KAFKA_USER": "worker",
        "KAFKA_PASSWORD_FILE": str(path),
        "MILVUS": "https://root:not-to-be-shown@milvus:19530",
    }.items():
        monkeypatch.setenv(f"MEDIADNA_{name}", value)
    found = await run("settings", "--json")
    rows = {row["variable"]: row["value"] for row in json.loads(found.stdout)}
    assert rows["MEDIADNA_KAFKA_PASSWORD_FILE"] == str(path)
    assert rows["MEDIADNA_MILVUS"] == "https://***@milvus:19530"
    assert "not-to-be-shown" not in found.stdout


@pytest.mark.parametrize(
    ("content", "said"), [("slots = = 2", "mediadna.toml"), ("slosts = 2", "'slosts'"), ("slots = 0", "MEDIADNA_SLOTS")]
)
async def test_a_settings_file_that_is_not_valid_is_refused_with_what_is_wrong(
    run: Any, content: str, said: str
) -> None:
    Path("mediadna.toml").write_text(content)
    found = await run("settings")
    assert found.exit_code == ExitCode.USAGE
    assert said in found.stderr


async def test_a_state_folder_that_cannot_be_made_is_an_error_that_names_it(run: Any) -> None:
    Path("taken").touch()
    found = await run("up", "--state", "taken/state")
    assert found.exit_code == ExitCode.FAILED
    assert "taken" in found.stderr


async def test_a_worker_without_a_kafka_says_what_to_set(run: Any) -> None:
    found = await run("worker")
    assert found.exit_code == ExitCode.USAGE
    assert "MEDIADNA_KAFKA" in found.stderr


@pytest.mark.parametrize(
    ("listens_on", "found_at"),
    [
        ("http://0.0.0.0:6066", "http://127.0.0.1:6066"),
        ("http://[::]:6066", "http://[::1]:6066"),
        ("http://10.0.0.7:6066", "http://10.0.0.7:6066"),
    ],
)
def test_commands_find_on_loopback_what_listens_on_all_addresses(listens_on: str, found_at: str) -> None:
    assert _own_address(listens_on) == found_at


async def test_a_web_view_without_the_kafka_of_its_workers_says_what_to_set(run: Any) -> None:
    found = await run("web")
    assert found.exit_code == ExitCode.USAGE
    assert "MEDIADNA_KAFKA" in found.stderr


@pytest.mark.parametrize("arguments", [("no-such-command",), ("job",), ("jobs", "--status", "sleeping")])
async def test_a_command_that_is_called_wrongly_has_a_status_of_its_own(run: Any, arguments: tuple[str, ...]) -> None:
    assert (await run(*arguments)).exit_code == ExitCode.USAGE


async def test_help_names_every_command(run: Any) -> None:
    shown = (await run("--help")).stdout
    for command in (
        "up",
        "worker",
        "web",
        "submit",
        "jobs",
        "job",
        "result",
        "compare",
        "match",
        "fingerprint",
        "settings",
    ):
        assert f" {command} " in shown
