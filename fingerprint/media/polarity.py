"""Sound whose channels cancel each other out when they are mixed.

One inverted channel makes the mean of both nearly silence, and with it a sound track that everybody hears. Channels are
therefore brought to one polarity before they are mixed: which way round a channel swings is not to be heard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from av.audio.frame import AudioFrame

from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PARAMETERS", "PolarityParameters", "aligned_polarity"]

#: Unsigned samples swing about this value.
UNSIGNED_MIDDLE = 128


@dataclass(frozen=True, slots=True)
class PolarityParameters:
    """When a channel is the opposite of another one."""

    #: A channel is turned round when what it has in common with the first loud one lies this far below 0, as a share of
    #: what the two carry together. Nearer to 0 they are two different sounds, of which the mean loses nothing.
    min_opposition: float = parameter(
        0.3,
        unit="share",
        low=0.05,
        high=0.5,
        source="at 0.5 the one is the other, inverted; at 0.3 their difference has four times the power of their sum",
    )

    #: The channel that the others are held against is the first one of this share of the loudest one's power: were it
    #: the loudest, two channels of one loudness would take turns, with a click at each.
    min_power_share: float = parameter(0.1, unit="share", low=0.01, high=0.9, source="chosen, not measured")

    #: Of so many samples one is looked at.
    looked_at_every: int = parameter(
        4,
        unit="samples",
        low=1,
        high=64,
        source="a bound on cost: what channels have in common shows in a few thousand",
    )


PARAMETERS = PolarityParameters()


def aligned_polarity(frame: AudioFrame) -> AudioFrame:
    """Return the frame, with the channels turned round that are inverted copies of the first loud one.

    Args:
        frame: Sound of any format and any number of channels. It stays as it is.
    """
    count = frame.layout.nb_channels
    if count == 1:
        return frame
    samples: NDArray[Any] = frame.to_ndarray()
    channels = samples if frame.format.is_planar else samples.reshape(-1, count).T
    inverted = _inverted(_swing(channels[:, :: PARAMETERS.looked_at_every]))
    if not inverted.any():
        return frame
    turned: Any = channels.copy()
    # Of integers the complement and not the negative, of which the least one has none.
    whole = np.issubdtype(turned.dtype, np.integer)
    turned[inverted] = ~turned[inverted] if whole else -turned[inverted]
    data: Any = turned if frame.format.is_planar else np.ascontiguousarray(turned.T).reshape(1, -1)
    made = AudioFrame.from_ndarray(data, format=frame.format.name, layout=frame.layout.name)
    made.sample_rate = frame.sample_rate
    return made


def _swing(channels: NDArray[Any]) -> NDArray[np.float32]:
    swing = channels.astype(np.float32)
    if channels.dtype == np.uint8:
        swing -= UNSIGNED_MIDDLE
    return swing


def _inverted(swing: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell of each channel whether it is the opposite of the first one that is loud."""
    power = np.einsum("cn,cn->c", swing, swing)
    first = int(np.argmax(power >= PARAMETERS.min_power_share * power.max()))
    return np.asarray(swing @ swing[first] < -PARAMETERS.min_opposition * (power + power[first]))
