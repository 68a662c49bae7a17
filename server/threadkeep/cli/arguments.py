"""The commands and flags of the program."""

import argparse
from typing import TypeAlias

from threadkeep._version import __version__
from threadkeep.cli import organise, search, session_filters, transfer
from threadkeep.cli.completion import SHELLS
from threadkeep.cli.usage import add_usage_commands

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def build_parser() -> argparse.ArgumentParser:
    """The parser; `command` of its result is `chat`, `sessions list`, `store info`, ... or None."""
    # a command that is not given --store must not undo the one before it: hence SUPPRESS
    common = _store_flag(default=argparse.SUPPRESS)
    listing = argparse.ArgumentParser(add_help=False, parents=[common])
    listing.add_argument("--json", action="store_true", help="print the protocol's result as JSON")
    parser = argparse.ArgumentParser(
        prog="threadkeep",
        description="Keeps LLM chat sessions for code editors: per repository and task, over restarts and crashes.",
        parents=[_store_flag(default=None)],
    )
    parser.add_argument("--version", action="version", version=f"threadkeep {__version__}")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_chat(commands, common)
    _add_sessions(commands, common, listing)
    _add_store(commands, common, listing)
    transfer.add_import_command(commands, listing)
    add_usage_commands(commands, listing)
    _add_plain(commands, "models", listing, "list the models that can be asked for")
    _add_plain(commands, "settings", listing, "show every setting and where it came from")
    _add_completion(commands)
    _add_serve(commands, common)
    return parser


def _store_flag(*, default: str | None) -> argparse.ArgumentParser:
    flag = argparse.ArgumentParser(add_help=False)
    flag.add_argument("--store", metavar="PATH", default=default, help="the folder that holds the sessions")
    return flag


def _add_chat(commands: Commands, common: argparse.ArgumentParser) -> None:
    chat = commands.add_parser(
        "chat",
        parents=[common],
        help="talk in a terminal, or send one message",
        description="Opens the session of a repository and task, as the editors do. With TEXT, or with text "
        "piped in, sends one message: only the answer goes to standard output.",
    )
    chat.add_argument("text", nargs="*", metavar="TEXT", help="one message to send")
    chat.add_argument(
        "--repo", metavar="PATH", help="a folder of the repository (default: the current folder)"
    )
    chat.add_argument("--task", metavar="KEY", help="the task (default: the checked-out branch)")
    chat.add_argument("--workflow", metavar="NAME", help="the workflow, e.g. review (default: none)")
    chat.add_argument(
        "--model",
        metavar="PROVIDER:MODEL",
        help="who answers: this one message, or from now on in this session",
    )
    chat.add_argument("--new", action="store_true", help="start a new session")
    chat.set_defaults(command="chat")


def _add_sessions(
    commands: Commands, common: argparse.ArgumentParser, listing: argparse.ArgumentParser
) -> None:
    sessions = commands.add_parser("sessions", parents=[common], help="list and show sessions")
    actions = sessions.add_subparsers(title="commands", metavar="COMMAND", required=True)
    every = actions.add_parser("list", parents=[listing], help="list sessions, or count them")
    session_filters.add_filter_flags(every)
    session_filters.add_order_flags(every)
    session_filters.add_count_flag(every)
    size = every.add_mutually_exclusive_group()
    size.add_argument(
        "--limit", type=_positive, default=20, metavar="N", help="at most so many (default: 20)"
    )
    size.add_argument("--all", action="store_true", help="all of them")
    every.set_defaults(command="sessions list")
    show = actions.add_parser("show", parents=[listing], help="show a session and its messages")
    show.add_argument("id", metavar="ID", help="the session's id, as `sessions list` shows it")
    show.add_argument("--limit", type=_positive, metavar="N", help="only the newest N messages")
    show.set_defaults(command="sessions show")
    organise.add_session_commands(actions, listing)
    search.add_command(actions, listing)
    transfer.add_session_commands(actions, listing)


def _add_store(commands: Commands, common: argparse.ArgumentParser, listing: argparse.ArgumentParser) -> None:
    store = commands.add_parser("store", parents=[common], help="tell about the store, check it, copy it")
    actions = store.add_subparsers(title="commands", metavar="COMMAND", required=True)
    info = actions.add_parser("info", parents=[listing], help="show where the store is and what it holds")
    info.set_defaults(command="store info")
    organise.add_store_commands(actions, listing)
    doctor = actions.add_parser(
        "doctor", parents=[listing], help="look for damage; the exit code is 1 while anything is wrong"
    )
    doctor.add_argument(
        "--repair", action="store_true", help="make a backup, and repair what can be repaired"
    )
    doctor.set_defaults(command="store doctor")
    backup = actions.add_parser("backup", parents=[listing], help="copy the store while it is in use")
    backup.add_argument(
        "path", nargs="?", metavar="PATH", help="a folder, or a new file (default: `backups` in the store)"
    )
    backup.set_defaults(command="store backup")
    restore = actions.add_parser(
        "restore", parents=[listing], help="make a backup the store; what was there is kept beside it"
    )
    restore.add_argument("path", metavar="PATH", help="the file of the backup; close all editors before")
    restore.set_defaults(command="store restore")


def _add_plain(
    commands: Commands,
    name: str,
    listing: argparse.ArgumentParser,
    text: str,
) -> None:
    commands.add_parser(name, parents=[listing], help=text).set_defaults(command=name)


def _add_completion(commands: Commands) -> None:
    completion = commands.add_parser(
        "completion",
        help="print what makes a shell complete commands and flags",
        description='For bash: eval "$(threadkeep completion bash)" in ~/.bashrc; other shells likewise.',
    )
    completion.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    completion.set_defaults(command="completion")


def _add_serve(commands: Commands, common: argparse.ArgumentParser) -> None:
    serve = commands.add_parser(
        "serve", parents=[common], help="run the server that editors start, on standard input and output"
    )
    serve.add_argument("--stdio", action="store_true", help="accepted: there is no other way")
    serve.add_argument(
        "--log-level", choices=("debug", "info", "warning", "error"), help="what the log tells"
    )
    serve.set_defaults(command="serve")


def _positive(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return number
