"""All settings of the service, in one class: `MEDIADNA_...` variables, lines of `mediadna.toml`, or defaults.

A variable wins over the file, the file over the default. `mediadna settings` lists them with where each came from. What
no setting is named is refused, in the environment as in the file: a name that was mistyped would leave a door open that
its author believes to be shut. A variable that is empty counts as set, to an empty text; one that names a file must not
be empty. Secrets are never settings themselves, but for the command line's own token: settings name files of them.
"""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import msgspec
import platformdirs
from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from fingerprint.media.limits import LEAST_COVERAGE, MAX_PIXELS
from schemas.limits import LONGEST_MEDIA_S, LONGEST_NAME, LONGEST_TARGET
from schemas.names import in_words, library_fault
from streams.redaction import without_secrets
from streams.settings_rules import contradictions

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

__all__ = [
    "OTHER_VARIABLES",
    "PREFIX",
    "SETTINGS_FILE",
    "Setting",
    "Settings",
    "available_cores",
    "listed",
]

#: The settings file that is read when it lies in the working directory.
SETTINGS_FILE = "mediadna.toml"
#: What every variable of ours begins with.
PREFIX = "MEDIADNA_"
#: Variables with that beginning which are no settings: where demo and tests keep footage, and where benchmarks look for
#: what they compare with.
OTHER_VARIABLES = frozenset({"MEDIADNA_FOOTAGE", "MEDIADNA_BENCH_SHARED"})

#: An empty text is no path of a file or folder: it would be taken for the working directory.
_PATHS = (Path, Path | None)


def available_cores() -> int:
    """Return how many processors this process may use, which in a container is fewer than the machine has."""
    return len(os.sched_getaffinity(0))


class _UnknownVariables(PydanticBaseSettingsSource):
    """Hands on the variables that look like settings and are none, under their whole names, so that they are refused.

    By itself `extra="forbid"` looks at the file and at arguments only.
    """

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 (the base's)
        """Return nothing: it has no values for settings."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the variables."""
        known = OTHER_VARIABLES.union(PREFIX + name.upper() for name in self.settings_cls.model_fields)
        return {
            name.upper(): value
            for name, value in os.environ.items()
            if name.upper().startswith(PREFIX) and name.upper() not in known
        }


class Settings(BaseSettings):
    """What an operator can set. The description of each field is what `mediadna settings` shows."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, toml_file=SETTINGS_FILE, extra="forbid", frozen=True, validate_default=True
    )

    state: Path = Field(
        default_factory=lambda: Path(platformdirs.user_state_dir("mediadna")),
        description="folder that holds all embedded state",
    )
    kafka: str = Field(default="", description="bootstrap servers, separated by commas; empty: the embedded broker")
    kafka_security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = Field(
        default="plaintext",
        description="how Kafka is spoken to; the embedded broker: in plain text, on loopback",
    )
    kafka_sasl_mechanism: Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] = Field(
        default="", description="how this worker proves to Kafka who it is, with sasl_ssl or sasl_plaintext"
    )
    kafka_user: str = Field(default="", description="user for PLAIN and SCRAM")
    kafka_password_file: Path | None = Field(default=None, description="file with that user's password")
    kafka_ca_file: Path | None = Field(
        default=None, description="PEM file of the authorities that sign Kafka's certificates; default: the system's"
    )
    kafka_cert_file: Path | None = Field(
        default=None, description="PEM file of this worker's certificate, where Kafka asks for one"
    )
    kafka_key_file: Path | None = Field(default=None, description="PEM file of that certificate's key")
    kafka_key_password_file: Path | None = Field(
        default=None, description="file with the password of that key, where it has one"
    )
    kafka_oauth_url: str = Field(
        default="", description="token endpoint for OAUTHBEARER, which is asked by OpenID's client credentials"
    )
    kafka_oauth_client: str = Field(default="", description="client id for OAUTHBEARER")
    kafka_oauth_secret_file: Path | None = Field(default=None, description="file with that client's secret")
    kafka_oauth_scope: str = Field(default="", description="scope that tokens are asked for, where one is needed")
    kafka_oauth_ca_file: Path | None = Field(
        default=None,
        description="PEM file of the authorities that sign the token endpoint's certificate; default: the system's",
    )
    milvus: str = Field(default="", description="URI of a Milvus server; empty: Milvus Lite below the state folder")
    milvus_token_file: Path | None = Field(
        default=None, description="file with a token, or 'user:password', that Milvus asks for"
    )
    milvus_ca_file: Path | None = Field(
        default=None, description="PEM file of the authorities that sign Milvus's certificate; default: gRPC's own"
    )
    milvus_cert_file: Path | None = Field(
        default=None, description="PEM file of this worker's certificate, where Milvus asks for one"
    )
    milvus_key_file: Path | None = Field(default=None, description="PEM file of that certificate's key")
    store: str = Field(
        default="",
        description="where fingerprint files are kept: a folder or any fsspec URL that all workers share; "
        "empty: below the state folder",
    )
    topic_prefix: str = Field(
        default="mediadna", pattern=r"^[A-Za-z0-9._-]{1,100}$", description="prefix of every topic"
    )
    web: str = Field(
        default="127.0.0.1:6066",
        pattern=r"^.+:\d{1,5}$",
        description="host:port of API and web view; port 0 picks a free one",
    )
    media: str = Field(
        default="",
        description="folders and URL prefixes that media may be read from, separated by spaces; "
        "empty: the state folder's media/",
    )
    media_template: str = Field(
        default="",
        pattern=r"^$|\{MediaId\}",
        description="address of a media item of which only its id is known, with {MediaId} where the id goes, such as "
        "https://cdn.example.com/{MediaId}.mp4; empty: a file below the media folders that is named by the id",
    )
    access_keys: Path | None = Field(
        default=None,
        description="file with one 'AccessKeyId AccessKeySecret [role]' a line, for the vendor's SDKs; a role may be "
        "followed by rights, such as submitter+replace,curate",
    )
    tokens: Path | None = Field(
        default=None,
        description="file with one 'token role' a line, for REST and web; rights may follow the role, such as "
        "submitter+replace,curate, and the owner's name the line",
    )
    unsigned_calls: Literal["auto", "never", "loopback"] = Field(
        default="auto",
        description="the vendor's calls without a signature, from programs of this machine; auto: taken only where "
        "neither tokens nor access keys are configured; never; loopback: taken beside them",
    )
    proxies: str = Field(
        default="",
        description="addresses and networks of reverse proxies, separated by spaces, whose X-Forwarded-For and "
        "X-Forwarded-Proto are believed; empty: nobody's",
    )
    callback_url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        max_length=LONGEST_TARGET,
        description="where complete events are posted to, unless a job names a place of its own; empty: nowhere",
    )
    callback_places: str = Field(
        default="",
        description="URL prefixes that jobs may have their events posted to, separated by spaces; "
        "empty: any public address",
    )
    callback_secrets: Path | None = Field(
        default=None,
        description="file with the secrets that sign callbacks, one a line: 'whsec_...' (several while receivers "
        "change over) and an AuthKey for X-VOD-SIGNATURE; default: made below the state folder",
    )
    token: SecretStr = Field(default=SecretStr(""), description="token that the command line sends")
    rate_limit: str = Field(
        default="300/second",
        pattern=r"^[1-9]\d*/(second|minute|hour)$",
        description="requests that one caller may send",
    )
    library: str = Field(
        default="default",
        min_length=1,
        max_length=LONGEST_NAME,
        description="library that event-triggered jobs use",
    )
    save_type: Literal["save", "forcesave", "nosave", "onlysave"] = Field(
        default="forcesave", description="what event-triggered jobs do besides matching"
    )
    slots: int = Field(
        default_factory=available_cores, ge=1, le=256, description="how many chunks one worker works on at a time"
    )
    import_slots: int = Field(
        default_factory=available_cores,
        ge=1,
        le=256,
        description="how many chunks of imports one worker works on beside these; they get the processor time that "
        "live events leave",
    )
    task_timeout_s: float = Field(
        default=120.0, gt=0, description="seconds of processor time that a task may use, such as one chunk's"
    )
    plan_timeout_s: float = Field(
        default=20.0,
        gt=0,
        description="seconds of processor time that looking at a media item may use before it is cut into chunks",
    )
    task_tries: int = Field(default=3, ge=1, le=20, description="tries that a chunk gets before its job fails")
    stall_s: float = Field(
        default=600.0,
        gt=0,
        description="seconds without progress after which a job of which nothing is queued any more is asked for again",
    )
    dead_letter_limit: int = Field(
        default=200,
        ge=0,
        description="inputs of one topic that a worker puts aside within a minute where nearly all are unusable; then "
        "it takes no more of the topic, says why at /readyz, and ends ten minutes later; 0: no limit",
    )
    boilerplate_references: int = Field(
        default=5,
        ge=2,
        description="references of one library that have to hold a span, such as opening titles, for it to be told as "
        "boilerplate, which links nothing by itself",
    )
    flood_limit: int = Field(
        default=50,
        ge=0,
        description="media items that a reference may match within an hour, however unusual that is for it; beyond "
        "that, and beyond ten times its usual rate, it is set aside until a person lifts that: its matches lead to a "
        "review at most; 0: no limit",
    )
    task_memory_mb: int = Field(
        default=4096, ge=512, description="memory that one worker process may map, in MiB, above what it starts with"
    )
    preview_slots: int = Field(
        default=2,
        ge=1,
        le=64,
        description="previews of media that one worker makes for people at a time; they give way to fingerprinting",
    )
    preview_cache_mb: int = Field(
        default=2048,
        ge=256,
        description="previews and thumbnails that one worker keeps below its state folder, in MiB; those that were "
        "used longest ago go first",
    )
    cage: Literal["auto", "required"] = Field(
        default="auto",
        description="the decoder's cage; auto: whatever this kernel gives, which the log tells; required: nothing "
        "starts without Landlock",
    )
    debuggable: bool = Field(
        default=False,
        description="whether other processes of the same user may look into those of the service, which hold its "
        "secrets: debuggers and profilers need it",
    )
    sweep_s: float = Field(
        default=6 * 3600.0,
        ge=0,
        description="seconds between comparisons of libraries with what is stored, which mend what differs; one worker "
        "makes them; 0: only 'mediadna doctor' does",
    )
    max_duration_s: float = Field(
        default=12 * 3600.0, gt=0, le=LONGEST_MEDIA_S, description="longest media that is accepted, seconds"
    )
    max_upload_bytes: int = Field(default=4 * 2**30, gt=0, description="largest media that may be sent along, bytes")
    max_pixels: int = Field(
        default=MAX_PIXELS, gt=0, description="largest picture that is accepted, width times height; the default is 8K"
    )
    least_coverage: float = Field(
        default=LEAST_COVERAGE,
        ge=0,
        le=1,
        description="share of the picture, and of the sound, that a job must be able to look at, 0..1: with less it "
        "fails instead of saying 'copies nothing' of what nobody has seen; 0: it succeeds, and says what it has seen",
    )
    max_bytes: int = Field(default=64 * 2**30, gt=0, description="largest media file that is accepted, bytes")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="least level logged")
    log_format: Literal["auto", "console", "json"] = Field(
        default="auto", description="auto: console on a terminal, JSON elsewhere"
    )

    @field_validator("*", mode="before")
    @classmethod
    def _named(cls, value: object, info: ValidationInfo) -> object:
        if value == "" and cls.model_fields[info.field_name or ""].annotation in _PATHS:
            raise ValueError("it is empty: name a place, or leave the setting out")
        return value

    @field_validator("state", mode="after")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("library", mode="after")
    @classmethod
    def _library_name(cls, value: str) -> str:
        if fault := library_fault(value):
            raise ValueError(in_words("a library", value, fault))
        return value

    @field_validator("proxies", mode="after")
    @classmethod
    def _networks(cls, value: str) -> str:
        for one in value.split():
            try:
                ipaddress.ip_network(one)
            except ValueError as error:
                raise ValueError(f"{error}: write addresses and networks such as 127.0.0.1 10.0.0.0/24") from None
        return value

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        found = contradictions(self)
        if found:
            raise ValueError("; ".join(found))
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (the hook's signature)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (the hook's signature)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments, then the environment, then `mediadna.toml`."""
        return init_settings, env_settings, _UnknownVariables(settings_cls), TomlConfigSettingsSource(settings_cls)

    @property
    def media_places(self) -> str:
        """Folders and URL prefixes that media may be read from, separated by spaces."""
        return self.media or str(self.state / "media")

    @property
    def store_url(self) -> str:
        """Folder or fsspec URL of the fingerprint store."""
        return self.store or str(self.state / "fingerprints")

    @property
    def proxy_networks(self) -> list[str]:
        """Addresses and networks of the proxies whose headers are believed."""
        return self.proxies.split()

    @property
    def web_host(self) -> str:
        """Host that API and web view listen on."""
        return self.web.rpartition(":")[0].strip("[]")

    @property
    def web_port(self) -> int:
        """Port that API and web view listen on; 0 picks a free one."""
        return int(self.web.rpartition(":")[2])


class Setting(msgspec.Struct, kw_only=True):
    """A setting as it is shown: secrets are masked."""

    variable: str
    value: str
    source: str
    meaning: str


def listed(settings: Settings) -> list[Setting]:
    """Return every setting with its value and where that comes from."""
    return [
        Setting(
            variable=f"{PREFIX}{name.upper()}",
            value=_shown(getattr(settings, name)),
            source=_source(settings, name),
            meaning=field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def _shown(value: object) -> str:
    """Write a value without what is secret in the addresses that it may hold."""
    return "" if value is None else without_secrets(str(value))


def _source(settings: Settings, name: str) -> str:
    if f"{PREFIX}{name.upper()}" in os.environ:
        return "variable"
    return "mediadna.toml" if name in settings.model_fields_set else "default"
