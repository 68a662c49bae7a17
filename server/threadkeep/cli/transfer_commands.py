"""The flags of export and import."""

from threadkeep.cli.parsers import ID_HELP, Commands, LazyChoices, Names, Parser, add_command, later
from threadkeep.cli.session_filters import add_filter_flags


def _exporters() -> Names:
    from threadkeep.bootstrap import installed_exporters

    return installed_exporters()


def _importers() -> Names:
    from threadkeep.bootstrap import installed_importers

    return installed_importers()


def add_export(actions: Commands, listing: Parser) -> None:
    """Adds `sessions export`."""
    export = add_command(
        actions,
        "export",
        parents=[listing],
        help="write sessions to a file, or to standard output",
        description="Writes one session, or all that match. json and jsonl hold everything and can be imported; "
        "the other formats are for reading.",
    )
    export.add_argument("id", nargs="?", metavar="ID", help=ID_HELP)
    export.add_argument("--all", action="store_true", help="all sessions, the archived ones too")
    add_filter_flags(export, arguments="[ID]")
    export.add_argument(
        "--format",
        choices=LazyChoices(_exporters),
        metavar="FORMAT",
        help="%(choices)s (default: as the name of the file ends, else markdown)",
    )
    export.add_argument(
        "--output", metavar="FILE", help="the file to write; its folder is made (default: standard output)"
    )
    export.add_argument("--overwrite", action="store_true", help="replace the file if it is there")
    export.add_argument("--redact", action="store_true", help="mask what looks like a key or a password")
    export.set_defaults(command="sessions export", show=later("transfer", "export"))


def add_import(actions: Commands, listing: Parser, *, name: str) -> None:
    """Adds `import`, or `sessions import`, which is the same."""
    importing = add_command(
        actions,
        "import",
        parents=[listing],
        help="bring sessions in: exported ones, or another tool's history",
        description="Reads what `sessions export` wrote as json or jsonl, and the histories of Claude Code, "
        "Codex CLI, llm, opencode, ChatGPT, and Markdown transcripts. A session that is here already is skipped; "
        "--on-conflict newer takes in what has grown. Nothing that is here is ever lost.",
    )
    importing.add_argument("path", metavar="PATH", help="a file, or the folder of another tool's history")
    importing.add_argument(
        "--from",
        dest="from_",
        default="auto",
        choices=LazyChoices(_importers, "auto", "threadkeep"),
        metavar="TOOL",
        help="the format: %(choices)s (default: auto, detected)",
    )
    importing.add_argument(
        "--on-conflict",
        choices=("skip", "replace", "duplicate", "newer"),
        default="skip",
        help="what to do with a session that is here already: skip it, show the source's line (replace), import a "
        "copy (duplicate), or take in what has grown and stay where you are (newer) (default: skip)",
    )
    importing.add_argument(
        "--repo", metavar="PATH", help="the repository of sessions that do not name their own"
    )
    importing.add_argument("--dry-run", action="store_true", help="preview the import; store nothing")
    importing.set_defaults(command=name, makes_store=True, show=later("transfer", "import_"))
