"""What the service closes around itself before it starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from streams.cage.environment import clean_environment
from streams.cage.report import CageReport
from streams.cage.trial import CageError
from streams.settings import Settings
from streams.worker import confinement
from streams.worker.confinement import confine_service

OPEN = CageReport(no_new_privileges=True)
CLOSED = CageReport(landlock=7, seccomp=True, no_new_privileges=True)


@pytest.fixture(autouse=True)
def _visible(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the memory of the process that runs the tests as it is."""
    monkeypatch.setattr(confinement, "hide_memory", lambda: None)


def test_one_line_of_the_log_says_what_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement, "try_cage", lambda: CLOSED)
    with capture_logs() as lines:
        confine_service(Settings(state=tmp_path, cage="required"))
    assert lines == [{"event": "decoder_cage", "log_level": "info", "landlock": 7, "seccomp": True, "open": []}]


def test_a_cage_with_open_sides_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement, "try_cage", lambda: OPEN)
    with capture_logs() as lines:
        confine_service(Settings(state=tmp_path))
    assert lines[0]["log_level"] == "warning"
    assert "read files other than the engine's own" in lines[0]["open"]


def test_a_cage_that_is_required_and_cannot_be_closed_lets_nothing_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confinement, "try_cage", lambda: OPEN)
    with pytest.raises(CageError, match="MEDIADNA_CAGE"):
        confine_service(Settings(state=tmp_path, cage="required"))


HIDDEN = """
import os
from prometheus_client.process_collector import ProcessCollector
from streams.cage.privileges import hide_memory
from streams.child_processes import mapped_memory
mapped_memory()  # what it imports may lie where nobody else may look
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
hide_memory()
names = {metric.name for metric in ProcessCollector(registry=None).collect()}
assert {"process_open_fds", "process_cpu_seconds", "process_resident_memory_bytes"} <= names, names
assert mapped_memory() > 0
assert os.listdir("/proc/self/fd")
child = os.fork()
if not child:
    try:
        open(f"/proc/{os.getppid()}/environ").read()
    except PermissionError:
        os._exit(7)
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_others_of_the_same_user_cannot_look_in_and_the_service_still_sees_itself() -> None:
    # Nobody's process could not write down what of the code it has run: its environment does not ask it to.
    done = subprocess.run(
        [sys.executable, "-c", HIDDEN], env=clean_environment(), check=False, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("7\n", "")
