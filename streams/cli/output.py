"""How commands print: for a person by default, one JSON document for a machine on demand; and exit codes."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import IntEnum
from pathlib import PurePosixPath
from typing import Annotated, Any, NoReturn

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from schemas.boilerplate import SharedSpan
from schemas.coverage import Coverage, Unsearched, shortfalls
from schemas.matches import Match
from schemas.policies import RuledMatch
from schemas.verdicts import Verdict, as_sentence, in_words
from streams.cli.importer.items import LeftOut

__all__ = [
    "NOT_SEARCHED",
    "AsJson",
    "Cursor",
    "ExitCode",
    "Limit",
    "as_text",
    "console",
    "fail",
    "note",
    "notes",
    "print_json",
    "print_left_out",
    "print_matches",
    "print_shortfalls",
    "print_table",
    "print_verdict",
    "say",
    "say_more",
    "shown",
]

#: Where results go.
console = Console(highlight=False)
#: Where everything else goes: progress, notes, errors.
notes = Console(stderr=True, highlight=False)

#: What is said of media that no library was searched for: that it copies nothing is not known.
NOT_SEARCHED = "stored, not searched"
#: Kinds of files left out that a person is shown.
SHOWN_KINDS = 20

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
Cursor = Annotated[str | None, typer.Option(help="Where the page before has ended.")]
Limit = Annotated[int, typer.Option(min=1, max=500, help="Entries a page.")]


class ExitCode(IntEnum):
    """What scripts can tell a command's end by."""

    #: All went well, whatever was found.
    OK = 0
    #: A job, or a file, failed.
    FAILED = 1
    #: The command was called wrongly.
    USAGE = 2
    #: What was asked for is not there.
    NOT_FOUND = 3
    #: The service does not answer.
    UNAVAILABLE = 4


def fail(message: str, code: ExitCode) -> NoReturn:
    """Say what went wrong and end the command."""
    notes.print(f"[red]error:[/] {escape(message)}", soft_wrap=True)
    raise typer.Exit(code)


def say(text: str) -> None:
    """Print a line of a result; it is one line wherever it goes."""
    console.print(as_text(text), markup=False, soft_wrap=True)


def say_more(cursor: str | None) -> None:
    """Say how to get the page that follows, if there is one."""
    if cursor:
        say(f"more: --cursor {cursor}")


def note(text: str) -> None:
    """Print a line that is no result."""
    notes.print(text, markup=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Print one JSON document on one line."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str | None = None) -> None:
    """Print rows under a head line; text that is too wide is folded, never cut."""
    table = Table(title=escape(as_text(title)) if title else None, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(escape(as_text(cell)) for cell in row))
    console.print(table)


def print_left_out(left_out: Sequence[LeftOut]) -> None:
    """Say what was not taken for media, beside the results: many files of one kind in one line, with one of them."""
    kinds = Counter((PurePosixPath(one.where).suffix.lower(), one.reason) for one in left_out)
    examples = {(PurePosixPath(one.where).suffix.lower(), one.reason): one.where for one in reversed(left_out)}
    for (suffix, reason), count in kinds.most_common(SHOWN_KINDS):
        example = shown(examples[suffix, reason])
        what = example if count == 1 else f"{count} files {suffix or 'without a suffix'}, such as {example}"
        note(f"left out: {what}: {reason}")
    if len(kinds) > SHOWN_KINDS:
        note(f"left out: {sum(kinds.values()) - sum(dict(kinds.most_common(SHOWN_KINDS)).values())} files more")


def as_text(name: str) -> str:
    """Return a file's name as text: what of it is no UTF-8, which no JSON and not every terminal takes, as codes."""
    return name.encode(errors="backslashreplace").decode()


def shown(text: str) -> str:
    """Return a name as it is shown in a line: one that holds line breaks or the like is quoted, with these as codes."""
    return text if text.isprintable() else repr(text)


def print_shortfalls(title: str, coverage: Coverage, unsearched: Sequence[Unsearched] = ()) -> None:
    """Warn, beside the results, of what an answer does not rest on."""
    for one in shortfalls(coverage, unsearched):
        note(f"{shown(title)}: {one}")


def print_matches(title: str, matches: Sequence[Match], *, searched: bool = True) -> None:
    """Print matches with their intervals as a table, and what they lead to where a service has found them.

    Of what was stored only, it is said that nothing was looked for.
    """
    if not matches:
        say(f"{title}: {'copies nothing' if searched else NOT_SEARCHED}")
        return
    rows = [
        (
            _named(match) if number == 0 else "",
            f"{match.similarity:.2f}" if number == 0 else "",
            f"{interval.input_start:.1f}-{interval.input_end:.1f} s",
            f"{interval.reference_start:.1f}-{interval.reference_end:.1f} s",
            f"{interval.similarity:.2f}",
            interval.track,
            f"{interval.speed:.2f}",
            ", ".join(interval.transforms),
            _leads_to(match) if number == 0 else "",
        )
        for match in matches
        for number, interval in enumerate(match.intervals)
    ]
    columns = ("reference", "sure", "this video", "original", "alike", "track", "speed", "edits seen", "leads to")
    ruled = any(row[-1] for row in rows)
    print_table(columns if ruled else columns[:-1], [row if ruled else row[:-1] for row in rows], title=title)


def print_verdict(title: str, verdict: Verdict | None, boilerplate: Sequence[SharedSpan] = ()) -> None:
    """Print whether media is an original or a copy, and why; nothing where that is not known."""
    if verdict is None:
        return
    of = f" of {', '.join(map(shown, verdict.of))}" if verdict.of else ""
    say(f"{title}: {in_words(verdict.kind)}{of}, {100 * verdict.own_share:.1f} % its own")
    for reason in verdict.reasons:
        say(f"  {shown(as_sentence(reason))}")
    for span in boilerplate:
        say(f"  {span.start:.1f} s to {span.end:.1f} s is boilerplate: {span.references} references share it")


def _named(match: Match) -> str:
    """Write the name of a reference, and where it is the younger one of the two, that it is."""
    return f"{match.media_id} (younger)" if isinstance(match, RuledMatch) and match.younger else match.media_id


def _leads_to(match: Match) -> str:
    """Write what a match leads to, and by which policy; nothing of a match that no service has found."""
    if not isinstance(match, RuledMatch) or match.action is None:
        return ""
    return f"{match.action} ({match.policy})" if match.policy else match.action
