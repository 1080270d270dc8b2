"""Rules: what a match with a library leads to, and what a media item's matches led to.

A policy is written in the form in which people send it over REST; what it leads to travels inside events.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import msgspec

from schemas.libraries import Purpose, Seconds, Share
from schemas.limits import LONGEST_NAME
from schemas.matches import Match

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "LAST_POSITION",
    "MOST_POLICIES",
    "Action",
    "Conditions",
    "Outcome",
    "Policy",
    "PolicyMode",
    "RuledBy",
    "RuledMatch",
    "Ruling",
    "TrackCondition",
    "strongest",
]

#: Policies that there may be at the most: each match is held against them while its job's other messages wait.
MOST_POLICIES = 1000
#: The furthest place in the order.
LAST_POSITION = 1_000_000


class Action(StrEnum):
    """What a match leads to, from the strongest to the weakest."""

    #: The input is not to be published.
    BLOCK = "block"
    #: A person decides.
    REVIEW = "review"
    #: It is noted.
    TRACK = "track"
    #: It is known, and permitted.
    ALLOW = "allow"

    @property
    def strength(self) -> int:
        """Higher is stronger."""
        return len(Action) - list(Action).index(self)

    @property
    def goes_to_people(self) -> bool:
        """Whether a case is opened, for somebody to look at."""
        return self in {Action.BLOCK, Action.REVIEW}


class PolicyMode(StrEnum):
    """Whether a policy is acted on."""

    #: It decides.
    ACTIVE = "active"
    #: What it would decide is recorded, and nothing else.
    SHADOW = "shadow"
    #: It is not looked at.
    OFF = "off"


class TrackCondition(StrEnum):
    """Which tracks have to carry a match."""

    #: Whichever.
    ANY = "any"
    #: The picture, alone or with the sound.
    PICTURE = "picture"
    #: The sound, alone or with the picture.
    SOUND = "sound"
    #: Picture and sound agree.
    BOTH = "both"


class Conditions(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What has to hold of a match. All are least values, and all have to hold."""

    #: Of the match, 0..1.
    similarity: Share = 0.0
    #: Seconds of the input that it copies; what several intervals cover counts once.
    matched_seconds: Seconds = 0.0
    #: Covered share of the input, 0..1.
    input_coverage: Share = 0.0
    #: Covered share of the reference, 0..1.
    reference_coverage: Share = 0.0
    #: Which tracks carry it.
    track: TrackCondition = TrackCondition.ANY


class Policy(msgspec.Struct, kw_only=True, frozen=True):
    """The newest state of a policy: the value on the compacted `policies` topic, keyed by its name."""

    #: What people call it.
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
    #: The library whose matches it decides on; null: all of one purpose.
    library: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)] | None = None
    #: The purpose of the libraries whose matches it decides on; null: one library.
    purpose: Purpose | None = None
    #: Its place: of a library's policies the first one that holds decides. Of equal places the name says the order.
    position: Annotated[int, msgspec.Meta(ge=0, le=LAST_POSITION)] = 100
    #: Whether it is acted on.
    mode: PolicyMode = PolicyMode.ACTIVE
    #: What has to hold of a match.
    when: Conditions = Conditions()
    #: What the match leads to then.
    action: Action
    #: When it was made, UTC.
    created: str = ""
    #: When this state came to be, UTC.
    updated: str = ""


class Ruling(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """What the match with one reference led to, kept beside the matches of a job."""

    #: Where the reference is.
    library: str
    #: The reference.
    reference: str
    #: What the policy, or the library's purpose, makes of it, whatever people have said.
    action: Action
    #: The policy that decided; empty: the library's purpose alone did.
    policy: str = ""
    #: What it would have led to if policies in shadow decided; none where that makes no difference.
    shadow_action: Action | None = None
    #: The policy in shadow.
    shadow_policy: str = ""
    #: Whether a person has said that this is no match, so that it is not reported.
    dismissed: bool = False
    #: Whether a person has permitted the copy.
    permitted: bool = False
    #: Whether it was found later, when the reference was held against what was stored before it.
    retroactive: bool = False
    #: Whether the reference is younger than the input, so that it is the copy.
    younger: bool = False

    @property
    def effective(self) -> Action:
        """What the match leads to, with what people have said."""
        return Action.ALLOW if self.permitted else self.action


class RuledBy(msgspec.Struct, rename="pascal", kw_only=True, frozen=True):
    """What an event says that a match, or all matches of a media item, led to."""

    #: What is to be done.
    action: Action
    #: The policy that decided; empty: the purpose of the library alone did, or nothing was found.
    policy: str = ""
    #: Always `active`: what is only tried out changes no event.
    mode: PolicyMode = PolicyMode.ACTIVE


class RuledMatch(Match, frozen=True, kw_only=True):
    """One reference that an input copies, and what that leads to, as answers show it."""

    #: What it leads to; null for jobs of before there were policies.
    action: Action | None = None
    #: The policy that decided; empty: the purpose of the library alone did.
    policy: str = ""
    #: Whether a person has said that it is no match.
    suppressed: bool = False
    #: Whether it was found when the reference was held against what was stored before it.
    retroactive: bool = False
    #: Whether the reference is younger than the input, so that it is the copy.
    younger: bool = False


class Outcome(msgspec.Struct, rename="pascal", kw_only=True, frozen=True):
    """The newest outcome of a media item: the value on the compacted `outcomes` topic. Upload systems wait for it."""

    #: The input.
    media_id: str
    #: The strongest action of its pairs; `allow` where nothing was found.
    action: Action
    #: The policy that decided; empty: the purpose of a library alone did, or nothing was found.
    policy: str = ""
    #: Always `active`: what is only tried out changes no event.
    mode: PolicyMode = PolicyMode.ACTIVE
    #: The cases that people decide on.
    cases: tuple[str, ...] = ()
    #: Whether the job has ended; until then the outcome can grow stronger.
    final: bool = False
    #: Which share of the input had been looked at by then, 0..1.
    seen: float = 1.0
    #: The job that the outcome is of.
    job_id: str
    #: When this came to be, UTC.
    event_time: str


def strongest(rulings: Iterable[Ruling]) -> Ruling | None:
    """Return the ruling that decides for the media item; of equal ones the first, and of dismissed ones none."""
    return max((one for one in rulings if not one.dismissed), key=lambda one: one.effective.strength, default=None)
