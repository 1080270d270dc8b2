"""Where in the queue a case stands for somebody: the filter and the order of the list that they came from."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from schemas.cases import CaseState
from schemas.policies import Action
from streams.readmodel.cases import CaseFilter, CaseOrder
from streams.web.paths import in_path

__all__ = ["CasePlace"]

#: Parameters of an address that say which list somebody came from.
NAMES = ("state", "action", "library", "reference", "media_id", "assignee", "since", "similarity", "order")


@dataclass(frozen=True)
class CasePlace:
    """The list that a case was opened from.

    Attributes:
        wanted: Its filter; that of the open cases where the address names none.
        order: Its order.
        given: What the address says of it, to be carried on to the next case.
    """

    wanted: CaseFilter
    order: CaseOrder
    given: Mapping[str, str]

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Self:
        """Read an address. What it says wrongly is left out: it was written by hand, or for a version to come."""
        given = {name: parameters[name] for name in NAMES if parameters.get(name)}
        state, action = given.get("state"), given.get("action")
        similarity = None
        with suppress(KeyError, ValueError):
            similarity = float(given["similarity"])
        wanted = CaseFilter(
            state=CaseState(state) if state in set(CaseState) else None if given else CaseState.OPEN,
            action=Action(action) if action in set(Action) else None,
            library=given.get("library"),
            reference=given.get("reference"),
            media_id=given.get("media_id"),
            assignee=given.get("assignee"),
            since=given.get("since"),
            similarity=similarity,
        )
        order = CaseOrder.TIME if given.get("order") == CaseOrder.TIME else CaseOrder.SEVERITY
        return cls(wanted, order, given)

    @property
    def from_queue(self) -> bool:
        """Whether somebody came from the queue, and wants to go on there; others came for this one case."""
        return bool(self.given)

    @property
    def queue(self) -> str:
        """The address of the list."""
        return f"/cases?{urlencode(self.given)}" if self.given else "/cases"

    def case(self, case_id: str) -> str:
        """Return the address of another case of the list."""
        return f"/cases/{in_path(case_id)}" + (f"?{urlencode(self.given)}" if self.given else "")
