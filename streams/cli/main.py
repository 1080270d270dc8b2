"""`mediadna`: runs the service, asks it for jobs, and compares files without it."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from streams.cli.airings import airings
from streams.cli.backward import search_backwards
from streams.cli.boilerplate import boilerplate
from streams.cli.cases import cases
from streams.cli.clusters import clusters
from streams.cli.doctor import doctor
from streams.cli.files import compare, fingerprint, match
from streams.cli.imports import import_media
from streams.cli.jobs import job, jobs, result, submit
from streams.cli.libraries import libraries
from streams.cli.policies import policies
from streams.cli.recurring import recurring
from streams.cli.run import settings, up, web, worker
from streams.cli.traces import trace

__all__ = ["app"]

app = typer.Typer(
    help="Tells which videos copy which.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 (the signature that Typer calls)
    if wanted:
        typer.echo(f"mediadna {version('mediadna')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    asked: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Tells which videos copy which."""
    _ = asked


for command in (up, worker, web, submit, jobs, job, result, compare, match, fingerprint, settings, doctor):
    app.command()(command)
app.command("import")(import_media)
app.command()(airings)
app.command()(trace)
app.command()(clusters)
app.command("search-backwards")(search_backwards)
app.add_typer(libraries, name="libraries")
app.add_typer(policies, name="policies")
app.add_typer(cases, name="cases")
app.add_typer(recurring, name="recurring")
app.add_typer(boilerplate, name="boilerplate")


if __name__ == "__main__":
    app()
