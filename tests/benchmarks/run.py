"""Speed and memory, as `poe bench`: measures, prints, and fails where a ratio breaks its limit."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.benchmarks.charts import growth_chart
from tests.benchmarks.progress import Progress
from tests.benchmarks.report import Report, markdown, plain, write_into
from tests.benchmarks.suite import FULL, PARTS, QUICK, Suite

PAGE: Final = Path(__file__).parents[2] / "server" / "docs" / "benchmarks.md"
CHART: Final = PAGE.with_name("benchmarks-growth.svg")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmarks; 1 if a limit is broken or a part could not be measured."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.write and (given.quick or given.only):
        parser.error("--write takes the figures of a full run, not of --quick or --only")
    if given.folder is not None:
        given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=given.folder, ignore_cleanup_errors=True) as folder:
        size = QUICK if given.quick else FULL
        # where the system names its temporary folder by a link, the product names the real one
        suite = Suite(
            size=size,
            folder=Path(folder).resolve(),
            progress=Progress(tell=_tell),
            only=frozenset(given.only),
        )
        report = suite.run()
    print(markdown(report))
    if given.json:
        given.json.write_text(json.dumps(plain(report), indent=2) + "\n", encoding="utf-8")
    if given.write:
        _write(report)
    return verdict(report)


def _write(report: Report) -> None:
    if report.unfinished:
        print(f"{PAGE.name} is left as it was: not everything was measured", file=sys.stderr)
        return
    (growth,) = (table for table in report.tables if table.id == "growth")
    CHART.write_text(growth_chart(growth), encoding="utf-8")
    write_into(PAGE, report)


def verdict(report: Report) -> int:
    """The exit code, after what failed is told."""
    for part, problem in report.unfinished.items():
        print(f"FAILED: {part}: {problem}", file=sys.stderr)
    for figure in report.failures:
        print(f"FAILED: {figure.what}: {figure.ratio:.2f} × of {figure.limit:g} ×", file=sys.stderr)
    return 1 if report.failures or report.unfinished else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="poe bench", description="Speed and memory, beside yardsticks.")
    parser.add_argument("--quick", action="store_true", help="small sizes: whether it runs, not how fast")
    parser.add_argument(
        "--only", action="append", default=[], choices=PARTS, help="only this part; repeatable"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures to a file")
    parser.add_argument(
        "--write", action="store_true", help="write the tables into server/docs/benchmarks.md, and its chart"
    )
    parser.add_argument("--folder", type=Path, help="where to work; a real disk (3 GB), not one in memory")
    return parser


def _tell(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
