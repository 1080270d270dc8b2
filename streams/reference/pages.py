"""All reference pages, and where they are written."""

from __future__ import annotations

from pathlib import Path

from streams.reference.codes import codes_page
from streams.reference.commands import commands_page
from streams.reference.events import events_page
from streams.reference.metrics import metrics_page
from streams.reference.rest import rest_page
from streams.reference.settings import settings_page

__all__ = ["FOLDER", "MADE", "pages", "write"]

#: Where the pages are, in a checkout.
FOLDER = Path(__file__).parents[2] / "docs" / "reference"
#: What each of them says behind its title, so that nobody corrects it there.
MADE = "*Made from the code by `make reference`: correct it there.*\n"


def pages() -> dict[str, str]:
    """Return the pages by the names of their files."""
    made = {
        "codes.md": codes_page(),
        "commands.md": commands_page(),
        "events.md": events_page(),
        "metrics.md": metrics_page(),
        "rest.md": rest_page(),
        "settings.md": settings_page(),
    }
    return {name: _marked(page) for name, page in made.items()}


def write(folder: Path = FOLDER) -> None:
    """Write all pages."""
    for name, page in pages().items():
        (folder / name).write_text(page, encoding="utf-8")


def _marked(page: str) -> str:
    title, rest = page.split("\n\n", 1)
    return f"{title}\n\n{MADE}\n{rest}"
