# ruff: noqa: INP001 (a script, no package)
"""Runs one Milvus server in the foreground: `python docker/milvus/run.py --port 19530`.

Takes the server out of the wheel on PyPI that carries it on the first run, and becomes the server. Needs pip and
Python's standard library; nothing is installed into Python's environment.

This release listens on all addresses and asks nobody for a password. So it runs in a network namespace of its own that
has nothing but loopback, and a helper that listens on loopback outside passes connections in. The helper ends with the
server, and the server keeps its data in the folder: it can be killed and started again. Servers do not see each other:
their ports are the same inside, and the folder for process ids, which the release does not let one choose, is of each
server's own.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import fcntl
import lzma
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

#: The last release on PyPI that carries a server, pinned as pip's requirement; it is for x86-64 Linux.
REQUIREMENT = "milvus==2.3.5 --hash=sha256:69515a0630ce29fd10e101fa442afea8ca1387b93a456cd9bd41fdf3deb93d04\n"
#: Remembers in the folder of programs which requirement they were brought for.
MARK = "requirement.txt"
#: Where the wheel keeps the server's programs, each packed, and the settings that it is run with.
PROGRAMS = "milvus/data/bin/"
SETTINGS = ("milvus/data/config.yaml.template", "milvus/data/glog.conf")
PACKED = ".lzma"
LOCALHOST = "127.0.0.1"
#: Ports inside the namespace, where nobody else is: the settings' own.
INNER_PORT = 19530
METRICS_PORT = 9091
#: Seconds after which a server that was killed is no longer counted as a member of its own cluster: one that is started
#: again waits for that, and searches nothing meanwhile. A server that stands still for longer (a disk that takes its
#: time is enough) ends itself. The release's own default is 30.
SESSION_S = 10
#: prctl(2): the signal that this process, and the server that takes its place, gets when its parent dies.
PR_SET_PDEATHSIG = 1
#: unshare(2): namespaces for mounts, users and the network.
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
#: mount(2): what is mounted from now on stays in this namespace.
MS_REC, MS_PRIVATE = 0x4000, 0x40000
#: Where the server locks a file of its process id. Another one on the machine would not start.
RUN = b"/run"
#: netdevice(7): requests that read and write the flags of an interface, the one for "up", and their layout.
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
INTERFACE_REQUEST = "16sh22x"
#: Connections that may wait to be passed in, and bytes that are passed on at a time.
BACKLOG, BLOCK = 128, 2**16


def main() -> None:
    """Read the arguments, prepare the folder, and become the server."""
    arguments = _arguments()
    if arguments.end_with_parent:
        _end_with(arguments.end_with_parent)
    folder = arguments.folder.absolute()
    library = (arguments.lib or folder / "lib").absolute()
    bring_server(library)
    if arguments.install_only:
        enter_own_namespaces()  # or say now that it cannot run here
        return
    node = folder / "node"
    write_settings(library, node, dict(one.split("=", 1) for one in arguments.set), arguments.session)
    with _listen(arguments.port) as listener:  # before the namespace is left: this socket stays outside
        enter_own_namespaces()
        _start_helper(listener)
    environment = {
        **os.environ,
        "LD_LIBRARY_PATH": str(library),
        "DEPLOY_MODE": "STANDALONE",
        "METRICS_PORT": str(METRICS_PORT),
    }
    print(f"Milvus starts on {LOCALHOST}:{arguments.port}; its data is in {node}", flush=True)  # noqa: T201 (a command)
    os.chdir(node)  # it reads configs/ there
    server = str(library / "milvus")
    os.execve(server, [server, "run", "standalone"], environment)  # noqa: S606 (the program that was brought)


def bring_server(library: Path) -> None:
    """Have pip download the wheel, and unpack the server from it, unless it is there already."""
    mark = library / MARK
    if mark.is_file() and mark.read_text(encoding="ascii") == REQUIREMENT:
        return
    print("bringing Milvus with pip, once", flush=True)  # noqa: T201 (a command)
    library.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=library.parent, prefix=f"{library.name}.") as scratch:
        part = Path(scratch) / "programs"
        part.mkdir()
        _unpack(_download(Path(scratch)), part)
        (part / MARK).write_text(REQUIREMENT, encoding="ascii")
        shutil.rmtree(library, ignore_errors=True)
        part.rename(library)  # whole or not at all, also when two runs bring it at once


def _download(scratch: Path) -> Path:
    pinned = scratch / "requirement.txt"
    pinned.write_text(REQUIREMENT, encoding="ascii")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    command += ["--require-hashes", "--requirement", str(pinned), "--dest", str(scratch / "got")]
    subprocess.run(command, check=True)  # noqa: S603 (made of constants)
    return next((scratch / "got").iterdir())


def _unpack(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as wheel:
        for member in wheel.namelist():
            name = Path(member).name
            if member.startswith(PROGRAMS) and member.endswith(PACKED):
                target = folder / name.removesuffix(PACKED)
                with wheel.open(member) as packed, lzma.open(packed) as program, target.open("wb") as file:
                    shutil.copyfileobj(program, file)
                target.chmod(0o755)
            elif member in SETTINGS:
                (folder / name).write_bytes(wheel.read(member))


def write_settings(library: Path, node: Path, chosen: dict[str, str], session_s: int) -> None:
    """Write the server's settings: the wheel's own, with this node's folders, and what was chosen."""
    values = {
        **chosen,
        "etcd_log_path": node / "logs" / "etcd.log",
        "etcd_data_dir": node / "data" / "etcd.data",
        "local_storage_dir": node / "data",
        "rocksmq_data_dir": node / "data" / "rocksmq",
        "system_log_path": node / "logs",
    }
    for folder in ("configs", "logs", "data"):
        (node / folder).mkdir(parents=True, exist_ok=True)

    def fill(variable: re.Match[str]) -> str:
        return str(values.get(variable["name"], variable["default"]))

    template = (library / "config.yaml.template").read_text(encoding="utf-8")
    text = re.sub(r"\{\{ *(?P<name>\w+)(?:\(\w+\))?(?:: *(?P<default>.*?))? *\}\}", fill, template)
    text = re.sub(r"(session:\n +ttl:) \d+", rf"\1 {session_s}", text)
    (node / "configs" / "milvus.yaml").write_text(text, encoding="utf-8")
    shutil.copy(library / "glog.conf", node / "configs")


def enter_own_namespaces() -> None:
    """Go where only loopback is, and up, and where /run is empty; as root, or as anyone where the system allows it."""
    user, group = os.getuid(), os.getgid()
    _system("unshare", CLONE_NEWNET | CLONE_NEWNS | (CLONE_NEWUSER if user else 0))
    if user:
        own = Path("/proc/self")
        (own / "setgroups").write_text("deny", encoding="ascii")
        (own / "uid_map").write_text(f"0 {user} 1", encoding="ascii")
        (own / "gid_map").write_text(f"0 {group} 1", encoding="ascii")
    _system("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    _system("mount", b"none", RUN, b"tmpfs", 0, None)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack(INTERFACE_REQUEST, b"lo", 0))
        name, state = struct.unpack(INTERFACE_REQUEST, request)
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack(INTERFACE_REQUEST, name, state | IFF_UP))


def _system(call: str, *arguments: bytes | int | None) -> None:
    """Make a system call, or say what it takes."""
    if getattr(ctypes.CDLL(None, use_errno=True), call)(*arguments):
        sys.exit(
            f"Milvus needs namespaces of its own, since it listens on all addresses, and {call} says "
            f"'{os.strerror(ctypes.get_errno())}': run as root, or let this user have user namespaces"
        )


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((LOCALHOST, port))
    listener.listen(BACKLOG)
    return listener


def _start_helper(listener: socket.socket) -> None:
    """Start the process that passes connections in, and ends with this one, which becomes the server."""
    server = os.getpid()
    if os.fork():
        return
    _end_with(server)
    asyncio.run(_serve(listener))


async def _serve(listener: socket.socket) -> None:
    async with await asyncio.start_server(_pass_in, sock=listener) as outside:
        await outside.serve_forever()


async def _pass_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        inner_reader, inner_writer = await asyncio.open_connection(LOCALHOST, INNER_PORT)
    except OSError:  # the server is not that far yet
        writer.transport.abort()
        return
    await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(BLOCK):
            writer.write(data)
            await writer.drain()
    except OSError:  # one end has gone; the other hears of it
        pass
    finally:
        writer.close()


def _end_with(parent: int) -> None:
    """Have the kernel kill this process, also after it has become the server, when its parent ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run one Milvus server.")
    parser.add_argument("--folder", type=Path, default=Path(".milvus"), help="holds the programs and the server's data")
    parser.add_argument("--lib", type=Path, help="holds the programs (default: lib/ in the folder)")
    parser.add_argument("--port", type=int, default=19530, help="port that clients use, on loopback")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting, as config.yaml.template names it, such as authorization_enabled=true",
    )
    parser.add_argument(
        "--session", type=int, default=SESSION_S, metavar="SECONDS", help="how long it may stand still and be a member"
    )
    parser.add_argument("--install-only", action="store_true", help="bring the programs, try the namespaces, and stop")
    parser.add_argument("--end-with-parent", type=int, metavar="PID", help="end when this parent process ends")
    return parser.parse_args()


if __name__ == "__main__":
    main()
