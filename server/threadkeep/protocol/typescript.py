"""Writes the protocol as TypeScript; loaded to generate it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from threadkeep.protocol.schema import JsonSchema, referred_name, without_openness

_SCALARS = {"string": "string", "boolean": "boolean", "integer": "number", "number": "number", "null": "null"}


def typescript(schema: JsonSchema, meta: Mapping[str, Any], *, notice: str) -> str:
    """The text of `protocol.ts`: an interface a class, the methods, the error codes, the limits."""
    definitions = schema["$defs"]
    requests = _of_direction(meta, "request")
    notifications = _of_direction(meta, "notification")
    parts = [
        f"// {notice}\n",
        _doc("The version of the protocol that this file describes.")
        + f"export const PROTOCOL_VERSION = {meta['protocolVersion']};\n",
        _doc("Bounds that a client may rely on.") + _const("LIMITS", meta["limits"].items()),
        _doc("The codes of the errors by their kind; rely on the kind.")
        + _const("ERROR_CODES", ((kind, error["code"]) for kind, error in meta["errors"].items())),
        "export type ErrorKind = keyof typeof ERROR_CODES;\n",
        _doc("`error.data` of every error.")
        + "export interface ErrorData {\n  kind: ErrorKind | (string & {});\n  retryable: boolean;\n"
        "  [member: string]: unknown;\n}\n",
        *(_definition(name, each, definitions) for name, each in definitions.items()),
        _doc("Params and result of every request that a client may send.")
        + _map("Requests", requests, lambda m: f"{{ params: {m['params']}; result: {m['result']} }}"),
        _doc("Params of every notification that the server may send.")
        + _map("Notifications", notifications, lambda m: str(m["params"])),
        _names("REQUEST_NAMES", "Requests", requests),
        _names("NOTIFICATION_NAMES", "Notifications", notifications),
    ]
    return "\n".join(parts)


def _definition(name: str, schema: JsonSchema, definitions: Mapping[str, JsonSchema]) -> str:
    doc = _doc(schema.get("description", ""))
    properties = schema.get("properties")
    if properties is None:
        return f"{doc}export type {name} = {_type(schema, definitions)};\n"
    if not properties:
        return f"{doc}export type {name} = Record<string, never>;\n"
    lines = []
    for key, member in properties.items():
        mark = "" if key in schema.get("required", ()) else "?"
        lines.append(f"{_doc(_described(member), indent='  ')}  {key}{mark}: {_type(member, definitions)};\n")
    return f"{doc}export interface {name} {{\n{''.join(lines)}}}\n"


def _described(member: JsonSchema) -> str:
    text = str(member.get("description", ""))
    if "default" in member:
        text += f" Default: `{json.dumps(member['default'])}`."
    return text


def _type(schema: JsonSchema, definitions: Mapping[str, JsonSchema]) -> str:
    known = without_openness(schema, definitions)
    if known is not schema:
        return f"{_type(known, definitions)} | (string & {{}})"
    if name := referred_name(schema):
        return name
    if "anyOf" in schema:
        return " | ".join(_type(each, definitions) for each in schema["anyOf"])
    if schema.get("type") == "array":
        item = _type(schema["items"], definitions)
        return f"({item})[]" if " " in item else f"{item}[]"
    return _plain(schema)


def _plain(schema: JsonSchema) -> str:
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if schema.get("type") == "object":
        return "{ [member: string]: unknown }"
    return _SCALARS[schema["type"]] if "type" in schema else "unknown"


def _of_direction(meta: Mapping[str, Any], direction: str) -> dict[str, Any]:
    return {name: method for name, method in meta["methods"].items() if method["direction"] == direction}


def _map(name: str, methods: Mapping[str, Any], value: Any) -> str:
    lines = [
        f"{_doc(method['doc'], indent='  ')}  {json.dumps(key)}: {value(method)};\n"
        for key, method in methods.items()
    ]
    return f"export interface {name} {{\n{''.join(lines)}}}\n"


def _names(constant: str, interface: str, methods: Iterable[str]) -> str:
    lines = "".join(f"  {json.dumps(name)},\n" for name in methods)
    return f"export const {constant} = [\n{lines}] as const satisfies readonly (keyof {interface})[];\n"


def _const(name: str, members: Iterable[tuple[str, object]]) -> str:
    lines = "".join(f"  {key}: {value},\n" for key, value in members)
    return f"export const {name} = {{\n{lines}}} as const;\n"


def _doc(text: str, *, indent: str = "") -> str:
    closed = text.replace("*/", "*\\/")
    return f"{indent}/** {closed} */\n" if text else ""
