"""Writes the protocol's types as JSON Schema 2020-12, and its methods and errors as one JSON object."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args, get_type_hints

from threadkeep.protocol import limits
from threadkeep.protocol.catalog import Named, classes_sent_by_clients, named_types
from threadkeep.protocol.converter import unstructure
from threadkeep.protocol.errors import ERRORS
from threadkeep.protocol.method import Method
from threadkeep.protocol.methods import METHODS
from threadkeep.protocol.types.common import JsonObject
from threadkeep.values import NOTHING, Field, fields, is_value_class
from threadkeep.values.hints import (
    accepts_null,
    accepts_unset,
    is_array,
    is_closed,
    is_literal,
    is_omitted,
    is_union,
    tag_of,
    values_of,
    wire_name,
)

JsonSchema = dict[str, Any]

_ABOUT = (
    "The types of Threadkeep's protocol. Receivers ignore members that they do not know, and in what the"
    " server sends they tolerate strings that they do not know where a list of strings is given."
)
_REF = "#/$defs/"
_SCALARS = {str: "string", bool: "boolean", int: "integer", float: "number"}


def json_schema() -> JsonSchema:
    """Every class, and every named type that is used, under `$defs`.

    What the server sends has open enums; what clients send has not. Members that the server always
    sends are required, and so are those that a client must send.
    """
    definitions = {named.name: _definition(named) for named in named_types().values()}
    used = set(_references(definitions))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:threadkeep:protocol:{limits.PROTOCOL_VERSION}",
        "title": "Threadkeep protocol",
        "description": _ABOUT,
        "$defs": {
            name: definition
            for name, definition in definitions.items()
            if is_value_class(named_types()[name].hint) or name in used
        },
    }


def referred_name(schema: JsonSchema) -> str | None:
    """The name that a `$ref` refers to; None for another schema."""
    return str(schema["$ref"]).removeprefix(_REF) if "$ref" in schema else None


def without_openness(schema: JsonSchema, definitions: Mapping[str, JsonSchema]) -> JsonSchema:
    """The list of known strings of an open enum; any other schema as it is."""
    match schema:
        case {"anyOf": [known, {"type": "string"}]}:
            name = referred_name(known)
            return known if "enum" in (definitions[name] if name else known) else schema
    return schema


def meta() -> dict[str, Any]:
    """Every method with the names of its types in the schema, every error, and the limits."""
    return {
        "protocolVersion": limits.PROTOCOL_VERSION,
        "limits": {
            "maxPage": limits.MAX_PAGE,
            "maxPerPage": limits.MAX_PER_PAGE,
            "maxMessageBytes": limits.MAX_MESSAGE_BYTES,
            "maxTitle": limits.MAX_TITLE,
            "maxNote": limits.MAX_NOTE,
            "maxTags": limits.MAX_TAGS,
            "maxTag": limits.MAX_TAG,
            "maxLinks": limits.MAX_LINKS,
            "maxLink": limits.MAX_LINK,
        },
        "methods": {method.name: _method(method) for method in METHODS},
        "errors": {
            error.kind: {
                "code": error.code,
                "retryable": error.retryable,
                "data": list(error.data),
                "doc": error.doc,
            }
            for error in ERRORS
        },
    }


def _method(method: Method) -> dict[str, Any]:
    described: dict[str, Any] = {"direction": method.direction, "params": method.params.__name__}
    if method.direction == "request":
        described["result"] = method.result.__name__ if method.result else None
        described["errors"] = list(method.errors)
        described["cancellable"] = method.cancellable
    return {**described, "doc": method.doc}


def _definition(named: Named) -> JsonSchema:
    text = {"description": named.docs.text} if named.docs.text else {}
    if not is_value_class(named.hint):
        return {**text, **_plain(named.hint)}
    sent_by_client = named.hint in classes_sent_by_clients()
    hints = get_type_hints(named.hint)
    properties: dict[str, JsonSchema] = {}
    required: list[str] = []
    for field in fields(named.hint):
        name = wire_name(field.name)
        properties[name] = _member(hints[field.name], field.absent(), sent_by_client=sent_by_client)
        if is_closed(field):
            properties[name] = {**properties[name], "unevaluatedProperties": False}
        if doc := named.docs.of(field.name):
            properties[name] = {"description": doc, **properties[name]}
        if _is_required(named.hint, field, sent_by_client=sent_by_client):
            required.append(name)
    schema: JsonSchema = {**text, "type": "object", "properties": properties}
    return {**schema, "required": required} if required else schema


def _is_required(cls: type, field: Field, *, sent_by_client: bool) -> bool:
    if field.is_required or (field.name == "type" and tag_of(cls)):
        return True
    return not sent_by_client and not is_omitted(field.default)


def _member(hint: Any, default: Any, *, sent_by_client: bool) -> JsonSchema:
    nullable = accepts_unset(hint) and accepts_null(hint)
    schema = _type(hint, is_open=not sent_by_client, nullable=nullable)
    if sent_by_client and not is_omitted(default) and default is not NOTHING:
        return {**schema, "default": _plain_json(default)}
    return schema


def _type(hint: Any, *, is_open: bool, nullable: bool = False) -> JsonSchema:
    """The schema of a member: named types by reference."""
    kinds = values_of(hint)
    name = _names().get(frozenset(kinds))
    if name:
        choices: list[JsonSchema] = [{"$ref": _REF + name}]
    else:
        choices = [_plain(kind, is_open=is_open) for kind in kinds]
    if is_open and is_literal(kinds[0]) and len(get_args(kinds[0])) > 1:
        choices.append({"type": "string"})
    if nullable:
        choices.append({"type": "null"})
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


def _plain(hint: Any, *, is_open: bool = False) -> JsonSchema:
    """The schema of what has no name, or of what a name stands for."""
    if hint == JsonObject:
        return {"type": "object"}
    if is_literal(hint):
        allowed = list(get_args(hint))
        return {"const": allowed[0]} if len(allowed) == 1 else {"type": "string", "enum": allowed}
    if is_union(hint):
        return {"anyOf": [_type(kind, is_open=is_open) for kind in values_of(hint)]}
    if is_array(hint):
        return {"type": "array", "items": _type(get_args(hint)[0], is_open=is_open)}
    return {} if hint is Any else {"type": _SCALARS[hint]}


@cache
def _names() -> dict[frozenset[Any], str]:
    """The name of what may stand in its place; of two with the same, that of the first."""
    return {frozenset(values_of(each.hint)): each.name for each in reversed(named_types().values())}


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        if name := referred_name(schema):
            yield name
        for each in schema.values():
            yield from _references(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _references(each)


def _plain_json(value: Any) -> Any:
    if is_value_class(type(value)):
        return unstructure(value)
    return list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value
