"""Formats in which sessions leave the store, and those of ours in which they come back."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadkeep.ports.transfer import LosslessFormat


def lossless_formats() -> "tuple[LosslessFormat, ...]":
    """Those that are read back; the one that is told by its first line comes first."""
    from threadkeep.adapters.formats.own_json import JsonFormat
    from threadkeep.adapters.formats.own_jsonl import JsonlFormat

    return (JsonlFormat(), JsonFormat())
