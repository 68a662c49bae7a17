"""The commands and flags of the program; made at every start, so that the work of a command is loaded later."""

import argparse
from typing import Final

from threadkeep._version import __version__
from threadkeep.cli import repository_commands, session_commands, transfer_commands
from threadkeep.cli.parsers import Commands, Parser, add_command, later, positive
from threadkeep.cli.session_filters import add_filter_flags
from threadkeep.cli.terminal import Terminal

SHELLS = ("bash", "zsh", "fish", "powershell")


def write_completion(options: argparse.Namespace, parser: argparse.ArgumentParser, terminal: Terminal) -> int:
    """Writes the script that a shell loads once."""
    import shtab

    terminal.write(shtab.complete(parser, shell=options.shell))
    return 0


def build_parser() -> Parser:
    """The parser; `command` of its result is `chat`, `sessions list`, `store info`, ... or None.

    `show` is the work of a command that asks a server, and `makes_store` whether it is of use without a store.
    """
    # a command that is not given --store must not undo the one before it: hence SUPPRESS
    common = _store_flag(default=argparse.SUPPRESS)
    listing = Parser(add_help=False, parents=[common])
    listing.add_argument("--json", action="store_true", help="print the protocol's result as JSON")
    parser = Parser(
        prog="threadkeep",
        description="Keeps LLM chat sessions for code editors: per repository and task, over restarts and crashes.",
        parents=[_store_flag(default=None)],
    )
    parser.add_argument("--version", action="version", version=f"threadkeep {__version__}")
    parser.set_defaults(command=None, makes_store=False)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_chat(commands, common)
    session_commands.add_sessions(commands, common, listing)
    repository_commands.add_repositories(commands, common, listing)
    _add_store(commands, common, listing)
    transfer_commands.add_import(commands, listing, name="import")
    _add_usage_commands(commands, listing)
    for name, text in (
        ("models", "list the models that can be asked for"),
        ("settings", "show every setting and where it came from"),
    ):
        plain = add_command(commands, name, parents=[listing], help=text)
        plain.set_defaults(command=name, show=later("upkeep", f"show_{name}"))
        if name == "models":
            _add_trial(plain, common)
    _add_trust(commands)
    _add_completion(commands)
    _add_serve(commands, common)
    _add_mcp(commands, common)
    return parser


def _store_flag(*, default: str | None) -> Parser:
    flag = Parser(add_help=False)
    flag.add_argument("--store", metavar="PATH", default=default, help="the folder that holds the sessions")
    return flag


def _add_chat(commands: Commands, common: Parser) -> None:
    chat = add_command(
        commands,
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
    chat.add_argument(
        "--take-over",
        action="store_true",
        help="with TEXT: stop an answer that another window writes in this session, even if that window does not "
        "react; what it has not stored of it is lost then",
    )
    chat.set_defaults(command="chat", makes_store=True)


def _add_store(commands: Commands, common: Parser, listing: Parser) -> None:
    text = "tell about the store, check it, copy it, clear it up"
    store = add_command(commands, "store", parents=[common], help=text)
    actions = store.add_subparsers(title="commands", metavar="COMMAND", required=True)
    info = add_command(actions, "info", parents=[listing], help="show where the store is and what it holds")
    info.set_defaults(command="store info", show=later("upkeep", "show_store"))
    _add_clean_up(actions, listing)
    doctor = add_command(
        actions,
        "doctor",
        parents=[listing],
        help="look for damage; the exit code is 1 while anything is wrong",
    )
    doctor.add_argument(
        "--repair", action="store_true", help="make a backup, and repair what can be repaired"
    )
    doctor.set_defaults(command="store doctor", show=later("upkeep", "show_doctor"))
    backup = add_command(actions, "backup", parents=[listing], help="copy the store while it is in use")
    backup.add_argument(
        "path", nargs="?", metavar="PATH", help="a folder, or a new file (default: `backups` in the store)"
    )
    backup.set_defaults(command="store backup", show=later("upkeep", "show_backup"))
    restore = add_command(
        actions,
        "restore",
        parents=[listing],
        help="replace the store by a backup; the old one is kept beside it",
    )
    restore.add_argument("path", metavar="PATH", help="the file of the backup; close all editors before")
    restore.set_defaults(command="store restore", makes_store=True)


def _add_clean_up(actions: Commands, listing: Parser) -> None:
    cleanup = add_command(
        actions,
        "cleanup",
        parents=[listing],
        help="put sessions into the trash that nobody has used for long",
        description="Lists the sessions that are old; with --apply they go into the trash, where they can be taken "
        "out for 30 days. Favourites and tagged sessions always stay.",
    )
    cleanup.add_argument(
        "--older-than", required=True, metavar="AGE", help="hours or days without use, e.g. 12h or 90d"
    )
    cleanup.add_argument("--apply", action="store_true", help="apply the changes (default: dry run)")
    cleanup.add_argument(
        "--purge-trash", action="store_true", help="also erase those that have been in the trash for 30 days"
    )
    add_filter_flags(cleanup)
    cleanup.set_defaults(command="store cleanup", show=later("bulk", "clean_up"))


def _add_trial(models: Parser, common: Parser) -> None:
    actions = models.add_subparsers(title="commands", metavar="COMMAND")
    trial = add_command(
        actions,
        "test",
        parents=[common],
        help="try a model out: text, long text, system prompt, temperature",
        description="Asks the model four small things, which costs a few hundred tokens, and says what works.",
    )
    trial.add_argument("model", metavar="PROVIDER:MODEL", help="the model to try")
    trial.add_argument(
        "--record",
        metavar="FILE",
        help="write what the server sent, without keys and with letters x for words, to go with a report",
    )
    trial.set_defaults(command="models test", makes_store=True)


def _add_trust(commands: Commands) -> None:
    trust = add_command(
        commands,
        "trust",
        help="trust a folder, so that its repository's own agents are read in the terminal",
        description="Trusts a folder with all that is in it. What a folder brings along, such as the agents in "
        "`.threadkeep/agents`, is used in the terminal only if you trust it; editors ask on their own. The list is "
        "trusted.toml beside your settings.",
    )
    trust.add_argument("path", nargs="?", metavar="PATH", help="the folder")
    trust.add_argument("--remove", action="store_true", help="trust it no longer")
    trust.add_argument("--list", action="store_true", help="list the folders that are trusted")
    trust.add_argument("--json", action="store_true", help="print the result as JSON")
    trust.set_defaults(command="trust")


def _add_completion(commands: Commands) -> None:
    completion = add_command(
        commands,
        "completion",
        help="print a shell completion script",
        description='For bash: eval "$(threadkeep completion bash)" in ~/.bashrc; other shells likewise.',
    )
    completion.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    completion.set_defaults(command="completion")


def _add_serve(commands: Commands, common: Parser) -> None:
    serve = add_command(
        commands,
        "serve",
        parents=[common],
        help="run the server that editors start, on standard input and output",
    )
    serve.add_argument(
        "--stdio", action="store_true", help="accepted for compatibility; stdio is always used"
    )
    serve.add_argument(
        "--log-level", choices=("debug", "info", "warning", "error"), help="minimum severity to log"
    )
    serve.set_defaults(command="serve", makes_store=True)


def _add_mcp(commands: Commands, common: Parser) -> None:
    mcp = add_command(
        commands,
        "mcp",
        parents=[common],
        help="let agents look up earlier sessions (Model Context Protocol over stdio, read-only)",
        description="Speaks the Model Context Protocol on standard input and output, so that any agent can search "
        "and read earlier sessions of the repository it works in. Nothing can be changed, private sessions are not "
        "shown, secrets are blotted out.",
    )
    mcp.add_argument(
        "--all", action="store_true", help="show every repository, not only the working directory's"
    )
    mcp.add_argument(
        "--install",
        choices=("claude", "codex", "vscode"),
        help="write the entry into the settings of Claude Code, Codex or VS Code, and show it",
    )
    mcp.add_argument(
        "--dry-run", action="store_true", help="with --install: preview the entry; write nothing"
    )
    mcp.add_argument(
        "--log-level", choices=("debug", "info", "warning", "error"), help="minimum severity to log"
    )
    mcp.set_defaults(command="mcp", makes_store=True)


GROUPS: Final = ("model", "agent", "repository", "task", "session", "day")
REPORT_SINCE: Final = "90d"


def _add_usage_commands(commands: Commands, listing: Parser) -> None:
    usage = add_command(
        commands,
        "usage",
        parents=[listing],
        help="report the tokens and costs of all answers, by model or anything else",
        description="Sums up the answers of all sessions, the archived ones and the trash too: they were paid.",
    )
    usage.add_argument("--by", choices=GROUPS, default="model", help="what to group by (default: model)")
    usage.add_argument(
        "--limit", type=positive, default=50, metavar="N", help="at most so many rows (default: 50)"
    )
    _add_choice(usage, since=None)
    usage.set_defaults(command="usage", show=later("usage", "show_usage"))
    report = add_command(
        commands,
        "report",
        parents=[listing],
        help="write a web page with charts of what was used",
        description="Writes one HTML file that needs nothing else: sessions, tokens and costs over time, and by "
        "model, agent, repository and task.",
    )
    report.add_argument(
        "--output",
        metavar="FILE",
        help="the file to write (default: threadkeep-report.html here; `-` is standard output)",
    )
    report.add_argument("--open", action="store_true", help="show it in the browser")
    _add_choice(report, since=REPORT_SINCE)
    report.set_defaults(command="report", show=later("report", "show_report"))


def _add_choice(parser: Parser, *, since: str | None) -> None:
    parser.add_argument(
        "--since",
        default=since,
        metavar="WHEN",
        help="answers since a day such as 2026-03-01, since an age such as 30d, or all "
        f"(default: {since or 'all'})",
    )
    parser.add_argument("--until", metavar="WHEN", help="a day, which is included, or an age (default: now)")
    add_filter_flags(parser, put_away="include")
