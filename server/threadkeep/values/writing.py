"""Values as JSON."""

from collections.abc import Callable, Mapping
from typing import Any, Final, get_args, get_type_hints

from threadkeep.values.classes import Field, fields, is_value_class
from threadkeep.values.hints import (
    is_array,
    is_literal,
    is_omitted,
    is_opaque,
    is_union,
    values_of,
    wire_name,
)

Hook = Callable[[Any], Any]


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


def _plain_object(value: Mapping[str, Any]) -> dict[str, Any]:
    return value if isinstance(value, dict) else dict(value)


def _runtime_type(kind: Any) -> Any:
    if is_array(kind):
        return tuple
    return str if is_literal(kind) else dict if is_opaque(kind) else kind


_NEVER: Final = object()
"""No default by which a member is left out."""
