"""Tells what a decoded message is: a request, a notification, a response, or nothing of JSON-RPC 2.0."""

import math
from typing import Any

from threadkeep.faces.jsonrpc import errors
from threadkeep.faces.jsonrpc.frames import Fault, Frame
from threadkeep.faces.jsonrpc.json_text import NotJson, decode, find_id
from threadkeep.values import Value

Id = str | int | float
"""A whole number may come as `1.0`; it goes back as it came."""


class Request(Value):
    """Wants exactly one response."""

    id: Id
    method: str
    params: Any
    """As sent; `{}` for absent and null."""


class Notification(Value):
    """Wants none."""

    method: str
    params: Any
    """As sent; `{}` for absent and null."""


class Response(Value):
    """Answers a request of ours."""

    id: Id
    body: dict[str, Any]
    """The whole message."""


class Refused(Value):
    """No message; `error` goes back with `id`, None where it cannot be told."""

    id: Id | None
    error: errors.Error


_BATCH = "Batches are not part of this protocol: send the messages one by one."

Message = Request | Notification | Response | Refused


def read(found: Frame | Fault) -> Message | None:
    """What the parser found; None for a response that nobody asked for in this form."""
    if isinstance(found, Fault):
        error = errors.invalid_request if found.too_large else errors.parse_error
        return Refused(id=_id_or_none(find_id(found.head)), error=error(found.reason))
    try:
        value = decode(found.body)
    except MemoryError:
        return Refused(id=_id_or_none(find_id(found.body)), error=errors.out_of_memory())
    except NotJson as error:
        return Refused(
            id=_id_or_none(error.id),
            error=errors.parse_error(f"The message is not valid JSON: {error.reason}."),
        )
    return classify(value)


def classify(value: Any) -> Message | None:
    """What a decoded value is; None for a response with an unusable id."""
    if not isinstance(value, dict):
        return _invalid(None, _BATCH if isinstance(value, list) else "A message is an object.")
    id_ = _id_or_none(value.get("id"))
    if "method" not in value and ("result" in value or "error" in value):
        return None if id_ is None else Response(id=id_, body=value)
    problem = _problem(value)
    if problem is not None:
        return _invalid(id_, problem)
    params = {} if value.get("params") is None else value["params"]
    if id_ is None:
        return Notification(method=value["method"], params=params)
    return Request(id=id_, method=value["method"], params=params)


def _problem(value: dict[str, Any]) -> str | None:
    if value.get("jsonrpc") != "2.0":
        return 'A message has the member "jsonrpc": "2.0".'
    if not isinstance(value.get("method"), str):
        return "The method of a message is a string."
    if "id" in value and _id_or_none(value["id"]) is None:
        return "The id of a request is a string or a number."
    return None


def _id_or_none(value: Any) -> Id | None:
    if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value if isinstance(value, str | int | float) else None


def _invalid(id_: Id | None, reason: str) -> Refused:
    return Refused(id=id_, error=errors.invalid_request(reason))
