"""Vectors as they are kept: of length 1, as little-endian 16-bit floats."""

import math
import struct
from collections.abc import Sequence


def kept_vector(values: Sequence[float]) -> bytes | None:
    """The vector as it is kept; None for one that has no direction."""
    length = math.sqrt(sum(value * value for value in values))
    if not length or not math.isfinite(length):
        return None
    return struct.pack(f"<{len(values)}e", *(value / length for value in values))
