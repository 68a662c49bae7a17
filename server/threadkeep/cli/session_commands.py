"""The flags of `threadkeep sessions` and its commands, as many as all others have together."""

import argparse
from typing import Final

from threadkeep.cli import session_filters, transfer_commands
from threadkeep.cli.parsers import ID_HELP, Commands, Parser, add_command, add_ids, later, positive
from threadkeep.cli.repository_commands import add_list_flags

STATES: Final = {
    "pause": "set sessions aside: they take no message until they are resumed",
    "resume": "take paused sessions up again",
    "end": "end sessions for good: they can be read, exported, forked",
    "archive": "take sessions out of the ordinary lists",
    "unarchive": "put archived sessions back",
    "delete": "put sessions into the trash",
    "restore": "take sessions out of the trash",
}
"""The commands that change the state of sessions."""

STOPPING: Final = ("pause", "end", "delete")
"""Those that first stop an answer which is being written."""

TAKE_OVER_HELP: Final = (
    "do not ask: end an answer whose window does not react; what that has not stored of it is lost"
)

SEARCH_MODES: Final = ("text", "substring", "regex", "semantic")


def add_sessions(commands: Commands, common: Parser, listing: Parser) -> None:
    """Adds `sessions` with all its commands."""
    sessions = add_command(
        commands,
        "sessions",
        parents=[common],
        help="list, show, find, mark, put away and export sessions",
        description="Works on the sessions of the store. Where a command takes an ID, the beginning of one will "
        "do if no other begins so.",
    )
    actions = sessions.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_list(actions, listing)
    _add_show(actions, listing)
    _add_search(actions, listing)
    _add_overviews(actions, listing)
    _add_words(actions, listing)
    _add_labels(actions, listing)
    _add_mark(actions, listing)
    _add_bulk(actions, listing)
    for name, text in STATES.items():
        state = add_command(actions, name, parents=[listing], help=text)
        add_ids(state)
        state.add_argument("--reason", metavar="TEXT", help="why; kept in the history")
        if name in STOPPING:
            state.add_argument("--take-over", action="store_true", help=TAKE_OVER_HELP)
        state.set_defaults(command=f"sessions {name}", show=later("changing", "change_states"))
    _add_purge(actions, listing)
    transfer_commands.add_export(actions, listing)
    transfer_commands.add_import(actions, listing, name="sessions import")


def _add_list(actions: Commands, listing: Parser) -> None:
    every = add_command(actions, "list", parents=[listing], help="list sessions, or count them")
    session_filters.add_filter_flags(every)
    session_filters.add_order_flags(every)
    session_filters.add_count_flag(every)
    size = every.add_mutually_exclusive_group()
    size.add_argument("--limit", type=positive, default=20, metavar="N", help="at most so many (default: 20)")
    size.add_argument("--all", action="store_true", help="all of them")
    every.set_defaults(command="sessions list", show=later("listings", "list_sessions"))


def _add_show(actions: Commands, listing: Parser) -> None:
    show = add_command(actions, "show", parents=[listing], help="show a session and its messages")
    show.add_argument("id", metavar="ID", help=ID_HELP)
    show.add_argument("--limit", type=positive, metavar="N", help="only the newest N messages")
    show.set_defaults(command="sessions show", show=later("listings", "show_one"))


def _add_search(actions: Commands, listing: Parser) -> None:
    search = add_command(
        actions,
        "search",
        parents=[listing],
        help="find text in messages, titles, notes and tags",
        description='Finds all the words: "quoted phrases" stand together, a star ends the beginning of a word. '
        "Case and accents do not matter.",
    )
    search.add_argument("query", nargs="+", metavar="QUERY", help="what to look for")
    search.add_argument("--in", dest="session", metavar="ID", help="only in this session")
    session_filters.add_filter_flags(search, arguments="QUERY ...")
    how = search.add_mutually_exclusive_group()
    how.add_argument("--mode", choices=SEARCH_MODES, default="text", help="how to look (default: text)")
    how.add_argument(
        "--regex", dest="mode", action="store_const", const="regex", help="the same as --mode regex"
    )
    search.add_argument("--rank", action="store_true", help="sort by relevance instead of newest first")
    search.add_argument(
        "--limit", type=positive, default=20, metavar="N", help="at most so many (default: 20)"
    )
    search.set_defaults(command="sessions search", show=later("listings", "show_search"))


def _add_overviews(actions: Commands, listing: Parser) -> None:
    repositories = add_command(
        actions,
        "repositories",
        parents=[listing],
        help="list the repositories, and how many sessions each has",
    )
    add_list_flags(repositories)
    tasks = add_command(
        actions,
        "tasks",
        parents=[listing],
        help="list the tasks of a repository, and how many sessions each has",
    )
    tasks.add_argument(
        "--repo", metavar="PATH", help="a folder of the repository, or its id (default: the current folder)"
    )
    tasks.add_argument(
        "--limit", type=positive, default=50, metavar="N", help="at most so many (default: 50)"
    )
    for parser, name in ((repositories, "repositories"), (tasks, "tasks")):
        parser.set_defaults(command=f"sessions {name}", show=later("repositories", f"show_{name}"))


def _add_words(actions: Commands, listing: Parser) -> None:
    for name, cleared in (("title", "let it have a title of its own making again"), ("note", "take it away")):
        text = f"set the {name} of a session"
        parser = add_command(actions, name, parents=[listing], help=text)
        parser.add_argument("id", metavar="ID", help=ID_HELP)
        parser.add_argument("text", nargs="*", metavar="TEXT", help=f"the {name}")
        parser.add_argument("--clear", action="store_true", help=cleared)
        parser.set_defaults(command=f"sessions {name}", show=later("changing", "set_words"))


def _add_labels(actions: Commands, listing: Parser) -> None:
    tag = add_command(actions, "tag", parents=[listing], help="label sessions, and mark favourites")
    add_ids(tag)
    tag.add_argument("--add", action="append", default=[], metavar="TAG", help="label them; repeatable")
    tag.add_argument(
        "--remove", action="append", default=[], metavar="TAG", help="remove a label; repeatable"
    )
    tag.add_argument(
        "--favourite", action=argparse.BooleanOptionalAction, help="mark them as favourites, or not"
    )
    tag.set_defaults(command="sessions tag", show=later("changing", "tag"))
    link = add_command(
        actions,
        "link",
        parents=[listing],
        help="link sessions to an issue, a pull request, ...",
        description="Links sessions to what they belong to. Kinds are issue, pullRequest, repository, task, workflow, "
        "or your own; `threadkeep sessions list --link KIND:VALUE` is the way back.",
    )
    add_ids(link)
    for flag, text in (("--add", "link them to this, e.g. issue:PROJ-123"), ("--remove", "undo this link")):
        link.add_argument(
            flag,
            action="append",
            default=[],
            type=session_filters.link,
            metavar="KIND:VALUE",
            help=f"{text}; repeatable",
        )
    link.add_argument("--url", metavar="URL", help="the address of the link that is added")
    link.set_defaults(command="sessions link", show=later("changing", "link"))


def _add_mark(actions: Commands, listing: Parser) -> None:
    mark = add_command(
        actions,
        "mark",
        parents=[listing],
        help="mark single messages of a session as favourites, or write a note on them",
        description="Marks single messages. A message is named by its number, as `threadkeep sessions show ID` shows it, or by its id.",
    )
    mark.add_argument("id", metavar="ID", help=ID_HELP)
    mark.add_argument("messages", nargs="+", metavar="MESSAGE", help="a message's number, or its id")
    mark.add_argument(
        "--favourite", action=argparse.BooleanOptionalAction, help="mark them as favourites, or not"
    )
    note = mark.add_mutually_exclusive_group()
    note.add_argument("--note", metavar="TEXT", help="set this note on them")
    note.add_argument("--clear-note", action="store_true", help="remove the note")
    mark.set_defaults(command="sessions mark", show=later("changing", "mark"))


def _add_bulk(actions: Commands, listing: Parser) -> None:
    bulk = add_command(
        actions,
        "bulk",
        parents=[listing],
        help="change many sessions at once: all that match filters",
        description="Counts the sessions that would change, asks, and changes them.",
    )
    changes = bulk.add_argument_group("changes", "at least one")
    changes.add_argument("--add-tag", action="append", default=[], metavar="TAG", help="label; repeatable")
    changes.add_argument(
        "--remove-tag", action="append", default=[], metavar="TAG", help="remove a label; repeatable"
    )
    for name, on, off, texts in (
        ("is_favourite", "mark", "unmark", ("mark as favourites", "they are favourites no more")),
        ("archive", "archive", "unarchive", ("take out of the ordinary lists", "put archived ones back")),
        ("delete", "delete", "restore", ("put into the trash", "take out of the trash")),
    ):
        either = changes.add_mutually_exclusive_group()
        for flag, value, text in ((on, True, texts[0]), (off, False, texts[1])):
            either.add_argument(f"--{flag}", dest=name, action="store_const", const=value, help=text)
    session_filters.add_filter_flags(bulk)
    bulk.add_argument("--all", action="store_true", help="all sessions, without a filter")
    bulk.add_argument("--dry-run", action="store_true", help="preview the changes; change nothing")
    bulk.add_argument("--yes", action="store_true", help="do not ask")
    bulk.set_defaults(command="sessions bulk", show=later("bulk", "change_many"))


def _add_purge(actions: Commands, listing: Parser) -> None:
    purge = add_command(actions, "purge", parents=[listing], help="erase sessions of the trash for good")
    add_ids(purge)
    purge.add_argument("--yes", action="store_true", help="do not ask")
    purge.set_defaults(command="sessions purge", show=later("changing", "purge"))
