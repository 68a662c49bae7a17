"""JSON that many documents have alike: a form with places, and what each document has in them.

What is made of a document (its members, the JSON of the wire) is made once of its form, by whatever makes it of any
document, and then only filled in.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, Final, TypeVar

T = TypeVar("T")

_BEGIN: Final = "\ue000"
_END: Final = "\ue001"
_FIRST_NUMBER: Final = 10**15
_PLACES: Final = re.compile(f"{_BEGIN}([0-9]+){_END}|(?<![0-9.-])1(0{{12}}[0-9]{{3}})(?![0-9.eE])")
_TEXT: Final = re.compile(f"{_BEGIN}([0-9]+){_END}")


def text_place(number: int) -> str:
    """What stands in the JSON of a form between the quotes of a text."""
    return f"{_BEGIN}{number}{_END}"


def number_place(number: int) -> str:
    """What stands in the JSON of a form for a number."""
    return str(_FIRST_NUMBER + number)


class Form:
    """The JSON of documents, with places."""

    __slots__ = ("_made", "_numbers", "_places", "_texts", "count", "tree")

    def __init__(self, text: str, *, count: int, texts: Sequence[int], numbers: Sequence[int]) -> None:
        """count: of places. texts: those of texts that may have escapes. numbers: those of numbers. Raises ValueError
        if the text is no object, or has a place beside something else."""
        self.tree: dict[str, Any] = json.loads(text)
        """With places instead of what differs."""
        if not isinstance(self.tree, dict):
            raise ValueError("a document is an object")
        self.count = count
        self._texts = tuple(texts)
        self._numbers = tuple(numbers)
        self._made: dict[Callable[[Form], Any], Any] = {}
        self.made(whole)
        self._places = {name: _place_of(member) for name, member in self.tree.items()}

    def made(self, make: "Callable[[Form], T]") -> T:
        """What this makes of the form, made once."""
        try:
            return self._made[make]  # type: ignore[no-any-return]  # it was made by that
        except KeyError:
            found = self._made[make] = make(self)
            return found

    def read(self, values: Sequence[str]) -> list[Any]:
        """What the JSON in the places stands for."""
        read: list[Any] = list(values)
        for at in self._numbers:
            read[at] = _number(values[at])
        for at in self._texts:
            if "\\" in values[at]:
                read[at] = json.loads(f'"{values[at]}"')
        return read

    def member(self, name: str, values: Sequence[str]) -> Any:
        """A text or a number of the document; None for a member that it has not."""
        place = self._places.get(name)
        if place is None:
            return self.tree.get(name)
        if place in self._numbers:
            return _number(values[place])
        return json.loads(f'"{values[place]}"') if "\\" in values[place] else values[place]


class Filled:
    """A document: its form, and what stands in the places."""

    __slots__ = ("form", "values")

    def __init__(self, form: Form, values: Sequence[str]) -> None:
        """values: the JSON in each place, of a text without its quotes; it is known to be JSON."""
        self.form = form
        self.values = values

    def get(self, name: str) -> Any:
        """A text or a number of the document; None for a member that it has not."""
        return self.form.member(name, self.values)

    def filled(self, make: "Callable[[Form], Pattern]") -> Any:
        """The pattern that this makes of the form, filled with what the places stand for."""
        return self.form.made(make).filled(self.form.read(self.values))


class Pattern:
    """JSON that was made of a form's tree, to be made again with other things in its places."""

    __slots__ = ("_constants", "_last", "_nodes")

    def __init__(self, thing: Any, *, count: int) -> None:
        """count: of places. Raises ValueError if one of them is not as it was in the form."""
        self._constants: list[Any] = []
        self._nodes: list[tuple[Callable[[Any], Any], Callable[[Any], tuple[Any, ...]]]] = []
        self._last = self._add(thing, count, count + sum(1 for _ in _constants(thing)))

    def filled(self, values: list[Any]) -> Any:
        """The thing with these. Changes the list."""
        values += self._constants
        for make, chosen in self._nodes:
            values.append(make(chosen(values)))
        return values[self._last]

    def _add(self, thing: Any, constants: int, nodes: int) -> int:
        """Notes how it is made, and gives its number among the values. constants, nodes: the numbers of the first."""
        inner = _inner(thing)
        if inner is not None:
            make, things = inner
            chosen = _chooser([self._add(each, constants, nodes) for each in things])
            self._nodes.append((make, chosen))
            return nodes + len(self._nodes) - 1
        place = _place_of(thing)
        if place is not None:
            return place
        self._constants.append(thing)
        return constants + len(self._constants) - 1


class TextPattern:
    """A JSON text that was made of a form's tree, to be written with other things in its places."""

    __slots__ = ("_chosen", "_literals")

    def __init__(self, text: str, *, count: int) -> None:
        """count: of places."""
        parts = _PLACES.split(text)  # (text, text place or None, number place or None)*, text
        self._literals = parts[::3]
        numbers = [count]
        for at in range(1, len(parts), 3):
            numbers += (int(parts[at] or parts[at + 1]), count + at // 3 + 1)
        self._chosen = _chooser(numbers)

    def filled(self, values: Sequence[str]) -> str:
        """The text with these, which are JSON, of texts without quotes."""
        return "".join(self._chosen((*values, *self._literals)))


def _number(digits: str) -> Any:
    return int(digits) if digits.isdecimal() else json.loads(digits)


def whole(form: Form) -> Pattern:
    """What makes the document's JSON again."""
    return Pattern(form.tree, count=form.count)


def _inner(thing: Any) -> tuple[Callable[[Any], Any], Sequence[Any]] | None:
    """How something is made of what it holds; None for what holds nothing."""
    if isinstance(thing, dict):
        if any(_BEGIN in name for name in thing):
            raise ValueError("a place is a name")
        return partial(_dict, tuple(thing)), tuple(thing.values())
    if isinstance(thing, list):
        return list, thing
    return None


def _dict(names: tuple[str, ...], members: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(names, members))  # noqa: B905 - there are as many, and a check costs


def _constants(thing: Any) -> Iterator[Any]:
    """All that holds nothing, and is no place."""
    inner = _inner(thing)
    if inner is not None:
        for each in inner[1]:
            yield from _constants(each)
    elif _place_of(thing) is None:
        yield thing


def _place_of(thing: object) -> int | None:
    if isinstance(thing, str) and _BEGIN in thing:
        found = _TEXT.fullmatch(thing)
        if found is None:
            raise ValueError("a place is only a part of a text")
        return int(found[1])
    if isinstance(thing, int | float) and thing >= _FIRST_NUMBER:
        if isinstance(thing, float):
            raise ValueError("a number became another one")
        return thing - _FIRST_NUMBER
    return None


def _chooser(numbers: Sequence[int]) -> Callable[[Any], tuple[Any, ...]]:
    """What takes these out of a sequence."""
    if len(numbers) > 1:
        return itemgetter(*numbers)
    return lambda values: tuple([values[number] for number in numbers])
