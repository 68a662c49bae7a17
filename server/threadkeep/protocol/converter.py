"""The protocol's JSON: requests are read strictly, and whatever is wrong with one is told at once."""

from typing import Final

from threadkeep.values.json_codec import JsonReader, JsonWriter

structure: Final = JsonReader().read
"""The instance of a protocol class that parsed JSON stands for.

Unknown keys are ignored, save in members that are `CLOSED`, and nothing is coerced. Opaque JSON is kept as it is, uncopied.
Raises Malformed.
"""

unstructure: Final = JsonWriter().write
"""The JSON of a protocol instance: members that are None or UNSET are left out, all others stay."""
