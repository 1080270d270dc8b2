"""Commands that run the service."""

from __future__ import annotations

import asyncio
import difflib
import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from streams.cage.trial import CageError, try_cage
from streams.cli.output import AsJson, ExitCode, fail, print_json, print_table
from streams.settings import PREFIX, SETTINGS_FILE, Setting, Settings, listed

__all__ = ["load_settings", "settings", "up", "web", "worker"]

State = Annotated[Path | None, typer.Option(help="Folder that holds all state (MEDIADNA_STATE).")]
Web = Annotated[str | None, typer.Option(help="host:port of API and web view (MEDIADNA_WEB); port 0 picks a free one.")]
Media = Annotated[
    str | None, typer.Option(help="Folders and URL prefixes that media may be read from (MEDIADNA_MEDIA).")
]
NewIndex = Annotated[
    bool,
    typer.Option(
        "--new-index",
        help="For one start: from now on this worker's index and store are those of this Kafka's workers, in place of "
        "the ones before, which are gone for good or were moved. End the other workers first. References that are not "
        "in them have to be fingerprinted anew, or rebuilt from what is left by 'mediadna doctor --mend'.",
    ),
]


def load_settings(**overrides: object) -> Settings:
    """Read the settings; what is None is left as it is set."""
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type] # pydantic checks
    except ValidationError as error:
        fail("; ".join(map(_problem, error.errors())), ExitCode.USAGE)
    except tomllib.TOMLDecodeError as error:
        fail(f"{SETTINGS_FILE} is no TOML: {error}", ExitCode.USAGE)


def _problem(error: ErrorDetails) -> str:
    name = "_".join(map(str, error["loc"]))
    if not name:  # about several settings at once, each named in what is said
        return error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        return f"there is no setting {_unknown(name)}: 'mediadna settings' lists those that there are"
    return f"{PREFIX}{name.upper()} is not valid: {error['msg'].removeprefix('Value error, ')}"


def _unknown(name: str) -> str:
    """Say where a name stands that is none, and which one may have been meant."""
    from_environment = name.startswith(PREFIX)
    known = [PREFIX + field.upper() if from_environment else field for field in Settings.model_fields]
    near = difflib.get_close_matches(name, known, n=1)
    place = f"{name}, as in the environment" if from_environment else f"{name!r} as in {SETTINGS_FILE}"
    return f"{place} (there is {near[0]})" if near else place


def up(state: State = None, web: Web = None, media: Media = None) -> None:
    """Run everything on this machine: broker, Milvus Lite, a worker and the web view."""
    _run(load_settings(state=state, web=web, media=media, kafka="", milvus=""), embedded=True)


def worker(state: State = None, web: Web = None, media: Media = None, *, new_index: NewIndex = False) -> None:
    """Run a worker against the configured Kafka and Milvus."""
    chosen = load_settings(state=state, web=web, media=media)
    if not chosen.kafka:
        fail("a worker needs a Kafka: set MEDIADNA_KAFKA, or run 'mediadna up' for an embedded one", ExitCode.USAGE)
    _run(chosen, embedded=False, new_index=new_index)


def web(state: State = None, web: Web = None, media: Media = None) -> None:
    """Run API and web view beside workers, against the same Kafka and Milvus, and take no work."""
    chosen = load_settings(state=state, web=web, media=media)
    if not chosen.kafka:
        fail(
            "API and web view show what workers do: set MEDIADNA_KAFKA to theirs, or run 'mediadna up' for everything "
            "on this machine",
            ExitCode.USAGE,
        )
    _run(chosen, embedded=False, takes_work=False)


def _run(chosen: Settings, *, embedded: bool, takes_work: bool = True, new_index: bool = False) -> None:
    from streams.telemetry.logs import configure_logging  # noqa: PLC0415 (other commands start faster without the service)
    from streams.worker.composition import Worker  # noqa: PLC0415
    from streams.worker.confinement import confine_service  # noqa: PLC0415
    from streams.worker.lifecycle import run_worker  # noqa: PLC0415
    from streams.worker.private_folder import private_files  # noqa: PLC0415

    def announce(running: Worker) -> None:
        (chosen.state / "web-address").write_text(_own_address(running.web), encoding="ascii")
        typer.echo(f"ready web={running.web} kafka={running.kafka} state={chosen.state}")

    try:
        configure_logging(chosen)
        confine_service(chosen)
        with private_files(chosen):
            _make_folders(chosen)
            status = asyncio.run(
                run_worker(chosen, embedded=embedded, takes_work=takes_work, new_index=new_index, announce=announce)
            )
    except (OSError, ValueError, RuntimeError) as error:
        fail(str(error), ExitCode.FAILED)
    raise typer.Exit(status)


def _own_address(web: str) -> str:
    """Return where commands on this machine find what listens on all of its addresses: a name for these is no host.

    Without tokens it answers to loopback's names alone, which this one is not, even where it leads there.
    """
    return web.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")


def _make_folders(chosen: Settings) -> None:
    from streams.worker.private_folder import make_private  # noqa: PLC0415 (other commands start faster without the service)

    make_private(chosen.state)
    if not chosen.media:
        Path(chosen.media_places).mkdir(exist_ok=True)


def settings(*, as_json: AsJson = False) -> None:
    """List every setting, its value and where it comes from; and what of the decoder's cage holds here."""
    rows = [_with_what_holds(row) for row in listed(load_settings())]
    if as_json:
        print_json(rows)
        return
    columns = ("variable", "value", "source", "meaning")
    print_table(columns, [(row.variable, row.value, row.source, row.meaning) for row in rows])


def _with_what_holds(row: Setting) -> Setting:
    """Add to the cage's setting what it comes to on this machine."""
    if row.variable != "MEDIADNA_CAGE":
        return row
    try:
        here = try_cage().in_words
    except CageError as error:
        here = str(error)
    return msgspec.structs.replace(row, meaning=f"{row.meaning}. Here: {here}")
