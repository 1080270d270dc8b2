"""Every block of commands in README, getting started and guides runs as it is printed, and does what its page says.

One service serves as many pages as possible; pages that want it set up otherwise start their own.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import typer
from support.documentation import Block, NoNetworkError, Reader, blocks_of, user_pages
from support.nodes import REPOSITORY
from typer.core import TyperGroup

from streams.cli.main import app
from streams.settings import Settings

#: Pages that share a service, in the order in which they are read.
SHARED = (
    "README.md",
    "docs/getting-started.md",
    "docs/guides/match-files.md",
    "docs/guides/events.md",
    "docs/guides/rest.md",
    "docs/guides/libraries.md",
    "docs/guides/cases.md",
    "docs/guides/desk.md",
    "docs/guides/import.md",
    "docs/guides/policies.md",
    "docs/guides/usage.md",
    "docs/guides/search-backwards.md",
    "docs/guides/airings.md",
    "docs/guides/recurring.md",
    "docs/guides/verdicts.md",
    "docs/guides/tracing.md",
)
#: Pages that start one of their own.
ALONE = (
    "docs/guides/access.md",
    "docs/guides/moderate-uploads.md",
    "docs/guides/vendor-sdk.md",
    "docs/guides/webhooks.md",
)
#: Blocks by page and first words that are not run, and why. What they are made of is checked all the same: commands
#: with their options, targets of make, settings with their values.
NOT_RUN = {
    ("docs/guides/kafka-and-milvus.md", "export MEDIADNA_KAFKA="): "somebody's Kafka, Milvus and S3: "
    "tests/acceptance/test_workers.py and test_milvus_server.py run workers with them on loopback",
    ("docs/guides/kafka-and-milvus.md", "make kafka"): "two servers that other tests start in the same way: "
    "tests/support/nodes.py",
    ("docs/guides/kafka-and-milvus.md", "mediadna worker --new-index"): "it goes with the first: "
    "tests/streams/worker/test_places.py moves index and store so",
    ("docs/guides/kafka-and-milvus.md", "export MEDIADNA_KAFKA_SECURITY="): "somebody's Kafka and Milvus, with "
    "certificates: tests/acceptance/test_secured_kafka.py and tests/streams/adapters/milvus/test_security.py use them",
    ("docs/guides/import.md", "mediadna import s3:"): "somebody's bucket: adapters/sources/test_s3.py reads one",
}
READY = "ready web=http://127.0.0.1:6066 kafka=127.0.0.1:9092 state="
#: What pages promise to print.
PROMISED = {
    "README.md": ("The AIMediaDNAComplete event", "1 passed", "original", READY),
    "docs/getting-started.md": ('"ref":"original"', "MEDIADNA_MEDIA"),
    "docs/guides/match-files.md": ("upload copies original", '"query":"original"'),
    "docs/guides/events.md": ("AIMediaDNAComplete", "x-error-reason"),
    "docs/guides/rest.md": ('"media_id":"clip"', '"letters":'),
    "docs/guides/libraries.md": ("original (", "stored, not searched", "title=Original", "paused", "nothing differs"),
    "docs/guides/cases.md": ('"decisions":', '"results":', "there is no case"),
    "docs/guides/desk.md": (),
    "docs/guides/import.md": ("billed minutes", "2 of 2 imported"),
    "docs/guides/policies.md": ("block-uploads", "matches then", '"bounded":false', '"action":"track"'),
    "docs/guides/usage.md": ("seconds",),
    "docs/guides/search-backwards.md": ("search", "success, ", "banned"),
    "docs/guides/airings.md": ("spots/spot", "all together: ", '"ad":"spot"', '"by":"hour"'),
    "docs/guides/recurring.md": ('"recurring":',),
    "docs/guides/verdicts.md": ("links all the same", "links nothing"),
    "docs/guides/tracing.md": (),
    "docs/guides/access.md": ('"jobs":',),
    "docs/guides/moderate-uploads.md": ('"Action":"block","Policy":"block-copies-of-films"', '"media_id":"upload"'),
    "docs/guides/vendor-sdk.md": ("success", "\noriginal "),
    "docs/guides/webhooks.md": ("told success", '"deliveries":'),
}
TOOLS = ("curl", "jq", "kcat", "make", "nsenter", "openssl", "setpriv", "unshare")


def is_run(block: Block) -> bool:
    """Whether a block is pasted, or only looked at."""
    return block.is_run and not any(block.page == page and block.text.startswith(words) for page, words in NOT_RUN)


def all_blocks() -> list[Block]:
    """Return all blocks of commands that users are shown."""
    return [block for page in user_pages() for block in blocks_of(page) if block.is_run]


@asynccontextmanager
async def reading(folder: Path, footage: dict[str, Path]) -> AsyncIterator[Reader]:
    """Yield a reader; skips where one cannot be had, which in CI is a failure."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing and os.environ.get("CI") != "true":
        pytest.skip(f"the pages use {' and '.join(missing)}")
    reader = Reader(folder, footage["trailer"].parent)
    try:
        await reader.start()
        yield reader
    except NoNetworkError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    finally:
        await reader.stop()


@pytest.mark.integration
async def test_all_blocks_run_as_they_are_printed(tmp_path: Path, footage: dict[str, Path]) -> None:
    async with reading(tmp_path, footage) as reader:
        for page in (*SHARED, *ALONE):
            if page in ALONE:
                await reader.close_terminals()
            printed = await reader.follow([block for block in blocks_of(page) if is_run(block)])
            for text in PROMISED[page]:
                if text not in printed:
                    await reader.has_printed(text)


def test_every_page_is_read_and_every_block_left_out_is_there() -> None:
    left_out = {page for page, _ in NOT_RUN}
    assert set(user_pages()) == {*SHARED, *ALONE, *left_out}
    assert set(PROMISED) == {*SHARED, *ALONE}
    assert all(any(not is_run(one) and one.text.startswith(words) for one in all_blocks()) for _, words in NOT_RUN)


@pytest.mark.parametrize("block", [block for block in all_blocks() if not is_run(block)], ids=str)
def test_what_is_not_run_names_commands_options_targets_and_settings_that_there_are(block: Block) -> None:
    settings: dict[str, str] = {}
    for line in block.text.splitlines():
        words = shlex.split(line, comments=True)
        if words[0] == "export":
            settings |= dict(word.removeprefix("MEDIADNA_").split("=", 1) for word in words[1:])
        elif words[0] == "mediadna":
            known = options_of(words[1])
            assert {word for word in words if word.startswith("--")} <= known, line
        else:
            assert words[0] == "make", line
            assert re.search(rf"^{words[1]}:", (REPOSITORY / "Makefile").read_text(), re.MULTILINE), line
    read = Settings(**{name.lower(): value for name, value in settings.items()})
    assert {name.upper() for name in read.model_fields_set} == set(settings)


def options_of(command: str) -> set[str]:
    """Return the options of a command."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return {option for parameter in group.commands[command].params for option in parameter.opts}
