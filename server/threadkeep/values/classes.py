"""What a value is: a class whose members are declared, such as `id: str`, and given by their names.

attrs and dataclasses compile methods for every class when it is imported, which takes 0.4 to 0.8 ms each while an
editor waits. Here a class costs what any class costs: `==`, `hash` and `repr` are the same method for all of them,
and `__init__` is made with the first instance, from code that is compiled once for all classes of as many members.
"""

from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn, dataclass_transform

__all__ = ["NOTHING", "Field", "Mutable", "Value", "evolve", "field", "fields", "is_value_class", "members"]

NOTHING: Final[Any] = type("Nothing", (), {"__repr__": lambda _: "NOTHING"})()
"""The default of a member that has none."""


class Field:
    """What is declared about one member."""

    __slots__ = ("alias", "default", "eq", "factory", "hint", "init", "metadata", "name", "repr")

    def __init__(
        self,
        *,
        default: Any = NOTHING,
        factory: Callable[[], Any] | None = None,
        init: bool = True,
        eq: bool = True,
        repr: bool = True,  # noqa: A002 - as attrs and dataclasses name it
        alias: str = "",
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = ""
        self.hint: Any = None
        """The annotation as it stands: a text where it is quoted."""
        self.alias = alias
        """How it is called where an instance is made."""
        self.default = default
        self.factory = factory
        self.init = init
        self.eq = eq
        self.repr = repr
        self.metadata = metadata or {}

    @property
    def is_required(self) -> bool:
        """Whether an instance cannot be made without it."""
        return self.default is NOTHING and self.factory is None

    def absent(self) -> Any:
        """What the member holds where it is not given; NOTHING if it must be."""
        return self.factory() if self.factory else self.default


def field(
    *,
    default: Any = NOTHING,
    factory: Callable[[], Any] | None = None,
    init: bool = True,
    eq: bool = True,
    repr: bool = True,  # noqa: A002 - as attrs and dataclasses name it
    alias: str = "",
    metadata: Mapping[str, Any] | None = None,
) -> Any:
    """Declares a member that is more than a type and a default.

    factory: makes the default anew for each instance. init: whether it may be given. eq, repr: whether it
    is compared, and shown. alias: how it is called where an instance is made.
    """
    return Field(
        default=default, factory=factory, init=init, eq=eq, repr=repr, alias=alias, metadata=metadata
    )


def _annotations(namespace: Mapping[str, Any]) -> Mapping[str, Any]:
    # from Python 3.14 on a body holds a function instead, which is asked for values: 1
    annotate = namespace.get("__annotate_func__") or namespace.get("__annotate__")
    found: Mapping[str, Any] = annotate(1) if annotate else namespace.get("__annotations__", {})
    return found


def _declared(name: str, hint: Any, default: Any) -> Field:
    declared = default if isinstance(default, Field) else Field(default=default)
    declared.name = name
    declared.hint = hint
    declared.alias = declared.alias or name
    return declared


def _nothing(_: object) -> tuple[()]:
    return ()


def _is_member(hint: Any) -> bool:
    if isinstance(hint, str):
        return "ClassVar" not in hint
    return hint is not ClassVar and getattr(hint, "__origin__", None) is not ClassVar


def _first_init(self: Any, /, *positional: Any, **named: Any) -> None:
    """Stands in for the `__init__` of a class until its first instance is made."""
    cls = self.__class__
    cls.__init__ = _init_of(cls)
    cls.__init__(self, *positional, **named)


def _init_of(cls: Any) -> FunctionType:
    given = [each for each in cls.__fields__ if each.init]
    made = [each for each in cls.__fields__ if not each.init and not each.is_required]
    names: dict[str, Any] = {"NOTHING": NOTHING}
    for number, each in enumerate((*given, *made)):
        names[f"set{number}"] = getattr(cls, each.name).__set__  # past __setattr__
        names[f"make{number}"] = each.absent
    code = _init_code(
        tuple(each.factory is not None for each in given),
        made=len(made),
        is_positional=cls.__is_positional__,
        ends_by=hasattr(cls, "__post_init__"),
    )
    aliases = [each.alias for each in given]
    function = FunctionType(code.replace(co_varnames=("self", *aliases)), names)
    defaults = {each.alias: each.default for each in given if not each.is_required}
    if not cls.__is_positional__:
        function.__kwdefaults__ = defaults
    elif [*defaults] != aliases[len(aliases) - len(defaults) :]:
        raise TypeError(f"{cls.__qualname__}: a required member stands behind one with a default")
    else:
        function.__defaults__ = tuple(defaults.values())
    function.__qualname__ = f"{cls.__qualname__}.__init__"
    return function


@cache
def _init_code(
    have_factories: tuple[bool, ...], *, made: int, is_positional: bool, ends_by: bool
) -> CodeType:
    """What sets so many members, whose names are filled in later: compiling takes 50 times as long as that."""
    count = len(have_factories)
    parameters = ["self", *([] if is_positional or not count else ["*"]), *(f"a{n}" for n in range(count))]
    body = [
        f"set{n}(self, make{n}() if a{n} is NOTHING else a{n})" if has_factory else f"set{n}(self, a{n})"
        for n, has_factory in enumerate(have_factories)
    ]
    body += [f"set{n}(self, make{n}())" for n in range(count, count + made)]
    body += ["self.__post_init__()"] if ends_by else []
    source = f"def __init__({', '.join(parameters)}):\n " + "\n ".join(body or ["pass"])
    module = compile(source, "<a value's __init__>", "exec")
    return next(each for each in module.co_consts if isinstance(each, CodeType))


class ValueType(type):
    """The class of all values: gives each its slots, from what is annotated in its body."""

    __fields__: tuple[Field, ...]
    __compared__: Callable[[Any], Any]
    __is_positional__: bool

    def __new__(
        cls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        kw_only: bool = True,
        eq: bool = True,
    ) -> "ValueType":
        own = tuple(
            _declared(member, hint, namespace.pop(member, NOTHING))
            for member, hint in _annotations(namespace).items()
            if _is_member(hint)
        )
        inherited = {each.name: each for base in bases for each in getattr(base, "__fields__", ())}
        declared = tuple((inherited | {each.name: each for each in own}).values())
        compared = [each.name for each in declared if each.eq]
        namespace["__fields__"] = declared
        namespace["__slots__"] = (*namespace.get("__slots__", ()), *(each.name for each in own))
        namespace["__compared__"] = attrgetter(*compared) if compared else _nothing
        namespace.setdefault("__init__", _first_init)
        namespace["__is_positional__"] = not kw_only
        if not eq:
            namespace |= {"__eq__": object.__eq__, "__hash__": object.__hash__}
        return super().__new__(cls, name, bases, namespace)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class Value(metaclass=ValueType):
    """The base of classes whose members are declared, and never set again.

    Two are equal if they are of one class and their members are. Members are given by name, unless the
    class says `kw_only=False`; `eq=False` makes each one equal to itself alone.
    """

    __slots__ = ("__weakref__",)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{name}: a {self.__class__.__name__} cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{name}: a {self.__class__.__name__} cannot be changed")

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        compared = self.__class__.__compared__
        return bool(compared(self) == compared(other))

    def __hash__(self) -> int:
        return hash((self.__class__, self.__class__.__compared__(self)))

    def __repr__(self) -> str:
        return _shown(self)


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
class Mutable(metaclass=ValueType):
    """The same with members that may be set, and therefore without a hash."""

    __slots__ = ("__weakref__",)

    __hash__ = None  # type: ignore[assignment]  # that is how Python spells it

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        compared = self.__class__.__compared__
        return bool(compared(self) == compared(other))

    def __repr__(self) -> str:
        return _shown(self)


if TYPE_CHECKING:
    from dataclasses import replace as evolve  # whose arguments mypy checks by name and type
else:

    def evolve(value, /, **changes):
        """A value like the given one but for some members, which are checked by name and type."""
        for each in value.__class__.__fields__:
            if each.init and each.alias not in changes:
                changes[each.alias] = getattr(value, each.name)
        return value.__class__(**changes)


def is_value_class(kind: object) -> bool:
    """Whether something is a class of values."""
    return isinstance(kind, ValueType)


def fields(cls: type) -> tuple[Field, ...]:
    """What the members of a class are, inherited ones first. Raises TypeError if it is no class of values."""
    if not isinstance(cls, ValueType):
        raise TypeError(f"{cls!r} is no class of values")
    return cls.__fields__


def members(value: Value | Mutable) -> dict[str, Any]:
    """The members of a value by their names, as they are."""
    return {each.name: getattr(value, each.name) for each in fields(value.__class__)}


def _shown(value: Any) -> str:
    shown = (f"{each.name}={getattr(value, each.name)!r}" for each in value.__fields__ if each.repr)
    return f"{value.__class__.__qualname__}({', '.join(shown)})"
