"""Policies over REST."""

from __future__ import annotations

from typing import Annotated, Any, Self

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from schemas.libraries import Purpose
from schemas.limits import LONGEST_NAME
from schemas.names import NO_CONTROL_OR_SLASH
from schemas.policies import LAST_POSITION, MOST_POLICIES, Action, Conditions, Policy, PolicyMode
from streams.domain.policy_errors import UnusablePolicyError
from streams.services.policy_preview import Effect
from streams.web.api.etag import UNCHANGED, IfMatch, is_expected, tag_of, with_etag
from streams.web.api.views import LibraryName
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.paths import in_path
from streams.web.services import Services

__all__ = ["POLICY_ROUTES", "PolicyList", "PolicyView"]

PolicyName = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=LONGEST_NAME, pattern=NO_CONTROL_OR_SLASH, description="what people call the policy"
    ),
]
Position = Annotated[
    int,
    msgspec.Meta(ge=0, le=LAST_POSITION, description="of a library's policies the first one that holds decides"),
]
Mode = Annotated[
    PolicyMode,
    msgspec.Meta(description="`shadow` records what it would decide, and is never acted on; `off` is not looked at"),
]
ForLibrary = Annotated[LibraryName, msgspec.Meta(description="whose matches it decides on; else give `purpose`")]
ForPurpose = Annotated[Purpose, msgspec.Meta(description="of all libraries on whose matches it decides")]
When = Annotated[Conditions, msgspec.Meta(description="least values, all of which have to hold of a match")]
Told = Annotated[str, msgspec.Meta(description="what an answer says; left out of account here")]
Days = Annotated[int, QueryParameter(ge=1, le=365, description="how many days back")]
DecidesOn = Annotated[
    str | None, QueryParameter(description="only policies that decide on the matches of this library")
]


class PolicyView(msgspec.Struct, kw_only=True):
    """A policy."""

    name: str
    library: str | msgspec.UnsetType = msgspec.UNSET
    purpose: Purpose | msgspec.UnsetType = msgspec.UNSET
    position: int
    mode: PolicyMode
    when: Conditions
    action: Action
    created: str
    updated: str

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """Return what to show of a policy."""
        return cls(
            name=policy.name,
            library=msgspec.UNSET if policy.library is None else policy.library,
            purpose=msgspec.UNSET if policy.purpose is None else policy.purpose,
            position=policy.position,
            mode=policy.mode,
            when=policy.when,
            action=policy.action,
            created=policy.created,
            updated=policy.updated,
        )


class PolicyList(msgspec.Struct, kw_only=True):
    """Policies, in the order in which they are looked at."""

    policies: list[PolicyView]
    missing_libraries: Annotated[
        list[str],
        msgspec.Meta(description="libraries that policies are for and that are not there: these policies wait"),
    ]


class PolicyFields(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a policy is but for its name. What an answer says beside that may be sent back, and says nothing here."""

    library: ForLibrary | None = None
    purpose: ForPurpose | None = None
    position: Position = 100
    mode: Mode = PolicyMode.ACTIVE
    when: When = Conditions()
    action: Action
    created: Told = ""
    updated: Told = ""

    def named(self, name: str) -> Policy:
        """Return the policy of this name."""
        return Policy(
            name=name,
            library=self.library,
            purpose=self.purpose,
            position=self.position,
            mode=self.mode,
            when=self.when,
            action=self.action,
        )


class NewPolicy(PolicyFields, kw_only=True, forbid_unknown_fields=True):
    """A policy to be made, or to be tried."""

    name: PolicyName


class PolicyState(PolicyFields, kw_only=True, forbid_unknown_fields=True):
    """What is to be there under a policy's name; what is absent gets what it has by default."""

    name: PolicyName | None = None


class PolicyOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The order that policies are to have."""

    names: Annotated[
        list[PolicyName], msgspec.Meta(max_length=MOST_POLICIES, description="each once; others keep their positions")
    ]


@get("/policies", summary="List policies", opt=needs(Role.READER))
async def list_policies(services: NamedDependency[Services], *, library: DecidesOn = None) -> PolicyList:
    """List policies in the order in which they are looked at: all, or those of a library and of its purpose."""
    return await _listed(services, await services.policies.all(library))


@post("/policies", status_code=201, summary="Make a policy", opt=needs(Role.ADMIN))
async def create_policy(data: JSONBody[NewPolicy], services: NamedDependency[Services]) -> Response[PolicyView]:
    """Make a policy; the next match is held against it."""
    view = PolicyView.of(await services.policies.create(data.named(data.name)))
    headers = {"Location": f"/api/v1/policies/{in_path(view.name)}", "ETag": tag_of(view)}
    return Response(view, headers=headers)


@get("/policies/{name:str}", summary="Show a policy", responses=UNCHANGED, opt=needs(Role.READER))
async def show_policy(
    name: FromPath[str], services: NamedDependency[Services], request: Request[Any, Any, Any]
) -> Response[PolicyView | None]:
    """Show a policy."""
    return with_etag(request, PolicyView.of(await services.policies.get(name)))


@put("/policies/{name:str}", summary="Replace a policy", opt=needs(Role.ADMIN))
async def replace_policy(
    name: FromPath[str],
    data: JSONBody[PolicyState],
    services: NamedDependency[Services],
    *,
    if_match: IfMatch = None,
) -> Response[PolicyView]:
    """Put what is given in the place of a policy. Its name stays, and when it was made."""
    if data.name not in {None, name}:
        raise UnusablePolicyError(f"policy {name!r} keeps its name: make another one, and delete this one")
    policy = await services.policies.replace(
        data.named(name), expected=lambda there: is_expected(if_match, PolicyView.of(there))
    )
    view = PolicyView.of(policy)
    return Response(view, headers={"ETag": tag_of(view)})


@delete("/policies/{name:str}", summary="Delete a policy", opt=needs(Role.ADMIN))
async def delete_policy(name: FromPath[str], services: NamedDependency[Services], *, if_match: IfMatch = None) -> None:
    """Delete a policy. What it has led to stays as it is."""
    await services.policies.delete(name, expected=lambda there: is_expected(if_match, PolicyView.of(there)))


@post("/policies/reorder", status_code=200, summary="Give policies an order", opt=needs(Role.ADMIN))
async def reorder_policies(data: JSONBody[PolicyOrder], services: NamedDependency[Services]) -> PolicyList:
    """Give the policies that are named the positions 10, 20, 30 and so on; return all policies in their order."""
    return await _listed(services, await services.policies.reorder(data.names))


@post("/policies/preview", status_code=200, summary="Show what a policy would do", opt=needs(Role.READER))
async def preview_policy(data: JSONBody[NewPolicy], services: NamedDependency[Services], *, days: Days = 7) -> Effect:
    """Show what a policy, in the place of one of its name, would do to the matches of the last days, and do nothing.

    A reader may: what it tells follows from matches and policies, all of which readers see, and it changes nothing.
    """
    return await services.policies.preview(data.named(data.name), days=days)


@get("/policies/{name:str}/shadow", summary="Show what a policy in shadow has recorded", opt=needs(Role.READER))
async def show_shadow(name: FromPath[str], services: NamedDependency[Services], *, days: Days = 7) -> Effect:
    """Show what would have been in the last days if a policy in shadow had decided, as it was recorded then."""
    return await services.policies.shadow(name, days=days)


POLICY_ROUTES = (
    list_policies,
    create_policy,
    show_policy,
    replace_policy,
    delete_policy,
    reorder_policies,
    preview_policy,
    show_shadow,
)


async def _listed(services: Services, policies: list[Policy]) -> PolicyList:
    missing = await services.policies.missing_libraries(policies)
    return PolicyList(policies=[PolicyView.of(one) for one in policies], missing_libraries=missing)
