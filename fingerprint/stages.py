"""The stages of the engine, each with its parameter set: what reports and measurements go through."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass, is_dataclass
from typing import TYPE_CHECKING

import fingerprint

if TYPE_CHECKING:
    from types import ModuleType

    from _typeshed import DataclassInstance

__all__ = ["Stage", "stages"]

#: The attribute of a module that holds its parameter set.
ATTRIBUTE = "PARAMETERS"

#: Packages whose modules are of use only where others than the engine's are installed.
APART = ("fingerprint.train",)

#: Stages that make what is stored: with other numbers media have to be fingerprinted anew.
STORING = ("chunking", "media.", "picture.", "sound.")


@dataclass(frozen=True, slots=True)
class Stage:
    """A module of the engine that has a parameter set.

    Attributes:
        name: Its path below `fingerprint`, with dots.
        module: The module; its attribute `PARAMETERS` is the set in use.
    """

    name: str
    module: ModuleType

    @property
    def parameters(self) -> DataclassInstance:
        """The parameter set in use."""
        found: DataclassInstance = getattr(self.module, ATTRIBUTE)
        return found

    def use(self, parameters: DataclassInstance) -> None:
        """Put another set in its place, for all code that runs from now on."""
        setattr(self.module, ATTRIBUTE, parameters)

    @property
    def stores(self) -> bool:
        """Whether its numbers change what is stored of media."""
        return self.name.startswith(STORING)


def stages() -> dict[str, Stage]:
    """Return all stages by their names, in order."""
    found = {}
    for module in pkgutil.walk_packages(fingerprint.__path__, f"{fingerprint.__name__}."):
        if module.name.startswith(APART):
            continue
        loaded = importlib.import_module(module.name)
        own = getattr(loaded, ATTRIBUTE, None)
        if is_dataclass(own) and type(own).__module__ == module.name:
            name = module.name.removeprefix(f"{fingerprint.__name__}.")
            found[name] = Stage(name, loaded)
    return dict(sorted(found.items()))
