"""Pictures with a high dynamic range as a standard display would show them.

PQ and HLG code the same picture in other numbers than ordinary video does: taken for ordinary ones they are pale and
flat, and what is described of them is not what is described of the ordinary release. So they are turned into light and
back: the transfer functions and the primaries are those of ITU-R BT.2100, the white of ordinary video lies at 203 cd/m2
(ITU-R BT.2408), highlights are rolled off as in ITU-R BT.2390 (5.4.1, on each component), and the result is coded for
the display of ITU-R BT.1886. Pictures that are tagged as neither are not touched.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
from av.video.reformatter import ColorPrimaries, ColorTrc

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

__all__ = ["is_hdr", "standard_range"]

#: The transfer characteristics that are meant, as ITU-T H.273 numbers them.
PQ, HLG = int(ColorTrc.SMPTE2084), int(ColorTrc.ARIB_STD_B67)

#: Luminance of the largest PQ number, cd/m2 (BT.2100, table 4).
PQ_PEAK_NITS = 10_000.0
#: Constants of PQ (BT.2100, table 4).
PQ_M1, PQ_M2 = 2610 / 16384, 2523 / 4096 * 128
PQ_C1, PQ_C2, PQ_C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
#: Constants of HLG (BT.2100, table 5), and the number up to which it is a square root.
HLG_A, HLG_B, HLG_C, HLG_KNEE = 0.17883277, 0.28466892, 0.55991073, 0.5
#: Gamma of the system at the display's peak (BT.2100, table 5), and the part of each primary in the luminance.
HLG_GAMMA = 1.2
LUMINANCE_OF_BT2020 = (0.2627, 0.6780, 0.0593)
#: Peak of the display that is graded on, cd/m2: that of HLG in BT.2100, and the usual one of PQ. What is brighter is as
#: white as that.
GRADED_PEAK_NITS = 1000.0
#: Luminance of white in ordinary video among pictures of a high range, cd/m2 (BT.2408, table 1).
WHITE_NITS = 203.0
#: Exponent of the display of ordinary video (BT.1886).
DISPLAY_GAMMA = 2.4
#: Where the roll-off begins: `1.5 * peak - 0.5` of the numbers of PQ, from 0 to 1 at the graded peak (BT.2390, 5.4.1).
KNEE_SLOPE, KNEE_OFFSET = 1.5, -0.5
#: From the primaries of BT.2020 to those of BT.709, in light (BT.2087, the inverse of table 4).
TO_BT709 = (
    (1.660491, -0.587641, -0.072850),
    (-0.124550, 1.132900, -0.008349),
    (-0.018151, -0.100579, 1.118730),
)

#: Numbers of a component in the pictures that are taken, and in the table of light, whose steps are finest in the dark.
NUMBERS = 1 << 16
LARGEST = NUMBERS - 1


def is_hdr(frame: VideoFrame) -> bool:
    """Tell whether a frame is tagged as PQ or HLG.

    The decoder tags each frame: by what its own stream says, else by what the container said. So a broadcast that
    changes over is right from frame to frame. HEVC whose own headers call the transfer unspecified stays so, whatever
    its container says: the decoder forgets that.
    """
    return frame.color_trc in (PQ, HLG)


def standard_range(rgb: NDArray[np.uint16], transfer: int, primaries: int) -> NDArray[np.uint8]:
    """Return a picture as ordinary video has it, uint8 `(height, width, 3)`.

    Args:
        rgb: Its numbers in full range, uint16 `(height, width, 3)`.
        transfer: `color_trc` of the frame: PQ or HLG.
        primaries: `color_primaries` of the frame: unless it says BT.709, those of BT.2020, as BT.2100 has it.
    """
    light = (_light_of_hlg if transfer == HLG else _light_of_pq)()[rgb]
    if transfer == HLG:
        light *= _gain(light)[..., None]
    if primaries != ColorPrimaries.BT709:
        red, green, blue = light[..., 0], light[..., 1], light[..., 2]
        light = np.stack([red * r + green * g + blue * b for r, g, b in np.array(TO_BT709, np.float32)], axis=-1)
    steps = np.sqrt(np.clip(light, 0.0, 1.0)) * np.float32(LARGEST)
    return np.asarray(_shown()[steps.astype(np.uint16)], np.uint8)


def _gain(scene: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what turns light of a scene into light of a display, by the scene's luminance (the OOTF of BT.2100)."""
    red, green, blue = np.array(LUMINANCE_OF_BT2020, np.float32)
    luminance = scene[..., 0] * red + scene[..., 1] * green + scene[..., 2] * blue
    return np.asarray(luminance ** np.float32(HLG_GAMMA - 1), np.float32)


@functools.cache
def _light_of_pq() -> NDArray[np.float32]:
    """Return the light of each number, 1 at the graded peak; what is over that is cut off."""
    nits = _nits(np.arange(NUMBERS) / LARGEST)
    return np.minimum(nits / GRADED_PEAK_NITS, 1.0).astype(np.float32)


@functools.cache
def _light_of_hlg() -> NDArray[np.float32]:
    """Return the scene's light of each number, from 0 to 1 (the inverse OETF of BT.2100)."""
    number = np.arange(NUMBERS) / LARGEST
    bright = (np.exp((number - HLG_C) / HLG_A) + HLG_B) / 12
    return np.where(number <= HLG_KNEE, number**2 / 3, bright).clip(0.0, 1.0).astype(np.float32)


@functools.cache
def _shown() -> NDArray[np.uint8]:
    """Return the number of ordinary video for each step of light: the steps are even in the light's square root."""
    nits = (np.arange(NUMBERS) / LARGEST) ** 2 * GRADED_PEAK_NITS
    light = _nits(_rolled_off(_pq(nits))) / WHITE_NITS
    return np.rint(255 * np.minimum(light, 1.0) ** (1 / DISPLAY_GAMMA)).astype(np.uint8)


def _rolled_off(number: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return PQ numbers of a display whose peak is the white of ordinary video (the EETF of BT.2390, 5.4.1)."""
    top = float(_pq(np.array(GRADED_PEAK_NITS)))
    peak = float(_pq(np.array(WHITE_NITS))) / top
    knee = KNEE_SLOPE * peak + KNEE_OFFSET
    own = number / top
    t = np.maximum(own - knee, 0.0) / (1 - knee)
    spline = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * peak
    return np.asarray(np.where(own < knee, own, spline) * top, np.float64)


def _nits(number: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the luminance of PQ numbers from 0 to 1, cd/m2."""
    root = number ** (1 / PQ_M2)
    return np.asarray(PQ_PEAK_NITS * (np.maximum(root - PQ_C1, 0.0) / (PQ_C2 - PQ_C3 * root)) ** (1 / PQ_M1))


def _pq(nits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the PQ numbers of luminance, from 0 to 1."""
    power = (nits / PQ_PEAK_NITS) ** PQ_M1
    return np.asarray(((PQ_C1 + PQ_C2 * power) / (1 + PQ_C3 * power)) ** PQ_M2)
