"""The table of all settings, for the loader, the documentation and editors' schemas."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from threadkeep.config.settings import (
    PROVIDER_FIELDS,
    AgentSettings,
    Declared,
    Scope,
    SemanticSettings,
    Settings,
    StoreSettings,
)
from threadkeep.config.shapes import Shape
from threadkeep.ports.provider_settings import ProviderSettings
from threadkeep.values import NOTHING, Field, Value, fields
from threadkeep.values.hints import wire_name

ANY_NAME = "*"
"""In a path: a name that the user chooses."""

DEFAULT_KIND = "openai"
"""The kind of a provider that states none, unless its name is that of a built-in one."""


class Setting(Value):
    """One row."""

    path: tuple[str, ...]
    """As on the wire and in the settings file."""
    field: str
    """The attribute that holds the value."""
    shape: Shape
    default: Any
    """None where there is none, or where `default_label` tells it."""
    default_label: str | None
    doc: str
    env: str | None
    flag: str | None
    is_secret: bool
    is_client_only: bool
    scope: Scope
    needs_trust: bool
    choice_docs: tuple[str, ...]
    deprecated: str | None

    @property
    def name(self) -> str:
        """Dotted; `NAME` stands for a name that the user chooses."""
        return ".".join("NAME" if part == ANY_NAME else part for part in self.path)

    @property
    def default_text(self) -> str:
        """The default for people, in Markdown; empty if there is none."""
        if self.default_label:
            return self.default_label
        if self.default in (None, "", ()):
            return ""
        if isinstance(self.default, bool):
            return f"`{str(self.default).lower()}`"
        return f"`{self.default:g}`" if isinstance(self.default, float) else f"`{self.default}`"


@cache
def settings_table() -> tuple[Setting, ...]:
    """Every setting, in the order in which people read them."""
    rows: list[Setting] = []
    for field in fields(Settings):
        wire = wire_name(field.name)
        if field.name == "store":
            rows += _rows(fields(StoreSettings), (wire,))
        elif field.name == "semantic":
            rows += _rows(fields(SemanticSettings), (wire,))
        elif field.name == "providers":
            rows += _rows(fields(ProviderSettings), (wire, ANY_NAME), PROVIDER_FIELDS)
        elif field.name == "agents":
            rows += _rows(fields(AgentSettings), (wire, ANY_NAME))
        else:
            rows += _rows([field], ())
    return tuple(rows)


def to_markdown(rows: Iterable[Setting] | None = None) -> str:
    """The table for the documentation."""
    lines = [
        "| Setting | Value | Default | Variable, flag | Description |",
        "|---|---|---|---|---|",
    ]
    for row in settings_table() if rows is None else rows:
        outside = ", ".join(f"`{way}`" for way in (row.env, row.flag) if way)
        doc = f"{row.doc} Deprecated: {row.deprecated}" if row.deprecated else row.doc
        cells = (f"`{row.name}`", row.shape.label, row.default_text, outside, doc)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def to_json_schema(rows: Iterable[Setting] | None = None) -> dict[str, Any]:
    """What an editor needs to check and complete settings, as JSON Schema 2020-12."""
    schema = _object()
    for row in settings_table() if rows is None else rows:
        place = schema
        for part in row.path[:-1]:
            place = _table(place, part)
        own = {**row.shape.schema, "description": row.doc}
        if row.default is not None:
            own["default"] = list(row.default) if isinstance(row.default, tuple) else row.default
        if row.deprecated:
            own["deprecated"] = True
        place["properties"][row.path[-1]] = own
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _rows(
    declared: Iterable[Field],
    prefix: tuple[str, ...],
    elsewhere: Mapping[str, Declared] | None = None,
) -> list[Setting]:
    rows = []
    for field in declared:
        told: Declared | None = (
            field.metadata.get("declared") if elsewhere is None else elsewhere.get(field.name)
        )
        if told is not None:
            rows.append(_row(field, told, (*prefix, wire_name(field.name))))
    return rows


def _row(field: Field, told: Declared, path: tuple[str, ...]) -> Setting:
    default = None if field.default is NOTHING else field.default
    if path == ("providers", ANY_NAME, "kind"):
        default = DEFAULT_KIND
    return Setting(
        path=path,
        field=field.name,
        shape=told.shape,
        default=default,
        default_label=told.default_label,
        doc=told.doc,
        env=told.env,
        flag=told.flag,
        is_secret=told.is_secret,
        is_client_only=told.is_client_only,
        scope=told.scope,
        needs_trust=told.needs_trust,
        choice_docs=told.choice_docs,
        deprecated=told.deprecated,
    )


def _object() -> dict[str, Any]:
    return {"type": "object", "properties": {}, "additionalProperties": False}


def _table(place: dict[str, Any], part: str) -> dict[str, Any]:
    found: dict[str, Any]
    if part == ANY_NAME:
        if not place["additionalProperties"]:
            place["additionalProperties"] = _object()
        found = place["additionalProperties"]
    else:
        found = place["properties"].setdefault(part, _object())
    return found
