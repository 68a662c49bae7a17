"""An agent that does what a message tells it to, as an installed package of the server that a test starts."""

import json
import shutil
from pathlib import Path
from typing import Any

ENTRY_POINTS = "[threadkeep.providers]\nscripted = scripted_agent:ScriptedAgent\n"
METADATA = "Metadata-Version: 2.1\nName: scripted-agent\nVersion: 1.0\n"


def installed_in(folder: Path) -> dict[str, str]:
    """Variables of an environment in which a server finds the agent; folder: where to put it."""
    place = folder / "scripted"
    info = place / "scripted_agent-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text(METADATA, encoding="utf-8")
    (info / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    shutil.copy(Path(__file__).with_name("scripted_agent.py"), place)
    return {"PYTHONPATH": str(place)}


SETTINGS: dict[str, Any] = {
    "providers": {"agent": {"kind": "scripted", "models": ["one"]}},
    "defaultModel": "agent:one",
}
"""What makes it the one that answers."""


def play(*steps: dict[str, Any], then: list[dict[str, Any]] | None = None, text: str = "Go") -> str:
    """A message that has the agent do these steps; see `scripted_agent`. then: what it does when it carries on."""
    after = f" [[then {json.dumps(then)}]]" if then is not None else ""
    return f"{text} [[play {json.dumps(steps)}]]{after}"
