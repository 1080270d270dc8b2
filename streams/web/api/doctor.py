"""Comparing libraries with what is stored, over REST: it may take long, so it is begun here and asked after there."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from streams.services.reconciliation.doctor import DoctorBusyError, Report
from streams.services.reconciliation.examination import Order
from streams.web.api.views import LibraryName
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.problem_types import ProblemError
from streams.web.problems_of_state import DOCTOR_BUSY
from streams.web.services import Services

__all__ = ["DOCTOR_ROUTES"]


class NewExamination(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A comparison that is to be made."""

    library: Annotated[LibraryName | None, msgspec.Meta(description="only this library; all when it is not given")] = (
        None
    )
    mend: Annotated[bool, msgspec.Meta(description="mend what differs")] = False
    force: Annotated[bool, msgspec.Meta(description="mend also where most of a library would go")] = False


@get("/doctor", summary="Show what the latest comparison has found", opt=needs(Role.READER))
async def show_report(services: NamedDependency[Services]) -> Report:
    """Show what the latest comparison of this worker has found, or has found so far."""
    return services.doctor.report


@post("/doctor", status_code=202, summary="Compare libraries with what is stored", opt=needs(Role.ADMIN))
async def examine(data: JSONBody[NewExamination], services: NamedDependency[Services]) -> Report:
    """Begin to compare libraries, fingerprint store, window index and jobs, and to mend what differs on demand.

    It goes on by itself; ask this worker for the report until it has ended.
    """
    try:
        return services.doctor.examine(Order(library=data.library, mend=data.mend, force=data.force))
    except DoctorBusyError as error:
        raise ProblemError(DOCTOR_BUSY, str(error)) from error


DOCTOR_ROUTES = (show_report, examine)
