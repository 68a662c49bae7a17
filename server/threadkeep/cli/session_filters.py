"""Flags that say which sessions are meant, and in which order."""

import argparse
from datetime import datetime
from typing import Final, get_args

from threadkeep.cli.places import repository_ref
from threadkeep.protocol.types.lists import FacetName, LinkFilter, SessionFilter, SessionSort
from threadkeep.protocol.types.sessions import Activity, SessionStatus

_SORTS: Final[dict[str, SessionSort]] = {
    "updated": SessionSort(by="updatedAt", order="descending"),
    "created": SessionSort(by="createdAt", order="descending"),
    "title": SessionSort(by="title", order="ascending"),
    "messages": SessionSort(by="messageCount", order="descending"),
}


def add_filter_flags(parser: argparse.ArgumentParser) -> None:
    """Adds every filter of `session/list`; all that are given must hold."""
    filters = parser.add_argument_group("filters", "only sessions for which all of these hold")
    _add_names(filters)
    filters.add_argument(
        "--status",
        action="append",
        choices=get_args(SessionStatus),
        help="in this state; repeatable: any of them",
    )
    filters.add_argument(
        "--activity",
        action="append",
        choices=get_args(Activity),
        help="doing this now; repeatable: any of them",
    )
    filters.add_argument(
        "--tag", action="append", default=[], metavar="TAG", help="with this tag; repeatable: all"
    )
    filters.add_argument(
        "--link", type=_link, metavar="KIND:VALUE", help="that belong to this, e.g. issue:PROJ-123"
    )
    filters.add_argument("--favourite", action=argparse.BooleanOptionalAction, help="marked, or not")
    filters.add_argument("--title", metavar="TEXT", help="with this in the title, without case and accents")
    filters.add_argument("--min-messages", type=_number, metavar="N", help="with at least so many messages")
    for name, what in (("created", "begun"), ("updated", "changed")):
        filters.add_argument(
            f"--{name}-after", type=_time, metavar="TIME", help=f"{what} after this day or time"
        )
        filters.add_argument(f"--{name}-before", type=_time, metavar="TIME", help=f"{what} before it")
    _add_shelf(filters, "archived", "archived sessions")
    _add_shelf(filters, "trashed", "sessions in the trash")


def add_order_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the order of a list."""
    parser.add_argument(
        "--sort",
        choices=tuple(_SORTS),
        default="updated",
        help="the latest or most first, titles from A (default: updated)",
    )
    parser.add_argument("--reverse", action="store_true", help="the other way round")


def add_count_flag(parser: argparse.ArgumentParser) -> None:
    """Adds `--count`, for `ListSessionsParams.facets`."""
    parser.add_argument(
        "--count",
        action="append",
        default=[],
        choices=get_args(FacetName),
        help="instead of a list: how many there are by this; repeatable",
    )


def filter_of(options: argparse.Namespace) -> SessionFilter:
    """The filter that the flags make."""
    return SessionFilter(
        repository=repository_ref(options.repo) if options.repo else None,
        task=options.task,
        workflow=options.workflow,
        status=tuple(options.status) if options.status else None,
        activity=tuple(options.activity) if options.activity else None,
        archived=options.archived,
        trashed=options.trashed,
        agent=options.agent,
        model=options.model,
        provider=options.provider,
        link=options.link,
        tags=tuple(options.tag),
        is_favourite=options.favourite,
        min_messages=options.min_messages,
        forked_from=options.forked_from,
        title=options.title,
        created_after=options.created_after,
        created_before=options.created_before,
        updated_after=options.updated_after,
        updated_before=options.updated_before,
    )


def sort_of(options: argparse.Namespace) -> SessionSort:
    """The order that the flags make."""
    sort = _SORTS[options.sort]
    if not options.reverse:
        return sort
    return SessionSort(by=sort.by, order="ascending" if sort.order == "descending" else "descending")


def _add_names(filters: argparse._ArgumentGroup) -> None:
    for flag, metavar, what in (
        ("--repo", "PATH", "of this repository: a folder of it, or its id"),
        ("--task", "KEY", "of this task"),
        ("--workflow", "NAME", "of this workflow"),
        ("--agent", "NAME", "with this agent"),
        ("--model", "NAME", "with this model, without its provider"),
        ("--provider", "NAME", "with this provider"),
        ("--forked-from", "ID", "that are forks of this session"),
    ):
        filters.add_argument(flag, metavar=metavar, help=what)


def _add_shelf(filters: argparse._ArgumentGroup, name: str, what: str) -> None:
    filters.add_argument(
        f"--{name}",
        nargs="?",
        choices=("only", "include"),
        const="only",
        default="exclude",
        help=f"{what} instead of the others; with `include`, both",
    )


def _link(text: str) -> LinkFilter:
    kind, colon, value = text.partition(":")
    if not (kind and colon and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not KIND:VALUE, e.g. issue:PROJ-123")
    return LinkFilter(kind=kind, value=value)


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
