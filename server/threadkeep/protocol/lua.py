"""Writes the protocol as Lua with LuaCATS annotations; loaded to generate it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from threadkeep.protocol.schema import JsonSchema, referred_name

_SCALARS = {
    "string": "string",
    "boolean": "boolean",
    "integer": "integer",
    "number": "number",
    "null": "threadkeep.Null",
}


def lua(schema: JsonSchema, meta: Mapping[str, Any], *, notice: str) -> str:
    """The text of `protocol.lua`: a class for each type, and a table of names and numbers."""
    codes = ((kind, error["code"]) for kind, error in meta["errors"].items())
    requests, notifications = _names(meta, "request"), _names(meta, "notification")
    parts = [
        f"-- {notice}\n",
        "---`vim.NIL`: clears a member of a patch.\n---@alias threadkeep.Null userdata\n",
        *(_definition(name, each) for name, each in schema["$defs"].items()),
        "local M = {}\n",
        f"---The version of the protocol that this file describes.\nM.version = {meta['protocolVersion']}\n",
        f"---Bounds that a client may rely on.\nM.limits = {_table(meta['limits'].items())}\n",
        f"---Requests that a client may send.\nM.requests = {_list(requests)}\n",
        f"---Notifications that the server may send.\nM.notifications = {_list(notifications)}\n",
        f"---The codes of the errors by their kind; rely on the kind.\nM.error_codes = {_table(codes)}\n",
        "return M\n",
    ]
    return "\n".join(parts)


def _definition(name: str, schema: JsonSchema) -> str:
    doc = _doc(schema.get("description", ""))
    if "properties" not in schema:
        return f"{doc}---@alias threadkeep.{name} {_type(schema)}\n"
    lines = []
    for key, member in schema["properties"].items():
        mark = "" if key in schema.get("required", ()) else "?"
        text = f" {member['description']}" if "description" in member else ""
        default = f" Default: {json.dumps(member['default'])}." if "default" in member else ""
        lines.append(f"---@field {key}{mark} {_type(member)}{text}{default}\n")
    return f"{doc}---@class (exact) threadkeep.{name}\n{''.join(lines)}"


def _type(schema: JsonSchema) -> str:
    if name := referred_name(schema):
        return f"threadkeep.{name}"
    if "anyOf" in schema:
        return "|".join(_type(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        item = _type(schema["items"])
        return f"({item})[]" if "|" in item else f"{item}[]"
    return _plain(schema)


def _plain(schema: JsonSchema) -> str:
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return "|".join(json.dumps(value) for value in schema["enum"])
    if schema.get("type") == "object":
        return "table<string, any>"
    return _SCALARS[schema["type"]] if "type" in schema else "any"


def _names(meta: Mapping[str, Any], direction: str) -> list[str]:
    return [name for name, method in meta["methods"].items() if method["direction"] == direction]


def _list(values: Iterable[str]) -> str:
    return "{\n" + "".join(f"  {json.dumps(value)},\n" for value in values) + "}"


def _table(members: Iterable[tuple[str, object]]) -> str:
    return "{\n" + "".join(f"  {key} = {value},\n" for key, value in members) + "}"


def _doc(text: str) -> str:
    return f"---{text}\n" if text else ""
