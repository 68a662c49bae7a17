"""The JSON Schema says of each member what the docstrings and types say."""

import compileall
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Generic, TypeVar

import pytest
from jsonschema import Draft202012Validator

from threadkeep import protocol, values
from threadkeep.protocol import catalog, schema
from threadkeep.protocol.catalog import Docs, named_types
from threadkeep.protocol.errors import ERRORS
from threadkeep.protocol.methods import METHODS
from threadkeep.protocol.request import result_of
from threadkeep.protocol.schema import json_schema, meta
from threadkeep.protocol.types.lifecycle import SessionResult, UpdateSessionParams
from threadkeep.values import fields, is_value_class
from threadkeep.values.hints import wire_name

T = TypeVar("T")

DEFINITIONS: dict[str, Any] = json_schema()["$defs"]


def member(cls: str, name: str) -> dict[str, Any]:
    schema = dict(DEFINITIONS[cls]["properties"][name])
    del schema["description"]
    return schema


@pytest.mark.medium
def test_it_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_every_class_and_every_member_is_described() -> None:
    for named in named_types().values():
        if is_value_class(named.hint):
            definition = DEFINITIONS[named.name]
            assert definition["description"]
            assert list(definition["properties"]) == [wire_name(f.name) for f in fields(named.hint)]
            assert all(each["description"] for each in definition["properties"].values()), named.name


def test_unknown_members_are_allowed() -> None:
    assert [name for name, each in DEFINITIONS.items() if "additionalProperties" in each] == []


def test_a_patch_allows_null_only_where_something_can_be_cleared() -> None:
    assert member("UpdateSessionParams", "title") == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert member("UpdateSessionParams", "metadata") == {
        "anyOf": [{"$ref": "#/$defs/JsonObject"}, {"type": "null"}]
    }
    assert member("UpdateSessionParams", "task") == {"type": "string"}
    assert member("UpdateSessionParams", "repository") == {"$ref": "#/$defs/RepositoryRef"}
    assert member("OpenSessionParams", "task") == {"type": "string"}


def test_what_the_server_always_sends_is_required() -> None:
    assert "tags" in DEFINITIONS["Session"]["required"]
    assert "workflow" not in DEFINITIONS["Session"]["required"]
    assert DEFINITIONS["TextPart"]["required"] == ["type", "text"]


def test_a_client_may_leave_out_what_has_a_default() -> None:
    assert "required" not in DEFINITIONS["ListSessionsParams"]
    assert member("ListSessionsParams", "limit") == {"type": "integer", "default": 20}
    assert member("ListSessionsParams", "sort")["default"] == {"by": "updatedAt", "order": "descending"}
    assert member("CreateSessionParams", "metadata")["default"] == {}
    assert member("CreateSessionParams", "tags")["default"] == []


def test_enums_are_open_in_what_the_server_sends_and_closed_in_what_clients_send() -> None:
    assert member("Session", "status") == {"anyOf": [{"$ref": "#/$defs/SessionStatus"}, {"type": "string"}]}
    assert member("SessionFilter", "status") == {"type": "array", "items": {"$ref": "#/$defs/SessionStatus"}}
    assert DEFINITIONS["SessionStatus"] == {"type": "string", "enum": ["active", "paused", "ended"]}
    assert member("TextPart", "type") == {"const": "text"}


def test_every_reference_leads_somewhere() -> None:
    def references(schema: object) -> list[str]:
        if isinstance(schema, dict):
            own = [schema["$ref"]] if "$ref" in schema else []
            return own + [each for value in schema.values() for each in references(value)]
        return [each for value in schema for each in references(value)] if isinstance(schema, list) else []

    assert {each.removeprefix("#/$defs/") for each in references(DEFINITIONS)} <= set(DEFINITIONS)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_method_is_described_with_types_and_errors_that_exist(method: Any) -> None:
    described = meta()["methods"][method.name]
    assert described["doc"] == method.doc
    assert described["direction"] == method.direction
    assert described["params"] in DEFINITIONS
    assert set(method.errors) <= set(meta()["errors"])
    if method.direction == "request":
        assert described["result"] in DEFINITIONS
        assert described["cancellable"] is method.cancellable
    else:
        assert "result" not in described


def test_every_error_has_a_code_and_a_kind_of_its_own() -> None:
    errors = meta()["errors"]
    assert len(errors) == len(ERRORS) == len({error["code"] for error in errors.values()})
    assert errors["sessionBusy"] == {
        "code": 1005,
        "retryable": True,
        "data": ["turnId", "holder", "isUnresponsive", "unresponsiveSince", "canTakeOver"],
        "doc": "A turn runs: wait for it or cancel it.",
    }


@pytest.mark.medium
def test_a_package_without_its_sources_gives_the_same_types_undescribed(tmp_path: Path) -> None:
    package = tmp_path / "threadkeep"
    for room in (protocol, values):
        shutil.copytree(Path(room.__path__[0]), package / room.__name__.rpartition(".")[2])
    (package / "__init__.py").touch()
    compileall.compile_dir(package, quiet=1, legacy=True)
    for source in package.rglob("*.py"):
        source.unlink()
    script = (
        "import json; from threadkeep.protocol.schema import json_schema; print(json.dumps(json_schema()))"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, check=True, timeout=60
    )
    assert json.loads(done.stdout)["$defs"] == undescribed(DEFINITIONS)


def undescribed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [undescribed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: undescribed(each)
        for key, each in schema.items()
        if not (key == "description" and isinstance(each, str))
    }


def test_each_call_gives_an_object_of_its_own() -> None:
    json_schema()["$defs"].clear()
    meta()["methods"].clear()
    assert json_schema()["$defs"] == DEFINITIONS
    assert meta()["methods"]


def test_types_of_which_no_source_is_there_are_told_without_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "read_docs", lambda _: Docs(inside={}))
    undescribed = catalog.named_types.__wrapped__()
    assert undescribed.keys() >= named_types().keys()
    monkeypatch.setattr(schema, "named_types", lambda: undescribed)
    told = json_schema()["$defs"]
    assert told.keys() == DEFINITIONS.keys()
    assert told["Session"]["properties"].keys() == DEFINITIONS["Session"]["properties"].keys()
    assert "description" not in told["Session"]["properties"]["title"]


def test_params_name_their_result_and_other_classes_do_not() -> None:
    assert result_of(UpdateSessionParams) is SessionResult

    class Other(Generic[T]):
        pass

    with pytest.raises(TypeError, match="Other does not name its result"):
        result_of(Other)  # type: ignore[type-var]  # that is the point
