"""Whatever a class can hold survives the way to JSON and back, and no JSON upsets the converter."""

import functools
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.support.protocol_types import INTEGERS, all_classes, instances, json_values
from threadkeep.protocol.catalog import classes_sent_by_clients
from threadkeep.protocol.converter import structure, unstructure
from threadkeep.protocol.schema import json_schema
from threadkeep.values.json_codec import Malformed

CLASSES = all_classes()
SCHEMA = json_schema()
QUICK = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def named(cls: type) -> str:
    return cls.__name__


@functools.cache
def validator(cls: type) -> Draft202012Validator:
    return Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{cls.__name__}"})


@given(cls=st.sampled_from(CLASSES), data=st.data())
def test_some_classes_keep_all_rules_of_this_page(cls: type, data: st.DataObject) -> None:
    """For `poe fast`; what follows asks each class."""
    value = data.draw(instances(cls))
    payload = json.loads(json.dumps(unstructure(value)))
    assert structure(payload, cls) == value
    validator(cls).validate(payload)


@pytest.mark.medium
@pytest.mark.parametrize("cls", CLASSES, ids=named)
@QUICK
@given(data=st.data())
def test_an_instance_comes_back_from_json_as_it_was(cls: type, data: st.DataObject) -> None:
    value = data.draw(instances(cls))
    text = json.dumps(unstructure(value))
    assert structure(json.loads(text), cls) == value


@pytest.mark.medium
@pytest.mark.parametrize("cls", CLASSES, ids=named)
@QUICK
@given(data=st.data())
def test_what_is_sent_is_valid_against_the_schema(cls: type, data: st.DataObject) -> None:
    validator(cls).validate(json.loads(json.dumps(unstructure(data.draw(instances(cls))))))


@pytest.mark.medium
@pytest.mark.parametrize("cls", CLASSES, ids=named)
@QUICK
@given(data=st.data())
def test_any_json_is_either_structured_or_malformed(cls: type, data: st.DataObject) -> None:
    payload = data.draw(json_values() | damaged(cls, json_values()))
    try:
        value = structure(payload, cls)
    except Malformed:
        return
    assert isinstance(value, cls)
    assert structure(unstructure(value), cls) == value
    validator(cls).validate(unstructure(value))


@pytest.mark.medium
@pytest.mark.parametrize("cls", sorted(classes_sent_by_clients(), key=named), ids=named)
@QUICK
@given(data=st.data())
def test_what_the_schema_lets_a_client_send_is_taken(cls: type, data: st.DataObject) -> None:
    payload = data.draw(damaged(cls, json_values(integers=INTEGERS, floats=st.nothing())))
    if validator(cls).is_valid(payload):
        assert isinstance(structure(payload, cls), cls)


@st.composite
def damaged(draw: st.DrawFn, cls: type, replacements: st.SearchStrategy[Any]) -> Any:
    """The JSON of an instance with one value anywhere in it replaced."""
    return _replaced(draw, unstructure(draw(instances(cls))), replacements)


def _replaced(draw: st.DrawFn, payload: Any, replacements: st.SearchStrategy[Any]) -> Any:
    keys = (
        list(payload)
        if isinstance(payload, dict)
        else list(range(len(payload)))
        if isinstance(payload, list)
        else []
    )
    chosen = draw(st.sampled_from([None, *keys]))
    if chosen is None:
        return draw(replacements)
    changed = payload.copy()
    changed[chosen] = _replaced(draw, payload[chosen], replacements)
    return changed
