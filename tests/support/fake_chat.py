"""The command line over the fake server, as a program: options of the server, `--`, arguments.

`READLINE=hidden` plays a Python without that module, `READLINE=libedit` one that has libedit's in its place.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FAKE_CHAT = [sys.executable, str(Path(__file__).resolve())]
"""The command that runs it."""


def play_readline(how: str) -> None:
    if how == "hidden":
        sys.modules["readline"] = None  # type: ignore[assignment]
    elif how == "libedit":
        import readline

        # it knows no marked pastes, and reads letter by letter as GNU readline does
        readline.parse_and_bind("set enable-bracketed-paste off")
        readline.__doc__ = "Importing this module enables command line editing using libedit readline."
        if hasattr(readline, "backend"):
            readline.backend = "editline"


def main() -> int:
    sys.path.insert(0, str(ROOT))
    play_readline(os.environ.get("READLINE", ""))
    from tests.support.fake_server import FAKE_SERVER
    from threadkeep.cli.run import run

    if sys.stdin.isatty():
        # a session's leader gets the terminal that it opens: only then Ctrl-C is a signal
        os.close(os.open(os.ttyname(0), os.O_RDWR))
    split = sys.argv.index("--")
    return run(sys.argv[split + 1 :], server=[*FAKE_SERVER, *sys.argv[1:split]])


if __name__ == "__main__":
    sys.exit(main())
