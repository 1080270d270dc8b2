"""Why something cannot be done with a policy. Every message says what to do next."""

from __future__ import annotations

from schemas.names import in_words, library_fault
from schemas.policies import MOST_POLICIES

__all__ = [
    "PolicyChangedError",
    "PolicyError",
    "PolicyExistsError",
    "TooManyPoliciesError",
    "UnknownPolicyError",
    "UnusablePolicyError",
    "check_policy_name",
]

#: Words that stand in the place of a policy's name in addresses of the REST API.
TAKEN_BY_ADDRESSES = frozenset({"preview", "reorder"})


class PolicyError(ValueError):
    """A request names or holds a policy with which this cannot be done."""


class UnusablePolicyError(PolicyError):
    """The policy itself is none that could be kept."""


class UnknownPolicyError(PolicyError):
    """There is no policy of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no policy {name!r}: create it, or name one of those that are listed")


class PolicyExistsError(PolicyError):
    """A policy of this name is there already, or somebody else has made one at the same time."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a policy {name!r} already: choose another name, or replace that one")


class PolicyChangedError(PolicyError):
    """The policy is not what the caller has seen of it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"somebody else has changed policy {name!r} meanwhile: read it again, then replace it")


class TooManyPoliciesError(PolicyError):
    """There are as many policies as there may be."""

    def __init__(self) -> None:
        super().__init__(f"there are {MOST_POLICIES} policies, and no more can be kept: delete one, or replace it")


def check_policy_name(name: str) -> None:
    """Check that a new policy gets a name that every address can hold.

    Raises:
        UnusablePolicyError: It does not.
    """
    fault = library_fault(name) or ("is an address of its own" if name in TAKEN_BY_ADDRESSES else "")
    if fault:
        raise UnusablePolicyError(in_words("a policy", name, fault))
