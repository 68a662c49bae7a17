"""Error objects of the wire: JSON-RPC's own."""

from collections.abc import Iterable, Mapping
from typing import Any

Error = dict[str, Any]
"""`{code, message, data: {kind, retryable, …}}`"""


def parse_error(message: str) -> Error:
    """The bytes are no JSON."""
    return error(-32700, "parseError", message)


def invalid_request(message: str) -> Error:
    """JSON, but no request that can be taken now."""
    return error(-32600, "invalidRequest", message)


def method_not_found(method: str, *, known: Iterable[str]) -> Error:
    """No such method; names the nearest one there is."""
    import difflib  # only a mistake needs it

    near = difflib.get_close_matches(method[:100], list(known), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return error(-32601, "methodNotFound", f"There is no method {method[:100]!r}.{hint}")


def invalid_params(problems: Iterable[Mapping[str, str]]) -> Error:
    """The params have not the shape that the method wants; each problem is `{field, message}`."""
    problems = [dict(problem) for problem in problems]
    texts = [f"{p['field']}: {p['message']}" if p["field"] else p["message"] for p in problems]
    return error(-32602, "invalidParams", f"Invalid params: {'; '.join(texts)}.", problems=problems)


def internal_error() -> Error:
    """Our fault: what happened is in the log, not on the wire."""
    return error(-32603, "internalError", "Internal error: see the log.")


def out_of_memory() -> Error:
    """There is not even the memory to tell more."""
    message = "Out of memory: close something, or ask for less at once, and try again."
    return error(1302, "outOfMemory", message, retryable=True)


def too_many_files() -> Error:
    """There is not even a descriptor left to load what would tell more."""
    message = (
        "Too many open files: close what you do not need, or raise the limit (ulimit -n), and try again."
    )
    return error(1301, "tooManyFiles", message, retryable=True)


def cancelled() -> Error:
    """The client cancelled the request, or the server stops."""
    return error(-32800, "requestCancelled", "The request was cancelled.")


def not_initialized() -> Error:
    """A request came before `initialize`."""
    return error(-32002, "serverNotInitialized", "Send `initialize` first.")


def error(code: int, kind: str, message: str, *, retryable: bool = False, **data: Any) -> Error:
    """Any error object."""
    return {"code": code, "message": message, "data": {**data, "kind": kind, "retryable": retryable}}
