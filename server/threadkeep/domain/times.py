"""Times as they come from people and programs, and as they are kept."""

from datetime import UTC, datetime, timedelta

from threadkeep.domain.errors import InvalidValue

_MILLISECOND = timedelta(milliseconds=1)


def kept_time(field: str, at: str, *, rounds_up: bool = False) -> str:
    """The time as it is kept: RFC 3339 UTC with milliseconds, so that texts compare as times do.

    What is finer than a millisecond is cut off, or rounded up. Raises InvalidValue, naming the field.
    """
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise InvalidValue(field, "must be an RFC 3339 time such as 2026-03-01T00:00:00Z") from None
    if moment.tzinfo is None:
        raise InvalidValue(field, "must tell its time zone, such as 2026-03-01T00:00:00Z")
    try:
        moment = moment.astimezone(UTC)
        if rounds_up and moment.microsecond % 1000:
            moment += _MILLISECOND
    except OverflowError:
        raise InvalidValue(field, "must lie in the years 1 to 9999") from None
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
