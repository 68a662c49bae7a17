"""The flags of `threadkeep repositories` and its commands."""

import argparse
from typing import Final

from threadkeep.cli.parsers import Commands, Parser, add_command, later, positive

_REPOSITORY: Final = "a folder that it has or had, or its id"


def add_repositories(commands: Commands, common: Parser, listing: Parser) -> None:
    """Adds `repositories` with all its commands."""
    repositories = add_command(
        commands,
        "repositories",
        parents=[common],
        help="list repositories, and bring sessions along when folders or branches are renamed",
        description="Identifies the repository of a folder, and moves sessions after a folder or a branch was renamed.",
    )
    actions = repositories.add_subparsers(title="commands", metavar="COMMAND", required=True)
    text = "list the repositories, and how many sessions each has"
    every = add_command(actions, "list", parents=[listing], help=text)
    add_list_flags(every)
    every.set_defaults(command="repositories list", show=later("repositories", "show_repositories"))
    resolve = add_command(
        actions,
        "resolve",
        parents=[listing],
        help="identify the repository of a folder, and others that it may be",
    )
    resolve.add_argument("path", nargs="?", metavar="PATH", help="the folder (default: the current one)")
    resolve.set_defaults(command="repositories resolve", show=later("repositories", "show_resolved"))
    _add_relocate(actions, listing)
    _add_merge(actions, listing)
    _add_task(actions, listing)
    _add_dismiss(actions, listing)


def add_list_flags(parser: argparse.ArgumentParser) -> None:
    """Adds what `repositories list` and `sessions repositories` share."""
    parser.add_argument("--orphans", action="store_true", help="only repositories whose folders are all gone")
    parser.add_argument(
        "--limit", type=positive, default=50, metavar="N", help="at most so many (default: 50)"
    )


def _add_relocate(actions: Commands, listing: Parser) -> None:
    relocate = add_command(
        actions,
        "relocate",
        parents=[listing],
        help="set the new folder of a repository",
        description="Sets the new folder of a repository. What the folder was taken for meanwhile is merged "
        "into it, with its sessions, once you agree.",
    )
    relocate.add_argument("repository", metavar="REPOSITORY", help=_REPOSITORY)
    relocate.add_argument(
        "path", nargs="?", metavar="PATH", help="the new folder (default: the current folder)"
    )
    _add_asking(relocate)
    relocate.set_defaults(command="repositories relocate", show=later("repositories", "relocate"))


def _add_merge(actions: Commands, listing: Parser) -> None:
    merge = add_command(
        actions,
        "merge",
        parents=[listing],
        help="merge two repositories and their sessions",
        description="Merges two repositories and their sessions. A folder of one of them must be there.",
    )
    merge.add_argument("repository", metavar="REPOSITORY", help=_REPOSITORY)
    merge.add_argument(
        "into", nargs="?", metavar="INTO", help="the other one (default: the current folder's)"
    )
    _add_asking(merge)
    merge.set_defaults(command="repositories merge", show=later("repositories", "merge"))


def _add_task(actions: Commands, listing: Parser) -> None:
    task = add_command(
        actions,
        "rename-task",
        parents=[listing],
        help="move all sessions of a task to another one, as after a branch was renamed",
    )
    task.add_argument("task", metavar="OLD", help="the task, e.g. the former name of the branch")
    task.add_argument("to", metavar="NEW", help="the task to move them to")
    task.add_argument("--repo", metavar="PATH", help=f"{_REPOSITORY} (default: the current folder)")
    _add_asking(task)
    task.set_defaults(command="repositories rename-task", show=later("repositories", "rename_task"))


def _add_dismiss(actions: Commands, listing: Parser) -> None:
    dismiss = add_command(actions, "dismiss", parents=[listing], help="reject what a hint suggested")
    what = dismiss.add_mutually_exclusive_group(required=True)
    what.add_argument("--other", metavar="REPOSITORY", help=f"another repository: {_REPOSITORY}")
    what.add_argument("--task", metavar="OLD", help="a task that the checked-out branch does not continue")
    dismiss.add_argument("--repo", metavar="PATH", help=f"{_REPOSITORY} (default: the current folder)")
    dismiss.set_defaults(command="repositories dismiss", show=later("repositories", "dismiss"))


def _add_asking(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="preview the changes; change nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask")
