"""The flags of `usage` and `report`."""

from typing import Final

from threadkeep.cli.parsers import Commands, Parser, add_command, later, positive
from threadkeep.cli.session_filters import add_filter_flags

GROUPS: Final = ("model", "agent", "repository", "task", "session", "day")
REPORT_SINCE: Final = "90d"


def add_usage_commands(commands: Commands, listing: Parser) -> None:
    """Adds `usage` and `report`."""
    usage = add_command(
        commands,
        "usage",
        parents=[listing],
        help="tell the tokens and costs of all answers, by model or anything else",
        description="Sums up the answers of all sessions, the archived ones and the trash too: they were paid.",
    )
    usage.add_argument("--by", choices=GROUPS, default="model", help="what to sum up by (default: model)")
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
        help="where to (default: threadkeep-report.html here; `-` is standard output)",
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
