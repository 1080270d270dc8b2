"""The topics as other systems see them: what is on each, by which key, with which headers.

Documents are made from this table; the names of a running service come from its configuration's prefix.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from schemas.backward import BackwardSearch
from schemas.boilerplate import BoilerplateRuling
from schemas.cases import Assignment, Decision
from schemas.commands import (
    AddMatch,
    CancelBackwardSearch,
    CancelJob,
    DecideCase,
    DeleteMedia,
    ForgetItem,
    MarkItem,
    RemoveItem,
    ReviseOutcome,
    StartBackwardSearch,
    SubmitJob,
)
from schemas.deadletter import DeadLetterReplay
from schemas.deliveries import Delivery
from schemas.deployment import DeploymentClaim
from schemas.events import AIMediaDNAComplete, StreamTranscodeComplete, TranscodeComplete
from schemas.jobs import Job, LiveMatch
from schemas.keys import KeyClaim
from schemas.libraries import Library, LibraryItem
from schemas.limits import LARGEST_INPUT, MOST_RENDITIONS
from schemas.policies import Outcome, Policy
from schemas.quarantines import Quarantine
from schemas.recurring import RecurringDecision
from schemas.tasks import (
    ChunkResult,
    CleanUp,
    DropLibrary,
    EmptyLibrary,
    FingerprintChunk,
    FinishJob,
    Probe,
    RemoveMedia,
    SearchBackwards,
)

if TYPE_CHECKING:
    import msgspec

__all__ = ["CHANNELS", "PARTITIONS", "PREFIX", "Channel", "Headers", "Use"]

#: What topic names begin with unless configured otherwise.
PREFIX = "mediadna"
#: Partitions of every topic. Work is spread over workers by partition, so this is the most workers that the agents can
#: be spread over; chunks inside one worker run side by side whatever the number.
PARTITIONS = 4


class Headers(StrEnum):
    """The kinds of headers that messages carry."""

    #: A trace, and the attributes of a CloudEvents envelope in binary mode: all optional.
    INPUT = "inputHeaders"
    #: The attributes of a CloudEvents envelope, and the trace that came in.
    OUTPUT = "outputHeaders"
    #: The input's own, and why it could not be used.
    DEAD_LETTER = "deadLetterHeaders"
    #: Why it could not be used, how large it is, and where the whole of it is.
    DEAD_LETTER_REFERENCE = "deadLetterReferenceHeaders"
    #: None.
    NONE = "none"


class Use(StrEnum):
    """What the service does with a topic."""

    #: Others write, the service reads.
    INPUT = "input"
    #: The service writes, others read.
    OUTPUT = "output"
    #: Workers write and read.
    INTERNAL = "internal"


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One topic.

    Attributes:
        name: Its name behind the prefix.
        title: What a person calls it.
        description: What it is for.
        key: What its messages are keyed by.
        payloads: The types of its values; empty where a value may be anything.
        use: What the service does with it.
        headers: What headers its messages carry.
        compacted: Whether Kafka keeps the newest message of each key for good.
        kept: Whether Kafka keeps every message for good.
    """

    name: str
    title: str
    description: str
    key: str
    payloads: tuple[type[msgspec.Struct], ...]
    use: Use
    headers: Headers
    compacted: bool = False
    kept: bool = False

    @property
    def address(self) -> str:
        """The topic's name unless configured otherwise."""
        return f"{PREFIX}.{self.name}"


_COMMANDS = (
    SubmitJob,
    CancelJob,
    MarkItem,
    RemoveItem,
    ForgetItem,
    DeleteMedia,
    DecideCase,
    AddMatch,
    ReviseOutcome,
    StartBackwardSearch,
    CancelBackwardSearch,
)
#: The tasks that travel: those that ask what is stored do not.
_TASKS = (Probe, FingerprintChunk, FinishJob, CleanUp, RemoveMedia, EmptyLibrary, DropLibrary, SearchBackwards)

CHANNELS: tuple[Channel, ...] = (
    Channel(
        name="transcode-complete",
        title="Transcode complete",
        description="A rendition of a video is ready, or all of them are. Bare JSON, or a CloudEvents envelope in "
        "structured or binary mode. Unknown fields are ignored; numbers may be written as strings. However many of "
        f"these events a video has, they make one job. An event has at most {LARGEST_INPUT} bytes with its key and "
        f"headers; of a video's renditions the best {MOST_RENDITIONS} are noted.",
        key="VideoId: keeps a video's events in order.",
        payloads=(StreamTranscodeComplete, TranscodeComplete),
        use=Use.INPUT,
        headers=Headers.INPUT,
    ),
    Channel(
        name="job-requests",
        title="Job requests",
        description="What is asked for by an event, over HTTP, on the command line or by an import: jobs, their "
        "ends, changes to what libraries hold, decisions on cases, matches that were found later, and backward "
        "searches. One without `Action` asks for a job: version 0.1 has written it.",
        key="MediaId",
        payloads=_COMMANDS,
        use=Use.INTERNAL,
        headers=Headers.NONE,
    ),
    Channel(
        name="idempotency-keys",
        title="Idempotency keys",
        description="Which request a caller's key stands for: the first message of each JobId says it. The job itself "
        "says it as well, so messages need not be kept for longer than requests wait. Also which nonces of signed "
        "calls were used, for half an hour each.",
        key="JobId, which is derived from the caller and the key, or what stands for a nonce: keeps the claims of a "
        "key, or of a nonce, in order.",
        payloads=(KeyClaim,),
        use=Use.INTERNAL,
        headers=Headers.NONE,
    ),
    Channel(
        name="chunks",
        title="Tasks",
        description="Pieces of work, such as one chunk of a media item, for whichever worker is free. Beside the "
        "fields of its kind each has what workers of version 0.1 need.",
        key="JobId, kind and number of the chunk, with colons between them: spreads a job over all workers.",
        payloads=_TASKS,
        use=Use.INTERNAL,
        headers=Headers.NONE,
    ),
    Channel(
        name="import-chunks",
        title="Tasks of imports",
        description="As `chunks`, for jobs of imports and for backward searches: a lane of their own, so that live "
        "events do not wait behind a backfill.",
        key="As on `chunks`.",
        payloads=_TASKS,
        use=Use.INTERNAL,
        headers=Headers.NONE,
    ),
    Channel(
        name="chunk-results",
        title="Results of tasks",
        description="What became of each task.",
        key="MediaId; of tasks about a whole library its name.",
        payloads=(ChunkResult,),
        use=Use.INTERNAL,
        headers=Headers.NONE,
    ),
    Channel(
        name="matches",
        title="Live matches",
        description="Matches seen while the video is still being processed, for live moderation. The complete event "
        "supersedes them. The first one that makes a rule hold carries `Outcome`, and so does each later one that "
        "makes it stronger. With `Retroactive`, one that was found when a reference was held against everything that "
        "had been stored before it. One may come twice, with the same `ce_id`.",
        key="MediaId",
        payloads=(LiveMatch,),
        use=Use.OUTPUT,
        headers=Headers.OUTPUT,
    ),
    Channel(
        name="job-complete",
        title="MediaDNA job complete",
        description="A job has ended: exactly one event for each job, with what was found, or why it failed. "
        "Its `ce_id` is the JobId.",
        key="MediaId",
        payloads=(AIMediaDNAComplete,),
        use=Use.OUTPUT,
        headers=Headers.OUTPUT,
    ),
    Channel(
        name="jobs",
        title="Jobs",
        description="The newest state of each job. Read it from the beginning for a table of all jobs. A message "
        "without a value says that the media item was deleted, and its jobs with it.",
        key="JobId",
        payloads=(Job,),
        use=Use.OUTPUT,
        headers=Headers.OUTPUT,
        compacted=True,
    ),
    Channel(
        name="deliveries",
        title="Deliveries of callbacks",
        description="The newest state of each callback, with its attempts. Read it from the beginning for the log of "
        "all deliveries.",
        key="JobId",
        payloads=(Delivery,),
        use=Use.OUTPUT,
        headers=Headers.OUTPUT,
        compacted=True,
    ),
    Channel(
        name="outcomes",
        title="Outcomes",
        description="The newest outcome of each media item, which an upload system waits for: told as soon as a rule "
        "holds, when the job ends (`Final`), and when a person decides. A job that fails has one only where matches "
        "were seen before.",
        key="MediaId",
        payloads=(Outcome,),
        use=Use.OUTPUT,
        headers=Headers.OUTPUT,
        compacted=True,
    ),
    Channel(
        name="decisions",
        title="Decisions",
        description="What people have decided on cases: the audit log, of which nothing is changed or dropped. One may "
        "come twice, with the same `ce_id`, which is its DecisionId.",
        key="Id of the case: keeps the decisions on one case in order.",
        payloads=(Decision,),
        use=Use.OUTPUT,
        headers=Headers.OUTPUT,
        kept=True,
    ),
    Channel(
        name="boilerplate-rulings",
        title="Rulings on boilerplate",
        description="What people have said of references, or of spans of them: that what they share with others links "
        "all the same, or links nothing. The last one of one RulingId holds; nothing is changed or dropped. One may "
        "come twice, with the same `ce_id`, which is its EntryId.",
        key="RulingId: keeps what is said of one span in order.",
        payloads=(BoilerplateRuling,),
        use=Use.OUTPUT,
        headers=Headers.OUTPUT,
        kept=True,
    ),
    Channel(
        name="assignments",
        title="Assignments of cases",
        description="Who has a case.",
        key="Id of the case",
        payloads=(Assignment,),
        use=Use.INTERNAL,
        headers=Headers.NONE,
        compacted=True,
    ),
    Channel(
        name="policies",
        title="Policies",
        description="The newest state of each policy. A message without a value says that it was deleted.",
        key="Name of the policy",
        payloads=(Policy,),
        use=Use.INTERNAL,
        headers=Headers.NONE,
        compacted=True,
    ),
    Channel(
        name="quarantines",
        title="Quarantines",
        description="That a reference matches far more media than is usual for it, so that its matches are for people "
        "alone; and that a person has lifted that.",
        key="Library and MediaId, with the control character U+001F between them.",
        payloads=(Quarantine,),
        use=Use.OUTPUT,
        headers=Headers.OUTPUT,
        compacted=True,
    ),
    Channel(
        name="backward-searches",
        title="Backward searches",
        description="The newest state of each search that holds one reference against everything that was stored "
        "before it.",
        key="Id of the search",
        payloads=(BackwardSearch,),
        use=Use.OUTPUT,
        headers=Headers.OUTPUT,
        compacted=True,
    ),
    Channel(
        name="recurring",
        title="Decisions on recurring content",
        description="The newest decision on each span that recurs in what is stored: that it was promoted to an item "
        "of a library, or dismissed; or that this was taken back.",
        key="Id of the span",
        payloads=(RecurringDecision,),
        use=Use.INTERNAL,
        headers=Headers.NONE,
        compacted=True,
    ),
    Channel(
        name="libraries",
        title="Libraries",
        description="The newest state of each library. A message without a value says that it was deleted.",
        key="Name of the library",
        payloads=(Library,),
        use=Use.INTERNAL,
        headers=Headers.NONE,
        compacted=True,
    ),
    Channel(
        name="items",
        title="Items of libraries",
        description="What each library holds. A message without a value says that the item was removed.",
        key="Library and MediaId, with the control character U+001F between them.",
        payloads=(LibraryItem,),
        use=Use.INTERNAL,
        headers=Headers.NONE,
        compacted=True,
    ),
    Channel(
        name="replays",
        title="Replays of dead letters",
        description="Which dead letters have been sent again, so that each is sent once.",
        key="Id of the dead letter",
        payloads=(DeadLetterReplay,),
        use=Use.INTERNAL,
        headers=Headers.NONE,
        compacted=True,
    ),
    Channel(
        name="deployment",
        title="Places of the deployment",
        description="Where the workers keep index and fingerprints. All messages are on partition 0, so that there is "
        "one order: the oldest claim holds, and a worker whose own contradicts it does not start. A message without a "
        "value says that a claim was given up.",
        key="Id of the claim",
        payloads=(DeploymentClaim,),
        use=Use.INTERNAL,
        headers=Headers.NONE,
        compacted=True,
    ),
    Channel(
        name="dead-letter",
        title="Dead letters",
        description="Inputs that could not be used, as they came, with headers that say why. To send one again, "
        "write its key, value and headers to the topic in `x-original-topic`, and add one to `x-replay-count`. "
        f"An input of more than {LARGEST_INPUT} bytes is held by reference: `x-truncated` says so, key and value are "
        "its first bytes, and the whole is on `x-original-topic`, at `x-original-offset` of `x-original-partition`, "
        "for as long as Kafka keeps it.",
        key="As it came; of a long one its first bytes.",
        payloads=(),
        use=Use.OUTPUT,
        headers=Headers.DEAD_LETTER,
    ),
)
