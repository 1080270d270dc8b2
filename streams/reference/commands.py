"""The page of commands."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from streams.cli.main import app
from streams.cli.output import ExitCode
from streams.reference.markdown import code, meanings, table, text

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["commands_page"]

#: The name that everything is called under.
_PROGRAM = "mediadna"


def commands_page() -> str:
    """Return the page."""
    codes = meanings(ExitCode)
    rows = [(code(str(one.value)), codes[one.name]) for one in ExitCode]
    return (
        "# Commands\n\n"
        f"`{_PROGRAM} --help` and `{_PROGRAM} COMMAND --help` say the same. `{_PROGRAM} --version` prints the version, "
        f"`{_PROGRAM} --install-completion` lets the shell complete names.\n\n"
        f"## How commands end\n\n{table(('status', 'meaning'), rows)}"
        + "".join(_command(name, command) for name, command in _commands(_PROGRAM, typer.main.get_command(app)))
    )


def _commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Yield every command that does something, with all the words that call it."""
    if not isinstance(command, TyperGroup):
        yield name, command
        return
    for part, found in command.commands.items():
        yield from _commands(f"{name} {part}", found)


def _command(name: str, command: Any) -> str:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    usage = " ".join([name, *(one.metavar or one.name.upper() for one in arguments)])
    rows = [_parameter(one) for one in command.params if not one.hidden]
    options = table(("argument or option", "meaning", "default"), rows) if rows else ""
    return f"\n## {name}\n\n`{usage}`\n\n{text(command.help or '')}\n\n{options}".rstrip("\n") + "\n"


def _parameter(one: Any) -> tuple[str, str, str]:
    called = (
        code(one.metavar or one.name.upper()) if one.param_type_name == "argument" else ", ".join(map(code, one.opts))
    )
    return called, text(one.help or ""), _default(one)


def _default(one: Any) -> str:
    if one.required:
        return "needed"
    if isinstance(one.show_default, str):
        return one.show_default
    value = one.default.value if isinstance(one.default, Enum) else one.default
    return "" if value is None or value is False else code(str(value))
