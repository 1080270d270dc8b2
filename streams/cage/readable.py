"""What the caged process may still read: Python, the engine and the libraries that these load, and nothing else."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

__all__ = ["readable_paths"]

#: Where the system's shared libraries lie, and the list of them that the loader reads.
SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
#: What numeric libraries ask about the processor when they are loaded, how much memory the process itself maps, and
#: devices that hold nothing.
MACHINE = (
    "/proc/cpuinfo",
    "/sys/devices/system/cpu",
    "/proc/self/statm",
    "/dev/null",
    "/dev/zero",
    "/dev/urandom",
)
#: Folders of installed packages. Other entries of Python's path may be anything, a home or a whole checkout.
PACKAGE_FOLDERS = frozenset({"site-packages", "dist-packages"})


def readable_paths(*packages: Path) -> tuple[Path, ...]:
    """Return the files and folders that the engine is loaded from, as far as they are there.

    Args:
        packages: Folders of packages that lie elsewhere than installed ones, such as those of a checkout.
    """
    found = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")]
    found += [Path(folder) for folder in (sysconfig.get_config_var("LIBDIR"),) if folder]
    found += [Path(entry) for entry in sys.path if Path(entry).name in PACKAGE_FOLDERS]
    found += [*packages, *map(Path, SYSTEM_LIBRARIES), *map(Path, MACHINE)]
    return tuple(dict.fromkeys(path.resolve() for path in found if path.exists()))
