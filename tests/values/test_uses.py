"""One reader for all JSON; how strict each of its uses is stands here by name."""

from collections.abc import Callable
from typing import Any, Literal

import pytest

from threadkeep.adapters.formats.strict import NotAsExpected, from_json
from threadkeep.adapters.store.tables.documents import value_of
from threadkeep.client.errors import MalformedAnswer
from threadkeep.client.reading import read
from threadkeep.domain.errors import StoreCorrupt
from threadkeep.protocol.converter import structure
from threadkeep.values import Value, field
from threadkeep.values.hints import CLOSED

Read = Callable[[object, type[Any]], Any]
REFUSALS: dict[Read, type[Exception]] = {
    from_json: NotAsExpected,
    read: MalformedAnswer,
    value_of: StoreCorrupt,
}


class Box(Value):
    at: str = ""


class Item(Value):
    name: str
    count: int = 0
    kind: Literal["a", "b"] = "a"
    tags: tuple[str, ...] = ()
    box: Box | None = None
    closed: Box | None = field(default=None, metadata=CLOSED)


def given(**members: Any) -> dict[str, Any]:
    return {"name": "n", **members}


def refused(use: Read, **members: Any) -> str:
    with pytest.raises(REFUSALS.get(use, Exception)) as caught:
        use(given(**members), Item)
    return str(caught.value)


@pytest.mark.parametrize("use", [structure, read, from_json, value_of])
def test_unknown_members_are_ignored_by_everybody(use: Read) -> None:
    assert use(given(more=1, box={"at": "x", "to": "y"}), Item) == Item(name="n", box=Box(at="x"))


@pytest.mark.parametrize("use", [structure, read, from_json, value_of])
def test_a_closed_member_is_closed_for_everybody(use: Read) -> None:
    assert 'has no member "to"' in refused(use, closed={"to": "y"})


@pytest.mark.parametrize("use", [structure, read, from_json, value_of])
def test_what_is_missing_and_what_is_no_object_is_refused_by_everybody(use: Read) -> None:
    with pytest.raises(REFUSALS.get(use, Exception), match=r"name.* is required"):
        use({}, Item)
    assert "box" in refused(use, box=5)
    assert "tags" in refused(use, tags="x")


@pytest.mark.parametrize("use", [structure, from_json])
@pytest.mark.parametrize("wrong", [{"name": 5}, {"count": "1"}, {"kind": "c"}, {"tags": [1]}])
def test_requests_and_exports_are_taken_only_with_the_types_that_are_declared(
    use: Read, wrong: dict[str, Any]
) -> None:
    assert next(iter(wrong)) in refused(use, **wrong)


@pytest.mark.parametrize("use", [read, value_of])
def test_answers_and_what_is_stored_may_hold_values_of_a_newer_version(use: Read) -> None:
    assert use(given(kind="hologram"), Item).kind == "hologram"


@pytest.mark.parametrize("use", [structure, read])
def test_in_requests_and_answers_null_is_as_good_as_absent(use: Read) -> None:
    nulls = {"count": None, "kind": None, "tags": None, "box": None, "closed": None}
    assert use(given(**nulls), Item) == Item(name="n")


def test_in_an_export_null_is_a_value() -> None:
    assert from_json(given(box=None), Item).box is None
    assert "expected an integer, not null" in refused(from_json, count=None)


def test_an_answer_without_a_value_for_what_is_required_is_refused() -> None:
    assert "name: is required" in refused(read, name=None)


def test_only_an_export_counts_nothing_below_zero() -> None:
    assert structure(given(count=-1), Item).count == -1
    assert "expected an integer between 0 and" in refused(from_json, count=-1)


def test_an_export_and_an_answer_tell_what_and_where() -> None:
    assert refused(from_json, tags=["x", 5]) == "tags[1]: expected a string, not an integer"
    assert refused(read, box=[]) == "not a Item: box: expected an object, not an array"
