"""Values and their JSON, read and written; long, since what the two do has to be the same rules twice.

Nothing that is read is taken on trust: what is wrong, and where, is told of all members at once.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar, get_args, get_type_hints

from threadkeep.values.classes import Field, Value, fields, is_value_class
from threadkeep.values.hints import (
    OPAQUE,
    accepts_null,
    accepts_unset,
    is_array,
    is_closed,
    is_literal,
    is_omitted,
    is_opaque,
    is_signed,
    is_union,
    tag_of,
    values_of,
    wire_name,
)

T = TypeVar("T")
Hook = Callable[[Any], Any]

MAX_INTEGER: Final = 2**53 - 1
"""Larger integers are not read alike by all JSON readers; opaque JSON may hold them."""

MAX_PROBLEMS: Final = 20
"""No more are reported, however long a payload is: a person repairs a few at a time."""

MAX_NAME: Final = 50
"""Characters of an unknown member's name that are repeated."""


class Problem(Value):
    """One thing that is wrong with a payload."""

    field: str
    """Where, as on the wire: `filter.status[0]`; empty for the payload itself."""
    message: str
    """What is expected there; the value that was found is never repeated."""


class Malformed(Exception):
    """A payload has not the shape of its type: `problems` says where, at most `MAX_PROBLEMS` of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{p.field}: {p.message}" if p.field else p.message for p in problems))
        self.problems = problems


class JsonReader:
    """Makes values of parsed JSON. Unknown members are ignored, save in members that are `CLOSED`."""

    def __init__(
        self,
        *,
        is_strict: bool = True,
        nulls: Literal["default", "absent", "checked"] = "default",
        least_integer: int = -MAX_INTEGER,
        greatest_number: float = math.inf,
        key_of: Callable[[str], str] = wire_name,
    ) -> None:
        """Makes a reader with its own rules.

        is_strict: only what the types say is taken, and nothing is coerced. Otherwise scalars are taken as they
        come and an object of an unknown `type` is left out of its array: what a newer version wrote.
        nulls: `default` reads null as absent where the default is another value and the member is none of a
        patch; `absent` everywhere; `checked` nowhere. key_of: the key of a member in the JSON.
        """
        self._is_strict = is_strict
        self._nulls = nulls
        self._least_integer = least_integer
        self._greatest_number = greatest_number
        self._key_of = key_of
        self._hooks: dict[Any, Hook] = {}

    def read(self, data: object, kind: type[T]) -> T:
        """The value that parsed JSON stands for; opaque JSON is kept as it is, uncopied. Raises Malformed."""
        value: T = self.hook(kind)(data)
        return value

    def hook(self, hint: Any) -> Hook:
        """What reads one type, made once. Raises TypeError for a union that cannot be told apart in JSON."""
        found = self._hooks.get(hint)
        if found is None:
            found = self._hooks[hint] = self._made(hint)
        return found

    def _made(self, hint: Any) -> Hook:
        if is_value_class(hint):
            return self._object(hint)
        if is_union(hint):
            return self._union(hint)
        if is_array(hint):
            return self._array(get_args(hint)[0])
        if hint is Any or not self._is_strict:
            return _as_it_came
        if is_literal(hint):
            return _one_of(get_args(hint))
        scalars: dict[Any, Hook] = {
            OPAQUE: _checked(dict, "an object"),
            str: _checked(str, "a string"),
            bool: _checked(bool, "true or false"),
            int: self._integer,
            float: self._number,
        }
        if hint not in scalars:
            raise TypeError(f"{hint} has no JSON")
        return scalars[hint]

    def _object(self, cls: Any) -> Hook:
        plan: list[tuple[str, str, Hook | None, bool, bool]] = []
        self._hooks[cls] = lambda value: read_object(value)  # noqa: PLW0108 - made below
        hints = get_type_hints(cls)
        for each in fields(cls):
            hint = hints[each.name]
            hook = self._closed(hint) if is_closed(each) else self.hook(hint)
            if is_signed(each):
                hook = JsonReader(is_strict=self._is_strict).hook(hint)
            skips_null = self._nulls == "absent" or (self._nulls == "default" and _replaces_null(each, hint))
            needed = None if hook is _as_it_came else hook
            plan.append((each.alias, self._key_of(each.name), needed, each.is_required, skips_null))

        def read_object(value: Any) -> Any:
            if not isinstance(value, dict):
                raise _unexpected("an object", value)
            members: dict[str, Any] = {}
            problems: list[Problem] = []
            for name, key, hook, is_required, skips_null in plan:
                if key in value and not (skips_null and value[key] is None):
                    try:
                        members[name] = hook(value[key]) if hook else value[key]
                    except Malformed as error:
                        problems += _inside(key, error)
                elif is_required:
                    problems.append(Problem(field=key, message="is required"))
            if problems:
                raise Malformed(problems[:MAX_PROBLEMS])
            return cls(**members)

        return read_object

    def _closed(self, hint: Any) -> Hook:
        hook, (cls,) = self.hook(hint), values_of(hint)
        known = [self._key_of(each.name) for each in fields(cls)]

        def read_closed(value: Any) -> Any:
            unknown = [name for name in value if name not in known] if isinstance(value, dict) else []
            if unknown:
                names = ", ".join(f'"{name[:MAX_NAME]}"' for name in unknown[:MAX_PROBLEMS])
                raise _malformed(f"has no member {names}; its members are {', '.join(known)}")
            return hook(value)

        return read_closed

    def _array(self, kind: Any) -> Hook:
        hook = self.hook(kind)
        known = None if self._is_strict else _tags(values_of(kind))

        def read_array(values: Any) -> tuple[Any, ...]:
            if not isinstance(values, list):
                raise _unexpected("an array", values)
            if known:
                values = [
                    each for each in values if not isinstance(each, dict) or str(each.get("type")) in known
                ]
            if hook is _as_it_came:
                return tuple(values)
            try:
                return tuple([hook(each) for each in values])
            except Malformed:
                raise Malformed(_problems_of(values, hook)) from None

        return read_array

    def _union(self, hint: Any) -> Hook:
        """Tells the types of a union apart by the JSON they are written in, and classes by their tag."""
        kinds, nullable = values_of(hint), accepts_null(hint)
        tagged = _tags(kinds)
        by_json: dict[Any, Hook] = {_json_type(kind): self.hook(kind) for kind in kinds if not tag_of(kind)}
        if tagged:
            by_json[dict] = self._tagged(tagged)
        if len(by_json) + max(0, len(tagged) - 1) < len(kinds):
            raise TypeError(f"{hint} cannot be told apart in JSON")
        if set(by_json.values()) == {_as_it_came}:
            return _as_it_came
        only = next(iter(by_json.values())) if len(by_json) == 1 else None
        expected = " or ".join(_EXPECTED[json_type] for json_type in by_json)
        otherwise = _as_it_came if _as_it_came in by_json.values() else None

        def read_union(value: Any) -> Any:
            if value is None and nullable:
                return None
            hook = only or by_json.get(type(value), otherwise)
            if hook is None:
                raise _unexpected(expected, value)
            return hook(value)

        return read_union

    def _tagged(self, classes: Mapping[str, type]) -> Hook:
        hooks = {tag: self.hook(cls) for tag, cls in classes.items()}
        expected = 'an object whose "type" is ' + " or ".join(f'"{tag}"' for tag in classes)

        def read_tagged(value: Any) -> Any:
            if not isinstance(value, dict):
                raise _unexpected(expected, value)
            tag = value.get("type")
            if not isinstance(tag, str) or tag not in hooks:
                raise _malformed(f"expected {expected}")
            return hooks[tag](value)

        return read_tagged

    def _integer(self, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _unexpected("an integer", value)
        if not self._least_integer <= value <= MAX_INTEGER:
            raise _malformed(f"expected an integer between {self._least_integer} and {MAX_INTEGER}")
        return value

    def _number(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _unexpected("a number", value)
        if isinstance(value, int):
            return float(_in_range(value))
        if not math.isfinite(value) or abs(value) > self._greatest_number:
            raise _malformed("expected a finite number")
        return value


class JsonWriter:
    """Makes JSON of values; usually members that are None or UNSET by default are left out where they are that."""

    def __init__(
        self,
        *,
        omits: Callable[[type, Field], bool] = lambda _, field: is_omitted(field.default),
        key_of: Callable[[str], str] = wire_name,
    ) -> None:
        """Makes a writer with its own rules.

        omits: whether a class leaves a member out where it has its default. key_of: the key of a member in the
        JSON.
        """
        self._omits = omits
        self._key_of = key_of
        self._hooks: dict[Any, Hook | None] = {}

    def write(self, value: Any) -> Any:
        """The JSON of a value, or of several; opaque JSON is passed on, uncopied."""
        if isinstance(value, list | tuple):
            return [self.write(each) for each in value]
        hook = self.hook(type(value))
        return hook(value) if hook else value

    def hook(self, hint: Any) -> Hook | None:
        """What writes one type, made once; None where a value is its own JSON."""
        if hint not in self._hooks:
            self._hooks[hint] = self._made(hint)
        return self._hooks[hint]

    def _made(self, hint: Any) -> Hook | None:
        if is_value_class(hint):
            return self._object(hint)
        if is_union(hint):
            return self._union(hint)
        if is_array(hint):
            return self._array(get_args(hint)[0])
        return _plain_object if is_opaque(hint) else None

    def _object(self, cls: Any) -> Hook:
        plan: list[tuple[str, str, Hook | None, Any, bool]] = []
        self._hooks[cls] = lambda value: write_object(value)  # noqa: PLW0108 - made below
        hints = get_type_hints(cls)
        for each in fields(cls):
            is_left_out = not each.is_required and self._omits(cls, each)
            omitted = each.absent() if is_left_out else _NEVER
            compares = is_left_out and not is_omitted(omitted)
            plan.append((each.name, self._key_of(each.name), self.hook(hints[each.name]), omitted, compares))

        plan.sort(key=lambda each: each[3] is not _NEVER)  # what is always there comes first

        def write_object(value: Any) -> dict[str, Any]:
            written: dict[str, Any] = {}
            for name, key, hook, omitted, compares in plan:
                member = getattr(value, name)
                if member is omitted or (compares and member == omitted):
                    continue
                written[key] = member if hook is None else hook(member)
            return written

        return write_object

    def _array(self, kind: Any) -> Hook:
        hook = self.hook(kind)
        return (lambda values: [hook(each) for each in values]) if hook else list

    def _union(self, hint: Any) -> Hook | None:
        kinds = values_of(hint)
        hooks = {_runtime_type(kind): hook for kind in kinds if (hook := self.hook(kind))}
        if not hooks:
            return None
        only = next(iter(hooks.values())) if len(kinds) == 1 else None

        def write_union(value: Any) -> Any:
            hook = (only if value is not None else None) if only else hooks.get(type(value))
            return hook(value) if hook else value

        return write_union


def _in_range(value: int) -> int:
    if abs(value) > MAX_INTEGER:
        raise _malformed(f"expected an integer between -{MAX_INTEGER} and {MAX_INTEGER}")
    return value


def _as_it_came(value: Any) -> Any:
    return value


def _checked(kind: type, expected: str) -> Hook:
    def read_checked(value: Any) -> Any:
        if isinstance(value, kind):
            return value
        raise _unexpected(expected, value)

    return read_checked


def _one_of(allowed: tuple[str, ...]) -> Hook:
    expected = ("one of " if len(allowed) > 1 else "") + ", ".join(f'"{each}"' for each in allowed)

    def read_literal(value: Any) -> str:
        if not isinstance(value, str):
            raise _unexpected(expected, value)
        if value not in allowed:
            raise _malformed(f"expected {expected}")
        return value

    return read_literal


def _replaces_null(field: Field, hint: Any) -> bool:
    return not field.is_required and field.default is not None and not accepts_unset(hint)


def _tags(kinds: Sequence[Any]) -> dict[str, type]:
    return {tag: kind for kind in kinds if (tag := tag_of(kind))}


def _problems_of(values: Sequence[Any], hook: Hook) -> list[Problem]:
    found: list[Problem] = []
    for index, value in enumerate(values):
        try:
            hook(value)
        except Malformed as error:
            found += _inside(f"[{index}]", error)
            if len(found) >= MAX_PROBLEMS:
                break
    return found[:MAX_PROBLEMS]


def _inside(name: str, error: Malformed) -> list[Problem]:
    """The problems as they are told from further out; name: of a member, or `[0]` of an item."""
    return [
        Problem(
            field=f"{name}{'.' if each.field and each.field[0] != '[' else ''}{each.field}",
            message=each.message,
        )
        for each in error.problems
    ]


def _unexpected(expected: str, value: object) -> Malformed:
    return _malformed(f"expected {expected}, not {_json_kind(value)}")


def _malformed(message: str) -> Malformed:
    return Malformed([Problem(field="", message=message)])


def _json_type(kind: Any) -> Any:
    if is_literal(kind):
        return str
    if is_array(kind):
        return list
    return dict if is_value_class(kind) or is_opaque(kind) else kind


_EXPECTED = {
    str: "a string",
    bool: "true or false",
    int: "an integer",
    float: "a number",
    list: "an array",
    dict: "an object",
}


def _json_kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return "a number with a fraction or exponent"
    return _EXPECTED.get(type(value), type(value).__name__)


def _plain_object(value: Mapping[str, Any]) -> dict[str, Any]:
    return value if isinstance(value, dict) else dict(value)


def _runtime_type(kind: Any) -> Any:
    if is_array(kind):
        return tuple
    return str if is_literal(kind) else dict if is_opaque(kind) else kind


_NEVER: Final = object()
"""No default by which a member is left out."""
