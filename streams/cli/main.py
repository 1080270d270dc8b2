"""`mediadna`: runs the service, asks it for jobs, and compares files without it."""

from __future__ import annotations

import typer

from streams.cli.doctor import doctor
from streams.cli.files import compare, fingerprint, match
from streams.cli.imports import import_media
from streams.cli.jobs import job, jobs, result, submit
from streams.cli.libraries import libraries
from streams.cli.run import settings, up, worker

__all__ = ["app"]

app = typer.Typer(
    help="Tells which videos copy which.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
for command in (up, worker, submit, jobs, job, result, compare, match, fingerprint, settings, doctor):
    app.command()(command)
app.command("import")(import_media)
app.add_typer(libraries, name="libraries")


if __name__ == "__main__":
    app()
