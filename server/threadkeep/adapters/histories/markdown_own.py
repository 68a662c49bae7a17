"""What our own Markdown export adds to a transcript: facts about the session, quoted thoughts, escapes; apart, since other tools' transcripts have none of it."""

import re
from collections.abc import Sequence

from threadkeep.adapters.histories import values
from threadkeep.adapters.histories.building import Draft

HEADING = re.compile(r"## (?:User|Assistant|System|Tool)(?: \(.*\))? · \d{4}-")
"""How the export names who speaks."""

_FACT = re.compile(r"- ([A-Z][a-z ]+): (.*)")
_FRONT_MATTER_LINES = 100
_THINKING = "> *Thinking*"
_ESCAPE = re.compile(r"\\([\\`*_\[\]<>|#~])")
_TAMED_HEADING = re.compile(r"( {0,3})\\##")
_TAMED_TAG = re.compile(r"\\<(?=[A-Za-z/!?])")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def front_matter(lines: Sequence[str]) -> tuple[int, dict[str, str]]:
    """How many lines it takes, and what it tells if it is ours: `title`, `session` (the id), `task`."""
    if not lines or lines[0].rstrip() != "---":
        return 0, {}
    told: dict[str, str] = {}
    for number, line in enumerate(lines[1:_FRONT_MATTER_LINES], start=2):
        if line.rstrip() == "---":
            ours = {"title", "id", "repository", "task"} <= told.keys()
            return number, {
                "title": told["title"],
                "session": told["id"],
                "task": told["task"],
            } if ours else {}
        name, _, value = line.partition(": ")
        if isinstance(text := values.unpacked(value.strip()), str):
            told[name.strip()] = values.text(text)
    return 0, {}


def fact_list(lines: Sequence[str], start: int) -> dict[str, str]:
    """The facts below a title, where several sessions stand in one file; empty for another list."""
    told: dict[str, str] = {}
    for line in lines[start : start + 20]:
        fact = _FACT.fullmatch(line)
        if fact:
            told[fact[1].lower()] = unescaped(fact[2])
        elif line.strip():
            break
    return told if {"session", "repository", "task"} <= told.keys() else {}


def unescaped(text: str) -> str:
    """The text without the backslashes that keep Markdown from reading it."""
    return _ESCAPE.sub(r"\1", text)


def fill(draft: Draft, lines: Sequence[str], *, is_own: bool) -> None:
    """Gives a message its words: without empty lines at both ends, and without a rule that divides it from
    the next. is_own: thoughts that are quoted before them become thoughts again."""
    while lines and lines[-1].strip() in ("", "---", "***", "* * *"):
        lines = lines[:-1]
    while lines and not lines[0].strip():
        lines = lines[1:]
    if is_own and lines and lines[0] == _THINKING:
        end = next((at for at, line in enumerate(lines) if not line.startswith(">")), len(lines))
        draft.think("\n".join(_untamed([line[2:] for line in lines[2:end]])))
        lines = lines[end:]
        while lines and not lines[0].strip():
            lines = lines[1:]
    draft.say("\n".join(_untamed(lines) if is_own else lines))


def _untamed(lines: Sequence[str]) -> list[str]:
    """What the export has written with a backslash, outside of code."""
    told, fence = [], ""
    for line in lines:
        marked = _FENCE.match(line)
        if fence:
            fence = "" if marked and marked[1].startswith(fence) else fence
        elif marked:
            fence = marked[1]
        elif not line.startswith(("    ", "\t")):
            told.append(_TAMED_TAG.sub("<", _TAMED_HEADING.sub(r"\1##", line)))
            continue
        told.append(line)
    return told
