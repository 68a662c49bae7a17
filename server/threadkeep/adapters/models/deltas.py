"""Puts what a model says in small pieces together into few deltas, its thoughts apart from its text."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any
from urllib.parse import urlsplit

from threadkeep.ports.models import AnswerExtras, Link, ReasoningDelta, TextDelta

TAGS = ("think", "thinking", "thought", "thoughts", "reasoning", "mm:think")
"""DeepSeek, Qwen and many: `think`; Nova: `thinking`; Gemini: `thought`; MiniMax: `mm:think`."""

PAIRS: dict[str, str] = {
    **{f"<{name}>": f"</{name}>" for name in TAGS},
    "[think]": "[/think]",  # Magistral
    "◁think▷": "◁/think▷",  # Kimi
}
LONGEST = max(map(len, PAIRS))

Delta = TextDelta | ReasoningDelta
Said = tuple[type[Delta] | None, str]
"""A kind and its text; no kind for a signature."""
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""No model means them, and a terminal would obey them. Tab and line end stay."""

LISTS = ("search_results", "citations", "web_search", "references", "sources", "annotations")
"""Members of a piece, or of what it says, that list sources: Perplexity's and xAI's two first, then Zhipu's and
others'. Those with titles come first."""
ANY_LIST = frozenset(LISTS)
URIS = ("url", "uri", "link", "source_url")
TITLES = ("title", "name", "document_title")
MOST_TITLE = 300
MOST_URI = 4000
MOST_BYTES = 65_536
"""JSON of everything else that is kept of one answer; what is more is left out, and said to be."""


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


class Deltas:
    """Takes pieces in and hands deltas out. A character that was cut in two is made whole, control characters
    are left out, and a thought at the start of the text is told apart from it."""

    def __init__(self) -> None:
        self._new: list[Said] = []
        self._halves: dict[type[Delta], str] = {}
        self._thinking: Thinking | None = Thinking()
        """Until the text has begun."""
        self._has_reasoning = False
        """Whether the provider itself tells reasoning apart."""

    def add(self, kind: type[Delta], text: str) -> None:
        """The next piece of text; may be empty."""
        if kind is TextDelta:
            if self._thinking is not None:
                return self._split(self._thinking, text)
        elif text:
            self._has_reasoning = True
        self._new.append((kind, text))
        return None

    def sign(self, signature: str) -> None:
        """Signs the reasoning that came since the last signature."""
        self._new.append((None, signature))

    def take(self) -> list[Delta]:
        """What was added since the last call; pieces of one kind that came together are one delta."""
        new, self._new = self._new, []
        if len(new) <= 1:
            joined = new
        else:
            joined = [
                (kind, text)
                for kind, group in groupby(new, key=itemgetter(0))
                for text in (["".join(text for _, text in group)] if kind else [text for _, text in group])
            ]
        return [delta for kind, text in joined for delta in self._deltas(kind, text)]

    def rest(self) -> list[Delta]:
        """What waited for its other half, or for the rest of a tag, and will not get it."""
        if self._thinking is not None:
            self._take_split(self._thinking.rest())
        taken = self.take()
        halves, self._halves = self._halves, {}
        return [*taken, *(kind(text=_with_pairs(half)) for kind, half in halves.items())]

    def _split(self, thinking: Thinking, text: str) -> None:
        self._take_split(thinking.split(text))
        if thinking.is_over:
            self._thinking = None

    def _take_split(self, pieces: list[tuple[str, bool]]) -> None:
        for text, is_thought in pieces:
            if not is_thought:
                self._new.append((TextDelta, text))
            elif not self._has_reasoning:  # else the same thought came twice
                self._new.append((ReasoningDelta, text))

    def _deltas(self, kind: type[Delta] | None, text: str) -> list[Delta]:
        if kind is None:
            return [ReasoningDelta(text="", signature=text)]
        whole = self._whole(kind, text)
        return [kind(text=whole)] if whole else []

    def _whole(self, kind: type[Delta], text: str) -> str:
        """The text without half a character at its end, which waits for the next piece."""
        if self._halves:
            text = self._halves.pop(kind, "") + text
        if not text.isprintable():
            text = CONTROLS.sub("", text)
        if text.isascii():
            return text
        if "\ud800" <= text[-1] <= "\udbff":
            self._halves[kind] = text[-1]
            text = text[:-1]
        return _with_pairs(text)


def _with_pairs(text: str) -> str:
    """The text with surrogate pairs made one character, and U+FFFD for one without its other half."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Sources:
    """Collects them, piece by piece."""

    def __init__(self) -> None:
        self._links: dict[str, Link] = {}
        self._handed_out: dict[str, Link] = {}
        self._data: dict[str, Any] = {}
        self._left_out: set[str] = set()

    def look(self, holder: Mapping[str, Any]) -> None:
        """Takes the sources out of a piece, or of what it says."""
        if ANY_LIST.isdisjoint(holder):
            return
        for name in LISTS:
            listed = holder.get(name)
            if listed and isinstance(listed, list):
                for each in listed:
                    self.name(each)

    def name(self, source: Any) -> None:
        """One source: an address, or an object that holds one; anything else is none."""
        for address, title in _addresses(source):
            known = self._links.get(address)
            if known is None or (title and not known.title):
                self._links[address] = Link(uri=address, title=title)

    def keep(self, name: str, value: Any) -> None:
        """Anything else. A later piece of a list or of a text is added to what came."""
        before = self._data.get(name)
        if isinstance(before, list) and isinstance(value, list):
            value = _merged(before, value)
        elif isinstance(before, str) and isinstance(value, str):
            value = before + value
        if name in self._left_out or len(json.dumps({**self._data, name: value})) > MOST_BYTES:
            self._data.pop(name, None)
            self._left_out.add(name)
        else:
            self._data[name] = value

    def closing(self) -> list[AnswerExtras]:
        """What was collected, if anything was."""
        data = dict(self._data)
        if self._left_out:
            data["leftOut"] = sorted(self._left_out)
        links = tuple(self._links.values())
        return [AnswerExtras(links=links, data=data)] if links or data else []


def _addresses(source: Any) -> Iterator[tuple[str, str | None]]:
    if isinstance(source, str):
        source = {"url": source}
    if not isinstance(source, dict):
        return
    for inner in ("url_citation", "web", "source"):  # OpenAI's annotations; Gemini's chunks
        if isinstance(source.get(inner), dict):
            yield from _addresses(source[inner])
            return
    address = next((source[name] for name in URIS if isinstance(source.get(name), str)), "")
    title = next((source[name] for name in TITLES if isinstance(source.get(name), str)), "")
    if _is_web(address):
        yield address.strip(), CONTROLS.sub("", " ".join(title.split()))[:MOST_TITLE] or None


def _is_web(address: str) -> bool:
    address = address.strip()
    if not address.isprintable() or len(address) > MOST_URI:
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def _merged(before: list[Any], more: list[Any]) -> list[Any]:
    """Pieces of the same numbered element, such as a call of a tool, put together."""
    merged = list(before)
    for each in more:
        index = each.get("index") if isinstance(each, dict) else None
        at = next(
            (at for at, old in enumerate(merged) if index is not None and old.get("index") == index), None
        )
        if at is None:
            merged.append(each)
        else:
            merged[at] = _grown(merged[at], each)
    return merged


def _grown(before: Any, more: Any) -> Any:
    if isinstance(before, dict) and isinstance(more, dict):
        return {**before, **{name: _grown(before.get(name), value) for name, value in more.items()}}
    if isinstance(before, str) and isinstance(more, str):
        return before + more if more != before else before
    return before if more is None else more
