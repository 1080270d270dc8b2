"""Commands that look at cases and decide on them."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from schemas.cases import CaseState, DecisionKind
from schemas.policies import Action
from streams.cli.client import Client
from streams.cli.jobs import checked_time
from streams.cli.output import (
    AsJson,
    Cursor,
    ExitCode,
    Limit,
    console,
    fail,
    note,
    print_json,
    print_matches,
    print_table,
    say,
    say_more,
    shown,
)
from streams.cli.run import load_settings
from streams.readmodel.cases import CaseOrder
from streams.web.api.case_views import AuditEntry, CaseView, DecisionResult, DecisionView

__all__ = ["cases"]

#: What a table says of each decision.
_DECISION_COLUMNS = ("when", "who", "decision", "before", "after", "note")

cases = typer.Typer(help="Look at cases, and decide on them.", no_args_is_help=True)

CaseId = Annotated[str, typer.Argument(metavar="ID", help="Id of the case.")]
CaseIds = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of cases.")]
InState = Annotated[CaseState | None, typer.Option("--state", help="Only cases in this state.")]
WithAction = Annotated[Action | None, typer.Option("--action", help="Only cases that lead to this.")]
OfLibrary = Annotated[str | None, typer.Option("--library", help="Only cases of references in this library.")]
OfReference = Annotated[str | None, typer.Option("--reference", help="Only cases of this reference.")]
OfMedia = Annotated[str | None, typer.Option("--media-id", help="Only cases of this input.")]
OfAssignee = Annotated[
    str | None, typer.Option("--assignee", help="Only cases that this person has; an empty name: that nobody has.")
]
Since = Annotated[
    str | None, typer.Option(metavar="TIME", callback=checked_time, help="Only cases opened then or later.")
]
Order = Annotated[CaseOrder, typer.Option(help="What comes first: the most severe, or the newest.")]
Decided = Annotated[DecisionKind, typer.Option("--decision", help="What is decided.")]
IfMatch = Annotated[
    str | None,
    typer.Option(metavar="VERSION", help="Decide only if the case still has as many decisions, for one case."),
]
Somebody = Annotated[str | None, typer.Argument(metavar="NAME", help="Who is to have it; nobody without.")]


@cases.command("list")
def list_all(
    *,
    state: InState = None,
    action: WithAction = None,
    library: OfLibrary = None,
    reference: OfReference = None,
    media_id: OfMedia = None,
    assignee: OfAssignee = None,
    since: Since = None,
    order: Order = CaseOrder.SEVERITY,
    cursor: Cursor = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List cases: the most severe first."""
    with Client(load_settings()) as client:
        page = client.cases(
            state=state,
            action=action,
            library=library,
            reference=reference,
            media_id=media_id,
            assignee=assignee,
            since=since,
            order=order,
            cursor=cursor,
            limit=limit,
        )
    if as_json:
        print_json(page)
        return
    rows = [
        (
            one.case_id,
            one.state,
            one.action or "",
            one.media_id,
            f"{one.library}/{one.reference}",
            "" if one.match is None else f"{one.match.similarity:.2f}",
            f"{one.matched_seconds:.1f}",
            one.assignee or "",
            one.opened[:19],
        )
        for one in page.cases
    ]
    print_table(("case", "state", "action", "media", "copies", "sure", "seconds", "who has it", "opened"), rows)
    say_more(page.next)


@cases.command()
def show(case_id: CaseId, *, as_json: AsJson = False) -> None:
    """Show a case, its newest match, and every decision on it."""
    with Client(load_settings()) as client:
        _show(client.case(case_id), as_json=as_json)


@cases.command()
def decide(
    case_ids: CaseIds,
    *,
    decision: Decided,
    text: Annotated[str, typer.Option("--note", help="What to keep beside the decision.")] = "",
    if_match: IfMatch = None,
    as_json: AsJson = False,
) -> None:
    """Decide on cases. Ends with status 1 when one of them was not decided on; the others are."""
    if if_match is not None and len(case_ids) > 1:
        fail("--if-match names the state of one case: decide on the cases one by one", ExitCode.USAGE)
    state = {} if if_match is None else {"if_match": if_match}
    body = [{"case_id": one, "decision": decision.value, "note": text, **state} for one in case_ids]
    with Client(load_settings()) as client:
        results = client.decide(body)
    for result in results:
        if as_json:
            print_json(result)
        elif result.case is not None:
            say(f"{result.case_id}: {result.case.state}")
        else:
            _say_refused(result)
    if any(result.case is None for result in results):
        raise typer.Exit(ExitCode.FAILED)


@cases.command()
def assign(case_id: CaseId, name: Somebody = None, *, as_json: AsJson = False) -> None:
    """Give a case to somebody, or to nobody."""
    with Client(load_settings()) as client:
        _show(client.assign(case_id, name), as_json=as_json)


@cases.command()
def audit(*, cursor: Cursor = None, limit: Limit = 50, as_json: AsJson = False) -> None:
    """List every decision, newest first."""
    with Client(load_settings()) as client:
        page = client.decisions(cursor=cursor, limit=limit)
    if as_json:
        print_json(page)
        return
    print_table(
        ("case", "media", "copies", *_DECISION_COLUMNS),
        [(one.case_id, one.media_id, f"{one.library}/{one.reference}", *_decision(one)) for one in page.decisions],
    )
    say_more(page.next)


def _decision(one: DecisionView | AuditEntry) -> tuple[str, ...]:
    return one.when[:19], one.who, one.decision, one.before, one.after, one.note


def _say_refused(result: DecisionResult) -> None:
    """Say beside the results why a case was not decided on."""
    note(f"{shown(result.case_id)}: not decided: {result.detail}")


def _show(case: CaseView, *, as_json: bool) -> None:
    if as_json:
        print_json(case)
        return
    table = Table(show_header=False)
    for name in case.__struct_fields__:
        if name not in {"match", "decisions"}:
            value = getattr(case, name)
            table.add_row(name.replace("_", " "), "" if value is None else escape(str(value)))
    console.print(table)
    if case.match is not None:
        print_matches(case.media_id, [case.match])
    if case.decisions:
        print_table(_DECISION_COLUMNS, map(_decision, case.decisions))
