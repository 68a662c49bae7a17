"""The golden files show every message of the protocol, and are what the protocol says."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from threadkeep.protocol.converter import structure, unstructure
from threadkeep.protocol.errors import BY_KIND, ERRORS
from threadkeep.protocol.methods import METHODS, NOTIFICATIONS, REQUESTS
from threadkeep.protocol.schema import json_schema

FOLDER = Path(__file__).parents[1] / "golden"
CLASSES: dict[str, type] = {
    **{f"{name}.params": method.params for name, method in REQUESTS.items()},
    **{f"{name}.result": method.result for name, method in REQUESTS.items() if method.result},
    **{f"{name}.notification": method.params for name, method in NOTIFICATIONS.items()},
}
FILES = sorted(path for path in FOLDER.iterdir() if not path.name.startswith("error."))
ERROR_FILES = sorted(FOLDER.glob("error.*"))
SCHEMA = json_schema()


def message_of(path: Path) -> str:
    """`session.update.params.clear.json` is a variant of `session/update.params`."""
    noun, verb, kind, *_ = path.name.removesuffix(".json").split(".")
    return f"{noun}/{verb}.{kind}"


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return path.name


def test_every_message_has_a_file_and_every_file_a_message() -> None:
    assert {message_of(path) for path in FILES} == set(CLASSES)
    assert len(CLASSES) == sum(1 if method.direction == "notification" else 2 for method in METHODS)
    assert {path.suffix for path in FOLDER.iterdir()} == {".json"}


def test_every_error_has_a_file_and_every_file_an_error() -> None:
    kinds = {path.name.split(".")[1] for path in ERROR_FILES}
    assert kinds == {error.kind for error in ERRORS}
    assert {FOLDER / f"error.{kind}.json" for kind in kinds} <= set(ERROR_FILES)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_golden_file_is_valid_against_the_schema(path: Path) -> None:
    reference = {"$ref": f"#/$defs/{CLASSES[message_of(path)].__name__}"}
    Draft202012Validator({**SCHEMA, **reference}).validate(read(path))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_golden_file_comes_back_as_it_was(path: Path) -> None:
    golden = read(path)
    assert unstructure(structure(golden, CLASSES[message_of(path)])) == golden


@pytest.mark.parametrize("path", ERROR_FILES, ids=name)
def test_an_error_file_is_what_the_table_says(path: Path) -> None:
    error = read(path)
    row = BY_KIND[error["data"]["kind"]]
    assert path.name.split(".")[:2] == ["error", row.kind]
    assert set(error) == {"code", "message", "data"}
    assert error["code"] == row.code
    assert error["message"]
    assert error["data"]["retryable"] is row.retryable
    assert set(error["data"]) - {"kind", "retryable"} <= set(row.data)


def test_every_member_of_what_is_sent_stands_in_some_file() -> None:
    seen: dict[str, set[str]] = {}
    for path in FILES:
        _collect(read(path), _declaring(CLASSES[message_of(path)]).__name__, seen)
    expected = {
        title: set(definition["properties"])
        for title, definition in SCHEMA["$defs"].items()
        if title in seen and "properties" in definition
    }
    assert seen == expected


def _declaring(cls: type) -> type:
    """The class that the members stand in: requests that say the same inherit them."""
    return next(
        base for base in reversed(cls.__mro__) if base.__module__.startswith("threadkeep.protocol.types")
    )


def _collect(value: Any, title: str, seen: dict[str, set[str]]) -> None:
    definition = SCHEMA["$defs"][title]
    if "properties" not in definition:
        _follow(value, definition, seen)
        return
    seen.setdefault(title, set()).update(value)
    for key, member in value.items():
        _follow(member, definition["properties"][key], seen)


def _follow(value: Any, schema: dict[str, Any], seen: dict[str, set[str]]) -> None:
    for choice in schema.get("anyOf", [schema]):
        if not Draft202012Validator({**SCHEMA, **choice}).is_valid(value):
            continue
        if "$ref" in choice:
            _collect(value, choice["$ref"].removeprefix("#/$defs/"), seen)
        for item in value if "items" in choice else ():
            _follow(item, choice["items"], seen)
