"""Flags that say which sessions are meant, and in which order."""

import argparse
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.places import repository_ref

if TYPE_CHECKING:
    from threadkeep.protocol.types.lists import SessionFilter, SessionSort

STATUSES: Final = ("active", "paused", "ended")
ACTIVITIES: Final = ("idle", "queued", "running", "waiting", "stopping", "interrupted", "failed")
FACETS: Final = ("status", "repository", "task", "agent", "tag", "day")
_SORTS: Final = {
    "updated": ("updatedAt", "descending"),
    "created": ("createdAt", "descending"),
    "title": ("title", "ascending"),
    "messages": ("messageCount", "descending"),
}
_NAMES: Final = (
    ("repo", "PATH", "of this repository: a folder of it, or its id"),
    ("task", "KEY", "of this task"),
    ("workflow", "NAME", "of this workflow"),
    ("agent", "NAME", "with this agent"),
    ("model", "NAME", "with this model, without its provider"),
    ("provider", "NAME", "with this provider"),
    ("forked-from", "ID", "that are forks of this session"),
)
_TIMES: Final = (("created", "begun"), ("updated", "changed"))


def add_filter_flags(
    parser: argparse.ArgumentParser, *, arguments: str = "", put_away: str = "exclude"
) -> None:
    """Adds every filter of `session/list`; all that are given must hold.

    arguments: what stands beside the flags, for the help, whose first lines all these flags would fill.
    put_away: what the help tells of archived sessions and of the trash; `filter_of` has it without flags.
    """
    parser.usage = f"%(prog)s {arguments} [OPTION ...]".replace("  ", " ")
    filters = parser.add_argument_group("filters", "only sessions for which all of these hold")
    for name, metavar, what in _NAMES:
        filters.add_argument(f"--{name}", metavar=metavar, help=what)
    filters.add_argument(
        "--status", action="append", choices=STATUSES, help="in this state; repeatable: any of them"
    )
    filters.add_argument(
        "--activity", action="append", choices=ACTIVITIES, help="doing this now; repeatable: any of them"
    )
    filters.add_argument(
        "--tag", action="append", default=[], metavar="TAG", help="with this tag; repeatable: all"
    )
    filters.add_argument(
        "--link", type=link, metavar="KIND:VALUE", help="that belong to this, e.g. issue:PROJ-123"
    )
    filters.add_argument("--favourite", action=argparse.BooleanOptionalAction, help="marked, or not")
    filters.add_argument("--title", metavar="TEXT", help="with this in the title, without case and accents")
    filters.add_argument("--min-messages", type=_number, metavar="N", help="with at least so many messages")
    for name, what in _TIMES:
        filters.add_argument(
            f"--{name}-after", type=_time, metavar="TIME", help=f"{what} after this day or time"
        )
        filters.add_argument(f"--{name}-before", type=_time, metavar="TIME", help=f"{what} before it")
    _add_shelf(filters, "archived", "archived sessions", put_away)
    _add_shelf(filters, "trashed", "sessions in the trash", put_away)


def add_order_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the order of a list."""
    parser.add_argument(
        "--sort",
        choices=tuple(_SORTS),
        default="updated",
        help="sort order: latest or most first, titles from A (default: updated)",
    )
    parser.add_argument("--reverse", action="store_true", help="reverse the order")


def add_count_flag(parser: argparse.ArgumentParser) -> None:
    """Adds `--count`, for `ListSessionsParams.facets`."""
    parser.add_argument(
        "--count",
        action="append",
        default=[],
        choices=FACETS,
        help="count sessions by this instead of listing them; repeatable",
    )


def filter_of(options: argparse.Namespace, *, put_away: str = "exclude") -> "SessionFilter":
    """The filter that the flags make; put_away: for `archived` and `trashed` without flags. Raises CommandFailed."""
    from threadkeep.protocol.types.lists import LinkFilter, SessionFilter

    _check_times(options)
    shelf: dict[str, Any] = {name: getattr(options, name) or put_away for name in ("archived", "trashed")}
    return SessionFilter(
        repository=repository_ref(options.repo) if options.repo else None,
        task=options.task,
        workflow=options.workflow,
        status=tuple(options.status) if options.status else None,
        activity=tuple(options.activity) if options.activity else None,
        agent=options.agent,
        model=options.model,
        provider=options.provider,
        link=LinkFilter(kind=options.link[0], value=options.link[1]) if options.link else None,
        tags=tuple(options.tag),
        is_favourite=options.favourite,
        min_messages=options.min_messages,
        forked_from=options.forked_from,
        title=options.title,
        created_after=options.created_after,
        created_before=options.created_before,
        updated_after=options.updated_after,
        updated_before=options.updated_before,
        **shelf,
    )


def sort_of(options: argparse.Namespace) -> "SessionSort":
    """The order that the flags make."""
    from threadkeep.protocol.types.lists import SessionSort

    by, order = _SORTS[options.sort]
    if options.reverse:
        order = "ascending" if order == "descending" else "descending"
    wanted: dict[str, Any] = {"by": by, "order": order}
    return SessionSort(**wanted)


def filter_labels(options: argparse.Namespace) -> tuple[str, ...]:
    """The filters that were given, for people, e.g. `task main`; those of what is put away aside."""
    names = (*(name.replace("-", "_") for name, _, _ in _NAMES), "title", "min_messages")
    told = [
        f"{_SPOKEN.get(name, name)} {value}"
        for name in names
        if (value := getattr(options, name)) is not None
    ]
    for name in ("status", "activity"):
        told += [f"{name} {' or '.join(values)}"] if (values := getattr(options, name)) else []
    told += [f"tag {tag}" for tag in options.tag]
    told += [f"link {':'.join(options.link)}"] if options.link else []
    told += [] if options.favourite is None else ["favourites" if options.favourite else "no favourites"]
    for name, _ in _TIMES:
        for side in ("after", "before"):
            at = getattr(options, f"{name}_{side}")
            told += [f"{name} {side} {at}"] if at else []
    return tuple(told)


_SPOKEN: Final = {
    "repo": "repository",
    "forked_from": "forks of",
    "title": "title with",
    "min_messages": "messages from",
}


def is_narrowed(options: argparse.Namespace) -> bool:
    """Whether any filter was given."""
    return bool(filter_labels(options) or options.archived or options.trashed)


def link(text: str) -> tuple[str, str]:
    """Kind and value of a link. Raises ArgumentTypeError."""
    kind, colon, value = text.partition(":")
    if not (kind and colon and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not KIND:VALUE, e.g. issue:PROJ-123")
    return kind, value


def _add_shelf(filters: argparse._ArgumentGroup, name: str, what: str, put_away: str) -> None:
    filters.add_argument(
        f"--{name}",
        nargs="?",
        choices=("only", "include", "exclude"),
        const="only",
        help=f"{what} instead of the others; with `include`, both (default: {put_away})",
    )


def _check_times(options: argparse.Namespace) -> None:
    for name, _ in _TIMES:
        after, before = getattr(options, f"{name}_after"), getattr(options, f"{name}_before")
        if after and before and datetime.fromisoformat(after) >= datetime.fromisoformat(before):
            raise CommandFailed(
                f"nothing is after {after} and before {before}: --{name}-after is the earlier of the two"
            )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return int(text)


def _time(text: str) -> str:
    """As the protocol has it; a day begins at midnight here."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.astimezone()).isoformat()
    except (ValueError, OverflowError, OSError):  # the system may not know the offset of a far day
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a day or time such as 2026-03-01 or 2026-03-01T09:30"
        ) from None
