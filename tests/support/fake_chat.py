"""The command line over the fake server, as a program: options of the server, `--`, arguments."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FAKE_CHAT = [sys.executable, str(Path(__file__).resolve())]
"""The command that runs it."""


def main() -> int:
    sys.path.insert(0, str(ROOT))
    from tests.support.fake_server import FAKE_SERVER
    from threadkeep.cli.run import run

    if sys.stdin.isatty():
        # a session's leader gets the terminal that it opens: only then Ctrl-C is a signal
        os.close(os.open(os.ttyname(0), os.O_RDWR))
    split = sys.argv.index("--")
    return run(sys.argv[split + 1 :], server=[*FAKE_SERVER, *sys.argv[1:split]])


if __name__ == "__main__":
    sys.exit(main())
