"""What the wire is told of the protocol: JSON ⇄ its classes, and the error objects of what handlers raise."""

import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from threadkeep.faces.jsonrpc import errors
from threadkeep.faces.jsonrpc.errors import Error

if TYPE_CHECKING:
    from threadkeep.faces.jsonrpc.endpoint import Converter

logger = logging.getLogger(__name__)


def converter() -> "Converter":
    """The protocol's, which is imported with the first request."""
    from threadkeep.protocol import converter as of_the_protocol

    return of_the_protocol


def translate(error: BaseException, *, method: str) -> Error:
    """The error object for what a handler raised; what nobody expected is logged here, once."""
    try:
        return _translated(error, method=method)
    except MemoryError:
        return errors.out_of_memory()
    except (OSError, ImportError):  # what is imported here was not there yet, and cannot be had now
        return errors.too_many_files()


def is_passing(error: Exception) -> bool:
    """Whether it may go well later: there was too little memory, or too many open files."""
    from threadkeep.domain.exhaustion import lack  # only a failure needs it

    return lack(error) is not None


def _translated(error: BaseException, *, method: str) -> Error:
    from threadkeep.domain.errors import ThreadkeepError  # not before `initialize` is answered
    from threadkeep.domain.exhaustion import exhausted
    from threadkeep.domain.text import without_steering
    from threadkeep.protocol.errors import BY_KIND
    from threadkeep.usecases.progress import Cancelled
    from threadkeep.values.json_codec import Malformed

    if isinstance(error, Cancelled):  # the server stops
        return errors.cancelled()
    if isinstance(error, Malformed):
        return errors.invalid_params(
            {"field": each.field, "message": each.message} for each in error.problems
        )
    if not isinstance(error, ThreadkeepError):
        error = exhausted(error) or error
    if isinstance(error, ThreadkeepError) and error.kind in BY_KIND:
        code = BY_KIND[error.kind].code
        return errors.error(
            code,
            error.kind,
            without_steering(error.message),
            retryable=error.retryable,
            **_wire_data(error.data),
        )
    logger.error("The request %s failed.", method, exc_info=error)
    return errors.internal_error()


def _wire_data(data: Mapping[str, Any]) -> dict[str, Any]:
    wire = {_camel(name): _wire(value) for name, value in data.items()}
    for problem in wire.get("problems", ()):
        if "field" in problem:
            problem["field"] = _camel(problem["field"])
    return wire


def _wire(value: Any) -> Any:
    if isinstance(value, str):
        from threadkeep.domain.text import without_steering

        return without_steering(value)
    if isinstance(value, Mapping):
        return {_camel(str(name)): _wire(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_wire(inner) for inner in value]
    return value


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)
