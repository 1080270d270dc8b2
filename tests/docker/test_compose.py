"""The whole service as Docker Compose is asked to run it, as far as that shows without an engine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from streams.settings import PREFIX, Settings
from streams.web.auth.exposure import check_exposure

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
OTHERS = [name for name in SERVICES if name not in OURS]
#: Where the service writes: its state, and files that it needs for a while.
WRITTEN = {"/var/lib/mediadna", "/tmp"}  # noqa: S108 (a place in a container)
#: What Compose puts in the place of a variable that is not set.
DEFAULT = re.compile(r"\$\{[A-Z_]+:-([^}]*)\}")


def filled(value: object) -> str:
    """Return a value as it is where no variable is set."""
    return DEFAULT.sub(r"\1", str(value))


def settings_of(name: str) -> dict[str, str]:
    """Return the variables of ours that a service gets."""
    return {key: filled(value) for key, value in SERVICES[name]["environment"].items()}


def test_each_role_is_there_and_there_are_two_workers() -> None:
    assert set(OURS) == {"worker", "web", "import"}
    assert set(OTHERS) == {"kafka", "milvus"}
    assert SERVICES["worker"]["command"] == ["worker"]
    assert SERVICES["worker"]["deploy"]["replicas"] == 2
    assert SERVICES["web"]["command"] == ["web"]
    assert SERVICES["import"]["entrypoint"][-2:] == ["mediadna", "import"]


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_a_setting_and_all_of_them_go_together(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in settings_of(name).items():
        assert variable.startswith(PREFIX)
        monkeypatch.setenv(variable, value)
    settings = Settings()
    if name != "import":  # which listens on nothing
        check_exposure(settings)


def test_who_is_reached_from_elsewhere_asks_for_tokens_from_a_secret() -> None:
    assert settings_of("web")["MEDIADNA_TOKENS"] == "/run/secrets/tokens"
    assert SERVICES["web"]["secrets"] == ["tokens"]
    assert set(COMPOSE["secrets"]) == {"tokens"}
    assert [name for name in OURS if "ports" in SERVICES[name]] == ["web"]
    assert filled(SERVICES["web"]["ports"][0]).endswith(f":{Settings(web=settings_of('web')['MEDIADNA_WEB']).web_port}")


def test_nothing_is_published_beyond_this_machine() -> None:
    published = [str(port) for service in SERVICES.values() for port in service.get("ports", [])]
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", OURS)
def test_what_decodes_strangers_media_has_no_rights_and_writes_where_it_must_alone(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.keys() & {"user", "privileged", "cap_add", "devices", "pid", "network_mode", "ipc"}
    mounts = [*service["volumes"], *service.get("tmpfs", [])]
    places = [filled(mount).split(":") for mount in mounts]
    writable = {part for parts in places if parts[-1] != "ro" for part in parts[:2] if part.startswith("/")}
    assert writable == WRITTEN


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_fetched_is_named_by_its_exact_release(name: str) -> None:
    assert re.fullmatch(r"[a-z]+/[a-z]+:v?\d+\.\d+\.\d+(@sha256:[0-9a-f]{64})?", SERVICES[name]["image"])


def test_kafka_is_of_the_version_that_the_tests_run() -> None:
    pom = ET.parse(ROOT / "docker" / "kafka" / "pom.xml")  # noqa: S314 (our own file)
    version = pom.findtext(".//{http://maven.apache.org/POM/4.0.0}kafka.version")
    assert SERVICES["kafka"]["image"].startswith(f"apache/kafka:{version}")


def test_clients_are_sent_where_kafka_and_milvus_are() -> None:
    listeners = SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    for name in ("worker", "web"):
        assert f"PLAINTEXT://{settings_of(name)['MEDIADNA_KAFKA']}" in listeners
        assert settings_of(name)["MEDIADNA_MILVUS"] == "http://milvus:19530"
        assert SERVICES[name]["depends_on"].keys() == {"kafka", "milvus"}
    assert settings_of("import")["MEDIADNA_WEB"] == "web:6066"


def test_what_is_stored_is_on_volumes_and_every_volume_and_file_is_there() -> None:
    named = {filled(mount).split(":")[0] for service in SERVICES.values() for mount in service["volumes"]}
    assert {name for name in named if not name.startswith((".", "/"))} == COMPOSE["volumes"].keys()
    assert (ROOT / "docker" / "milvus" / "etcd.yaml").is_file()
    assert (ROOT / COMPOSE["x-service"]["build"]["dockerfile"]).is_file()


def test_whoever_is_waited_for_says_when_it_is_healthy() -> None:
    awaited = {name for service in SERVICES.values() for name in service.get("depends_on", {})}
    assert awaited == {"kafka", "milvus", "web"}
    for name in awaited - set(OURS):
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
