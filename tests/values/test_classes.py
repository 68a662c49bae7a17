"""Values are made of declared members, compare by them, and are made in no time when they are imported."""

import subprocess
import sys
from typing import Any

import pytest

from tests.support.protocol_types import all_classes
from threadkeep.protocol.types.common import Empty, JsonObject, Usage
from threadkeep.protocol.types.server import SetKeyParams
from threadkeep.values import NOTHING, Mutable, Value, evolve, field, fields, members


class Named(Value):
    name: str
    data: JsonObject | None = None


class Other(Value):
    """The same members in another class."""

    name: str
    data: JsonObject | None = None


class Longer(Named):
    length: int = 0


class Pair(Value, kw_only=False):
    first: int
    second: int = 2


class Tray(Mutable):
    things: list[str] = field(factory=list)
    secret: str = field(default="", repr=False, eq=False)


class Alone(Value, eq=False):
    name: str = ""


class Doubled(Value):
    number: int
    double: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "double", 2 * self.number)


@pytest.mark.parametrize("cls", all_classes(), ids=lambda cls: cls.__name__)
def test_every_class_of_the_protocol_is_a_value_without_methods_or_a_dictionary_of_its_own(cls: type) -> None:
    assert issubclass(cls, Value)
    assert cls.__dictoffset__ == 0
    assert {"__eq__", "__ne__", "__hash__", "__repr__"} & vars(cls).keys() == set()


def test_members_are_given_by_name() -> None:
    assert Named(name="a").data is None
    with pytest.raises(TypeError, match="positional"):
        Named("a")  # type: ignore[call-arg, misc]  # that is the point


@pytest.mark.parametrize("wrong", [{}, {"name": "a", "nmae": "b"}])
def test_a_missing_and_an_unknown_member_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"name|nmae"):
        Named(**wrong)
    with pytest.raises(TypeError, match=r"name|nmae"):  # by the compiled method too
        Named(**wrong)


def test_a_class_may_take_its_members_by_their_order() -> None:
    assert Pair(1) == Pair(1, 2) == Pair(first=1)


@pytest.mark.parametrize(
    ("other", "is_same"), [({"name": "b"}, False), ({"name": "a", "data": {}}, False), ({"name": "a"}, True)]
)
def test_equal_members_make_equal_values(other: dict[str, Any], *, is_same: bool) -> None:
    assert (Named(name="a") == Named(**other)) is is_same
    assert (Named(name="a") != Named(**other)) is not is_same


def test_another_class_is_never_equal() -> None:
    assert Named(name="a") != Other(name="a")
    assert Named(name="a") != Longer(name="a")
    assert Named(name="a") != "a"
    assert Empty() == Empty()


def test_a_value_without_equality_is_equal_to_itself_alone() -> None:
    one = Alone()
    assert one == one  # noqa: PLR0124 - that is the point
    assert one != Alone()
    assert len({one, Alone()}) == 2


def test_equal_ones_have_one_hash_and_what_holds_json_has_none() -> None:
    assert hash(Usage(input_tokens=1)) == hash(Usage(input_tokens=1))
    assert len({Usage(input_tokens=1), Usage(input_tokens=1), Usage()}) == 2
    assert hash(Empty()) == hash(Empty())
    with pytest.raises(TypeError, match="unhashable"):
        hash(Named(name="a", data={}))


def test_values_show_their_members() -> None:
    assert repr(Named(name="a")) == "Named(name='a', data=None)"
    assert repr(Longer(name="a", length=3)) == "Longer(name='a', data=None, length=3)"
    assert repr(Empty()) == "Empty()"


def test_values_cannot_be_changed() -> None:
    usage = Usage()
    with pytest.raises(AttributeError, match="cost: a Usage cannot be changed"):
        usage.cost = 1.0  # type: ignore[misc]  # that is the point
    with pytest.raises(AttributeError, match="cost"):
        del usage.cost
    assert usage == Usage()


def test_a_changed_value_is_another_one() -> None:
    usage = Usage()
    assert evolve(usage, cost=1.0) == Usage(cost=1.0)
    assert usage.cost is None
    with pytest.raises(TypeError, match="price"):
        evolve(usage, price=1.0)  # type: ignore[call-arg]  # that is the point


def test_what_is_worked_out_follows_a_change() -> None:
    assert evolve(Doubled(number=1), number=4).double == 8


def test_a_mutable_one_is_changed_and_has_no_hash() -> None:
    tray, other = Tray(), Tray()
    tray.things.append("a")
    tray.secret = "s"
    assert other.things == []
    assert tray == Tray(things=["a"])
    assert repr(tray) == "Tray(things=['a'])"
    with pytest.raises(TypeError, match="unhashable"):
        hash(tray)


def test_a_misspelt_member_is_not_set() -> None:
    with pytest.raises(AttributeError):
        Tray().thing = []  # type: ignore[attr-defined]  # that is the point


def test_inherited_members_come_first() -> None:
    assert [each.name for each in fields(Longer)] == ["name", "data", "length"]
    assert [each.is_required for each in fields(Longer)] == [True, False, False]
    assert members(Longer(name="a")) == {"name": "a", "data": None, "length": 0}
    assert fields(Named)[0].absent() is NOTHING


def test_a_subclass_is_made_whole_after_its_base_was() -> None:
    Named(name="a")

    class Late(Named):
        size: int = 1

    assert Late(name="a", size=3).size == 3


def test_what_is_no_class_of_values_has_no_members() -> None:
    with pytest.raises(TypeError, match="no class of values"):
        fields(str)


def test_a_key_is_never_shown() -> None:
    params = SetKeyParams(provider="openai", key="sk-secret", keep="window")
    assert repr(params) == "SetKeyParams(provider='openai', keep='window')"


@pytest.mark.medium
def test_importing_the_protocol_and_the_domain_compiles_no_more_than_the_one_default_that_is_a_value() -> (
    None
):
    code = (
        "import builtins, sys, threadkeep.values\n"
        "compiled = []\n"
        "threadkeep.values.classes.compile = lambda *_: compiled.append(_[1]) or builtins.compile(*_)\n"
        "import threadkeep.domain.transfer, threadkeep.protocol.types.sessions\n"
        "print(compiled, sorted({'attr', 'attrs', 'cattrs', 'dataclasses'} & set(sys.modules)))\n"
    )
    told = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert told.stdout.strip() == '["<a value\'s __init__>"] []'
