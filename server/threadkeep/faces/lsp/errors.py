"""Error objects of the wire: JSON-RPC's own, and the translation of exceptions."""

import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any

Error = dict[str, Any]
"""`{code, message, data: {kind, retryable, …}}`"""

logger = logging.getLogger(__name__)


def parse_error(message: str) -> Error:
    """The bytes are no JSON."""
    return _error(-32700, "parseError", message)


def invalid_request(message: str) -> Error:
    """JSON, but no request that can be taken now."""
    return _error(-32600, "invalidRequest", message)


def method_not_found(method: str, *, known: Iterable[str]) -> Error:
    """No such method; names the nearest one there is."""
    import difflib  # only a mistake needs it

    near = difflib.get_close_matches(method[:100], list(known), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return _error(-32601, "methodNotFound", f"There is no method {method[:100]!r}.{hint}")


def invalid_params(problems: Iterable[Mapping[str, str]]) -> Error:
    """The params have not the shape that the method wants; each problem is `{field, message}`."""
    problems = [dict(problem) for problem in problems]
    texts = [f"{p['field']}: {p['message']}" if p["field"] else p["message"] for p in problems]
    return _error(-32602, "invalidParams", f"Invalid params: {'; '.join(texts)}.", problems=problems)


def internal_error() -> Error:
    """Our fault: what happened is in the log, not on the wire."""
    return _error(-32603, "internalError", "Internal error: see the log.")


def cancelled() -> Error:
    """The client cancelled the request, or the server stops."""
    return _error(-32800, "requestCancelled", "The request was cancelled.")


def not_initialized() -> Error:
    """A request came before `initialize`."""
    return _error(-32002, "serverNotInitialized", "Send `initialize` first.")


def translate(error: BaseException, *, method: str) -> Error:
    """The error object for what a handler raised; what nobody expected is logged here, once."""
    from threadkeep.domain.errors import ThreadkeepError  # not before `initialize` is answered
    from threadkeep.protocol.converter import Malformed
    from threadkeep.protocol.errors import BY_KIND
    from threadkeep.usecases.progress import Cancelled

    if isinstance(error, Cancelled):  # the server stops
        return cancelled()
    if isinstance(error, Malformed):
        return invalid_params({"field": each.field, "message": each.message} for each in error.problems)
    if isinstance(error, ThreadkeepError) and error.kind in BY_KIND:
        code = BY_KIND[error.kind].code
        return _error(code, error.kind, error.message, retryable=error.retryable, **_wire_data(error.data))
    logger.error("The request %s failed.", method, exc_info=error)
    return internal_error()


def _error(code: int, kind: str, message: str, *, retryable: bool = False, **data: Any) -> Error:
    return {"code": code, "message": message, "data": {**data, "kind": kind, "retryable": retryable}}


def _wire_data(data: Mapping[str, Any]) -> dict[str, Any]:
    wire = {_camel(name): _wire(value) for name, value in data.items()}
    for problem in wire.get("problems", ()):
        if "field" in problem:
            problem["field"] = _camel(problem["field"])
    return wire


def _wire(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_camel(str(name)): _wire(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_wire(inner) for inner in value]
    return value


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)
