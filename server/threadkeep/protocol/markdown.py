"""Writes the tables of the protocol's page, between markers in its hand-written prose; loaded to generate it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from threadkeep.protocol.schema import JsonSchema, referred_name, without_openness


def with_tables(page: str, schema: JsonSchema, meta: Mapping[str, Any]) -> str:
    """The page with every generated part written anew. Raises ValueError where a marker is missing."""
    for name, lines in _parts(schema, meta).items():
        start, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        before, found_start, rest = page.partition(start)
        _, found_end, after = rest.partition(end)
        if not (found_start and found_end):
            raise ValueError(f"the page lacks the line {start} or {end}")
        page = "\n".join([before + start, *lines, end + after])
    return page


def _parts(schema: JsonSchema, meta: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        "requests": _requests(meta),
        "notifications": _notifications(meta),
        "errors": _errors(meta),
        "limits": _table(("limit", "value"), ((f"`{k}`", f"{v:,}") for k, v in meta["limits"].items())),
        "types": _types(schema["$defs"]),
    }


def _requests(meta: Mapping[str, Any]) -> list[str]:
    return _table(
        ("Method", "Description", "Params", "Result", "Specific errors"),
        (
            (
                f"`{name}`",
                method["doc"] + (" Ends early on `$/cancelRequest`." if method["cancellable"] else ""),
                _link(method["params"]),
                _link(method["result"]),
                ", ".join(f"`{kind}`" for kind in method["errors"]),
            )
            for name, method in meta["methods"].items()
            if method["direction"] == "request"
        ),
    )


def _notifications(meta: Mapping[str, Any]) -> list[str]:
    return _table(
        ("Method", "Description", "Params"),
        (
            (f"`{name}`", method["doc"], _link(method["params"]))
            for name, method in meta["methods"].items()
            if method["direction"] == "notification"
        ),
    )


def _errors(meta: Mapping[str, Any]) -> list[str]:
    return _table(
        ("code", "kind", "when", "retryable", "further data"),
        (
            (
                str(error["code"]),
                f"`{kind}`",
                error["doc"],
                "yes" if error["retryable"] else "no",
                ", ".join(f"`{member}`" for member in error["data"]),
            )
            for kind, error in meta["errors"].items()
        ),
    )


def _types(definitions: Mapping[str, JsonSchema]) -> list[str]:
    lines: list[str] = []
    for name, schema in sorted(definitions.items()):
        lines += [f"#### {name}", ""]
        if "description" in schema:
            lines += [schema["description"], ""]
        if "properties" not in schema:
            lines += [f"Type: {_type(schema, definitions)}", ""]
        elif schema["properties"]:
            lines += [*_members(schema, definitions), ""]
    return lines[:-1]


def _members(schema: JsonSchema, definitions: Mapping[str, JsonSchema]) -> list[str]:
    required = schema.get("required", ())
    return _table(
        ("member", "type", "meaning"),
        (
            (
                f"`{name}`" if name in required else f"`{name}`?",
                _type(member, definitions),
                member.get("description", "")
                + (f" Default: `{json.dumps(member['default'])}`." if "default" in member else ""),
            )
            for name, member in schema["properties"].items()
        ),
    )


def _type(schema: JsonSchema, definitions: Mapping[str, JsonSchema]) -> str:
    schema = without_openness(schema, definitions)
    if name := referred_name(schema):
        return _link(name)
    if "anyOf" in schema:
        return " or ".join(_type(each, definitions) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"array of {_type(schema['items'], definitions)}"
    if "const" in schema:
        return f'`"{schema["const"]}"`'
    if "enum" in schema:
        return ", ".join(f'`"{value}"`' for value in schema["enum"])
    return str(schema.get("type", "any JSON"))


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [_row(head), _row(("---",) * len(head)), *(_row(row) for row in rows)]


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
