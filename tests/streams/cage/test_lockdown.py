"""From inside the cage: each forbidden thing is tried, by a process that was locked in as the decoder is."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.cage.environment import clean_environment
from streams.cage.report import CageReport
from streams.cage.trial import try_cage

pytestmark = [pytest.mark.integration, pytest.mark.unmeasured_processes]

#: Ends by telling on its standard output what came of the attempt: its result, or the name of the error.
INSIDE = """
import os, sys
{before}
{lock}
try:
    def attempt():
{attempt}
    came = attempt()
except OSError as error:
    came = error.__class__.__name__
except MemoryError:
    came = "MemoryError"
os.write(1, str(came).encode())
"""


@pytest.fixture(scope="module")
def report() -> CageReport:
    """What holds on this machine; without Landlock and seccomp there is nothing to try."""
    report = try_cage()
    if report.lacks:
        pytest.fail(f"the cage has open sides on this machine, so its tests show nothing: {report.lacks}")
    return report


@pytest.fixture(autouse=True)
def _closed(report: CageReport) -> None:
    assert report.is_closed


LOCK = "from streams.cage.lockdown import lock\nlock()"
#: Each of the two means alone, as on a machine that lacks the other.
LANDLOCK = """
from streams.cage.landlock import confine
from streams.cage.readable import readable_paths
confine(readable_paths())
"""
SECCOMP = """
from streams.cage.privileges import drop_privileges
from streams.cage.seccomp import filter_system_calls, load_library
drop_privileges()
filter_system_calls(load_library())
"""


def inside(attempt: str, *arguments: object, before: str = "", lock: str = LOCK) -> str:
    """Return what came of an attempt from inside the cage."""
    code = INSIDE.format(before=before, lock=lock, attempt=textwrap.indent(textwrap.dedent(attempt), " " * 8))
    done = subprocess.run(
        [sys.executable, "-P", "-s", "-c", code, *map(str, arguments)],
        env=clean_environment(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


REFUSED = "PermissionError"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "state" / "tokens"
    path.parent.mkdir()
    path.write_text("secret admin\n")
    return path


def test_the_attempts_work_outside_of_the_cage(secret: Path) -> None:
    """Otherwise a mistake in an attempt would look like a wall."""
    assert inside("return open(sys.argv[1]).read()", secret, lock="") == "secret admin\n"


def test_a_file_with_secrets_cannot_be_read(secret: Path) -> None:
    assert inside("return open(sys.argv[1]).read()", secret) == REFUSED


def test_a_folder_cannot_be_listed(secret: Path) -> None:
    assert inside("return os.listdir(sys.argv[1])", secret.parent) == REFUSED


@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/self/environ", "/proc/self/maps", "/proc/1/environ", "/proc"])
def test_the_system_around_cannot_be_read(path: str) -> None:
    assert inside("return os.listdir(sys.argv[1]) if sys.argv[1] == '/proc' else open(sys.argv[1]).read()", path) == (
        REFUSED
    )


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/tmp/written', 'w')",
        "open(sys.argv[1], 'a')",
        "os.truncate(sys.argv[1], 0)",
        "os.unlink(sys.argv[1])",
        "os.rename(sys.argv[1], sys.argv[1] + '2')",
        "os.chmod(sys.argv[1], 0o777)",
        "os.utime(sys.argv[1])",
        "os.mkdir('/tmp/made')",
        "os.symlink('/etc', '/tmp/link')",
        "os.link(sys.argv[1], '/tmp/link')",
        "os.mkfifo('/tmp/pipe')",
        "open('/dev/null', 'w')",
        "open('/dev/shm/shared', 'w')",
    ],
)
def test_nothing_can_be_written_made_or_changed(secret: Path, attempt: str) -> None:
    assert inside(f"return {attempt}", secret) == REFUSED
    assert secret.read_text() == "secret admin\n"


def test_a_file_that_is_open_for_writing_cannot_grow(tmp_path: Path) -> None:
    path = tmp_path / "open"
    came = inside("return os.write(handle, b'x')", path, before="handle = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)")
    assert came == "OSError"
    assert path.stat().st_size == 0


@pytest.mark.parametrize("name", ["environ", "mem", "maps", "fd"])
def test_the_parent_cannot_be_looked_into(name: str) -> None:
    attempt = """
        path = f"/proc/{os.getppid()}/{sys.argv[1]}"
        return os.listdir(path) if path.endswith("fd") else open(path, "rb")
    """
    assert inside(attempt, name) == REFUSED


CALL = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    if libc.syscall(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return "done"
"""


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("libc.ptrace(16, os.getppid(), 0, 0)", id="ptrace"),
        pytest.param("call(310, os.getppid(), 0, 0, 0, 0, 0)", id="process_vm_readv"),
        pytest.param("call(434, os.getppid(), 0)", id="pidfd_open"),
        pytest.param("call(272, 0x10000000)", id="unshare"),
        pytest.param("call(321, 0, 0, 0)", id="bpf"),
        pytest.param("call(250, 0, 0)", id="keyctl"),
        pytest.param("call(425, 1, 0)", id="io_uring_setup"),
        pytest.param("call(323, 0)", id="userfaultfd"),
        pytest.param("call(165, 0, 0, 0, 0, 0)", id="mount"),
        pytest.param("call(298, 0, 0, -1, -1, 0)", id="perf_event_open"),
        pytest.param("call(157, 4, 1, 0, 0, 0)", id="prctl: a memory that can be looked into again"),
        pytest.param("call(157, 1, 0, 0, 0, 0)", id="prctl: outlive the parent"),
        pytest.param("call(157, 0x100000001, 0, 0, 0, 0)", id="prctl: the same, with bits that the kernel drops"),
    ],
)
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers of the calls are those of x86-64")
def test_calls_into_other_processes_and_the_kernel_are_refused(call: str) -> None:
    attempt = f"came = {call}\nif came == -1: raise OSError(ctypes.get_errno(), 'refused')\nreturn came"
    assert inside(attempt, before=CALL) == REFUSED


@pytest.mark.parametrize("number", [0, signal.SIGTERM, signal.SIGKILL])
def test_the_parent_gets_no_signal(number: int) -> None:
    assert inside("return os.kill(os.getppid(), int(sys.argv[1]))", int(number)) == REFUSED


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_no_connection_reaches_this_machine(listener: int) -> None:
    assert (
        inside("import socket\nreturn socket.create_connection(('127.0.0.1', int(sys.argv[1])))", listener) == REFUSED
    )


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param("socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))", id="UDP"),
        pytest.param("socket.socket(socket.AF_INET6, socket.SOCK_STREAM)", id="IPv6"),
        pytest.param("socket.socket(socket.AF_UNIX).connect('/tmp/socket')", id="Unix"),
        pytest.param("socket.socket(socket.AF_UNIX).connect('\\0abstract')", id="abstract"),
        pytest.param("socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)", id="netlink"),
        pytest.param("socket.socketpair()", id="pair"),
        pytest.param("socket.create_server(('127.0.0.1', 0))", id="listening"),
    ],
)
def test_no_socket_of_any_kind_can_be_had(attempt: str) -> None:
    assert inside(f"return {attempt}", before="import socket") == REFUSED


def test_names_are_not_looked_up() -> None:
    assert inside("return socket.getaddrinfo('example.com', 80)", before="import socket") == "gaierror"


@pytest.mark.parametrize(
    "attempt",
    [
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "subprocess.run(['/bin/true'])",
    ],
)
def test_no_process_and_no_program_can_be_started(attempt: str) -> None:
    assert inside(f"return {attempt}", before="import subprocess") in {REFUSED, "BlockingIOError"}


def test_privileges_are_gone_for_good() -> None:
    attempt = "os.setuid(0) if os.getuid() else os.setuid(65534)\nreturn os.getuid()"
    assert inside(attempt) == REFUSED


def test_few_files_can_be_open_at_a_time() -> None:
    attempt = "handles = [os.open('/dev/null', os.O_RDONLY) for _ in range(1000)]\nreturn len(handles)"
    assert inside(attempt) == "OSError"


@pytest.mark.parametrize("limit", ["RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_AS", "RLIMIT_CPU"])
def test_limits_cannot_be_changed(limit: str) -> None:
    attempt = f"resource.setrlimit(resource.{limit}, (1000, 1000))"
    came = inside(
        f"try:\n    {attempt}\nexcept ValueError as error:\n    return 'PermissionError'", before="import resource"
    )
    assert came == REFUSED


def test_the_environment_holds_no_secret_of_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("MEDIADNA_TOKEN", "secret")
    monkeypatch.setenv("ANY_OTHER_NAME", "secret")
    assert "secret" not in inside("return dict(os.environ)")


def test_threads_that_a_library_starts_are_locked_in_too() -> None:
    attempt = """
        import threading
        came = []
        def within():
            try:
                came.append(open('/etc/passwd').read())
            except OSError as error:
                came.append(type(error).__name__)
        thread = threading.Thread(target=within)
        thread.start()
        thread.join()
        return came[0]
    """
    assert inside(attempt) == REFUSED


def test_what_the_process_is_says_so_too() -> None:
    status = "status = os.open('/proc/self/status', os.O_RDONLY)"
    shown = dict(
        line.split(":\t") for line in inside("return os.read(status, 9999).decode()", before=status).splitlines()
    )
    assert shown["NoNewPrivs"] == "1"
    assert shown["Seccomp"] == "2"
    assert int(shown["CapEff"], 16) == int(shown["CapPrm"], 16) == int(shown["CapInh"], 16) == 0


def test_a_signal_of_its_own_ends_it_so_that_a_crash_is_seen_as_one() -> None:
    code = "from streams.cage.lockdown import lock\nlock()\nimport os\nos.abort()"
    done = subprocess.run([sys.executable, "-P", "-c", code], env=clean_environment(), check=False)
    assert done.returncode == -signal.SIGABRT


@pytest.mark.parametrize("lock", [LANDLOCK, SECCOMP], ids=["Landlock", "seccomp"])
@pytest.mark.parametrize(
    "attempt",
    [
        "open(sys.argv[1], 'a')",
        "os.unlink(sys.argv[1])",
        "os.execv('/bin/true', ['true'])",
        "socket.create_connection(('127.0.0.1', int(sys.argv[2])))",
        "socket.create_server(('127.0.0.1', 0))",
        "os.kill(os.getppid(), 0)",
        "call(101, 16, os.getppid(), 0, 0)",
    ],
)
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the number of ptrace is that of x86-64")
def test_most_holds_by_either_means_alone(secret: Path, listener: int, attempt: str, lock: str) -> None:
    before = f"import socket\n{CALL}"
    assert inside(f"return {attempt}", secret, listener, before=before, lock=lock) == REFUSED


@pytest.mark.parametrize("attempt", ["open(sys.argv[1])", "os.listdir('/')", "os.open('/proc/1/mem', os.O_RDONLY)"])
def test_what_is_read_is_held_by_landlock_alone(secret: Path, attempt: str) -> None:
    assert inside(f"return {attempt}", secret, lock=LANDLOCK) == REFUSED


def test_a_report_names_what_is_left_open() -> None:
    assert CageReport(no_new_privileges=True).lacks[0] == "read files other than the engine's own"
    assert "use sockets of other kinds" in CageReport(landlock=7, no_new_privileges=True).lacks
    assert not CageReport(landlock=0, seccomp=True, no_new_privileges=True).is_closed
    assert json.loads(json.dumps(CageReport(landlock=7, seccomp=True, no_new_privileges=True).lacks)) == []
