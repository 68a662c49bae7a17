"""Tells what a model thinks, where it writes that into its answer between tags."""

import re

TAGS = ("think", "thinking", "thought", "thoughts", "reasoning", "mm:think")
"""DeepSeek, Qwen and many: `think`; Nova: `thinking`; Gemini: `thought`; MiniMax: `mm:think`."""

PAIRS: dict[str, str] = {
    **{f"<{name}>": f"</{name}>" for name in TAGS},
    "[think]": "[/think]",  # Magistral
    "◁think▷": "◁/think▷",  # Kimi
}
LONGEST = max(map(len, PAIRS))


class Thinking:
    """Splits an answer, piece by piece, into (text, is thought). Only a tag at its start begins a thought:
    what stands further inside is a model's talk of tags, or code."""

    def __init__(self) -> None:
        self._held = ""
        """What may yet become a tag."""
        self._end: str | None = None
        """The tag that ends the thought."""
        self._before = ""
        """The last character of the thought so far."""
        self._has_thought = False
        self.is_over = False
        """Whether the text has begun: nothing is to be split any more."""

    def split(self, text: str) -> list[tuple[str, bool]]:
        """What the piece adds, in order. Some of it may be held back until more has come."""
        found: list[tuple[str, bool]] = []
        text, self._held = self._held + text, ""
        while text and not self.is_over:
            text = self._thought(text, found) if self._end else self._start(text)
        if text:
            found.append((text, False))
        return found

    def rest(self) -> list[tuple[str, bool]]:
        """What was held back, at the end of the answer."""
        held, self._held = self._held, ""
        if self._has_thought:
            held = held.rstrip() if self._end else held.lstrip()
        return [(held, self._end is not None)] if held else []

    def _start(self, text: str) -> str:
        """Takes an opening tag off, or says that the text has begun; holds back what is neither yet."""
        bare = text.lstrip()
        opening = next((tag for tag in PAIRS if bare[: len(tag)].lower() == tag), None)
        if opening:
            self._end, self._has_thought = PAIRS[opening], True
            self._before = ""
            return bare[len(opening) :]
        if len(bare) < LONGEST and any(tag.startswith(bare.lower()) for tag in PAIRS):
            self._held = text
            return ""
        self.is_over = True
        return bare if self._has_thought else text

    def _thought(self, text: str, found: list[tuple[str, bool]]) -> str:
        end = self._end or ""
        for match in re.finditer(re.escape(end), text, re.IGNORECASE):
            before = text[match.start() - 1] if match.start() else self._before
            if before == "`":
                continue  # the thought speaks of the tag
            self._add(text[: match.start()].rstrip(), found)
            self._end = None
            return text[match.end() :]
        # White space around a thought belongs to the tags: what may stand before the end is held back too.
        thought = text[: len(text) - _overlap(text, end)].rstrip()
        self._add(thought, found)
        self._held = text[len(thought) :]
        return ""

    def _add(self, thought: str, found: list[tuple[str, bool]]) -> None:
        if not self._before:
            thought = thought.lstrip()
        if thought:
            self._before = thought[-1]
            found.append((thought, True))


def _overlap(text: str, tag: str) -> int:
    """How many characters at the end of the text may be the beginning of the tag."""
    lowered = text[-len(tag) + 1 :].lower()
    return next((size for size in range(len(lowered), 0, -1) if tag.startswith(lowered[-size:])), 0)
