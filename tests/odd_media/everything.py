"""All recipes, by kind, and what becomes of the files that they give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from odd_media import damage, forms, oddities
from odd_media.reading import Outcome, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from odd_media.ffmpeg import Recipe, Writer
    from streams.ports.decoder import MediaDecoder

__all__ = ["KINDS", "Read", "read_all"]

#: What makes the recipes of each kind.
KINDS: dict[str, Callable[[], Iterable[Recipe]]] = {
    "containers": forms.of_every_container,
    "codecs": forms.of_every_codec,
    **oddities.KINDS,
    **damage.KINDS,
}


@dataclass(frozen=True)
class Read:
    """What became of a file.

    Attributes:
        recipe: How it was made.
        file: Its own name: some containers are several files.
        outcome: What became of it.
    """

    recipe: Recipe
    file: str
    outcome: Outcome

    def __str__(self) -> str:
        return f"{self.recipe.name} ({self.file}): {self.outcome.what}: {self.outcome.detail}"


def read_all(recipes: Iterable[Recipe], writer: Writer, decoder: MediaDecoder) -> Iterator[Read]:
    """Make what recipes name, as far as this FFmpeg makes it, and read each file."""
    for recipe in recipes:
        for path in writer.files(recipe):
            yield Read(recipe, path.name, read(path, decoder))
