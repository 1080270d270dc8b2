# ruff: noqa: INP001 (a script, no package)
"""Runs one node of Apache Kafka in the foreground: `python docker/kafka/run.py --port 9092`.

Brings Kafka's jars from Maven Central on the first run, formats a folder for a KRaft node that is broker and
controller in one, and becomes the node. Needs Java 17 and Maven 3, and Python's standard library only. The node
listens on loopback, creates topics when they are first used, and keeps its data in the folder. Beside the port for
clients in plain text it can have others, with `--listener SASL_SSL:9093`; what these need, such as keys and users, is
in a file of more properties.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
POM = HERE / "pom.xml"
LOCALHOST = "127.0.0.1"
#: Any 22 characters of URL-safe base64 that make 16 bytes: the node is alone, so its cluster needs no name of its own.
CLUSTER_ID = "bWVkaWFkbmEta2Fma2EtMQ"
#: Remembers in the folder of jars which pom they were brought for.
POM_MARK = "pom.sha256"
#: prctl(2): the signal that this process, and the JVM that takes its place, gets when its parent dies.
PR_SET_PDEATHSIG = 1
#: A small heap, and the collector and compiler that start fastest: the node serves one machine.
JVM_OPTIONS = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
inter.broker.listener.name=PLAINTEXT
listeners={listeners},CONTROLLER://{host}:{controller_port}
advertised.listeners={listeners}
log.dirs={data}
num.partitions={partitions}
auto.create.topics.enable=true
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
message.max.bytes=10485760
"""


def main() -> None:
    """Read the arguments, prepare the folder, and become the node."""
    arguments = _arguments()
    missing = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    if missing:
        sys.exit(
            f"Kafka needs {' and '.join(missing)}: install Java 17 and Maven 3, "
            "on Debian with 'apt-get install default-jre-headless maven'"
        )
    if arguments.end_with_parent:
        _end_with(arguments.end_with_parent)
    folder = arguments.folder.absolute()
    library = (arguments.lib or folder / "lib").absolute()
    bring_jars(library)
    if arguments.jars_only:
        return
    properties = write_properties(folder / "node", arguments)
    java = ["java", *JVM_OPTIONS, f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}", "-cp", f"{library}/*"]
    _format(java, properties, arguments.scram)
    print(f"Kafka starts on {LOCALHOST}:{arguments.port}; its data is in {folder / 'node'}", flush=True)  # noqa: T201 (a command)
    os.execvp("java", [*java, "kafka.Kafka", str(properties)])  # noqa: S606, S607 (the JVM that the user has)


def bring_jars(library: Path) -> None:
    """Have Maven copy the jars that the pom names into the folder, unless they are there already."""
    wanted = hashlib.sha256(POM.read_bytes()).hexdigest()
    mark = library / POM_MARK
    if mark.is_file() and mark.read_text(encoding="ascii") == wanted:
        return
    library.parent.mkdir(parents=True, exist_ok=True)
    print("bringing Kafka's jars with Maven, once", flush=True)  # noqa: T201 (a command)
    part = library.with_name(f"{library.name}.{os.getpid()}")
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={part}"]
    subprocess.run(["mvn", "-B", "-q", "--strict-checksums", "-f", str(POM), *goal], check=True)  # noqa: S603, S607 (Maven that the user has)
    (part / POM_MARK).write_text(wanted, encoding="ascii")
    shutil.rmtree(library, ignore_errors=True)
    part.rename(library)  # whole or not at all, also when two runs bring them at once


def write_properties(folder: Path, arguments: argparse.Namespace) -> Path:
    """Write the node's settings; the controller, which nobody else talks to, gets a new port at each start."""
    folder.mkdir(parents=True, exist_ok=True)
    places = [f"PLAINTEXT:{arguments.port}", *arguments.listener]
    content = PROPERTIES.format(
        host=LOCALHOST,
        listeners=",".join(f"{name}://{LOCALHOST}:{port}" for name, _, port in (one.partition(":") for one in places)),
        controller_port=_free_port(),
        data=folder / "data",
        partitions=arguments.partitions,
    )
    more = arguments.properties.read_text(encoding="utf-8") if arguments.properties else ""
    properties = folder / "server.properties"
    properties.write_text(content + more, encoding="utf-8")
    properties.chmod(0o600)  # there may be passwords in it
    return properties


def _format(java: list[str], properties: Path, users: list[str]) -> None:
    """Format the data folder unless that was done before."""
    if (properties.parent / "data" / "meta.properties").exists():
        return
    tool = ["kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID, "--config", str(properties)]
    tool += [argument for user in users for argument in ("--add-scram", user)]
    subprocess.run([*java, *tool], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 (the JVM that the user has)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOCALHOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _end_with(parent: int) -> None:
    """Have the kernel kill this process, also after it has become the JVM, when its parent ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run one node of Apache Kafka.")
    parser.add_argument("--folder", type=Path, default=Path(".kafka"), help="holds the jars and the node's data")
    parser.add_argument("--lib", type=Path, help="holds the jars (default: lib/ in the folder)")
    parser.add_argument("--port", type=int, default=9092, help="port that clients use")
    parser.add_argument("--partitions", type=int, default=4, help="partitions of a topic that is made when first used")
    parser.add_argument(
        "--listener", action="append", default=[], metavar="PROTOCOL:PORT", help="one more port for clients"
    )
    parser.add_argument("--properties", type=Path, help="file with more of Kafka's properties")
    parser.add_argument(
        "--scram",
        action="append",
        default=[],
        metavar="SPEC",
        help="user for SCRAM, in the form of kafka-storage --add-scram",
    )
    parser.add_argument("--jars-only", action="store_true", help="bring the jars and stop")
    parser.add_argument("--end-with-parent", type=int, metavar="PID", help="end when this parent process ends")
    return parser.parse_args()


if __name__ == "__main__":
    main()
