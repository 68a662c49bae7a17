"""Errors as they are kept with what failed."""

import logging

from threadkeep.domain.errors import ThreadkeepError
from threadkeep.domain.exhaustion import exhausted
from threadkeep.domain.messages import Failure
from threadkeep.domain.text import without_steering

logger = logging.getLogger(__name__)


def failure_of(error: BaseException) -> Failure:
    """A named error as it is kept; an unnamed one tells no detail, the log does."""
    if not isinstance(error, ThreadkeepError):
        error = exhausted(error) or error
    if isinstance(error, ThreadkeepError):
        return Failure(
            kind=error.kind,
            message=without_steering(error.message),
            retryable=error.retryable,
            data=error.data,
        )
    logger.error("a turn failed", exc_info=error)
    return Failure(kind="internalError", message="Internal error, see the log.")
