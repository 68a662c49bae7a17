"""The program `threadkeep`: sends `serve` straight to the server, everything else to the command line."""

import os
import sys
from collections.abc import Sequence

_OTHER_WAYS = ("--socket", "--pipe", "--port", "--tcp")
_LOG_LEVELS = ("debug", "info", "warning", "error")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program.

    Args:
        argv: the arguments without the program's name; None takes the process's own.

    Returns:
        The exit code: 0, 1 for a failure, 2 for wrong usage.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    of_serve = flags_of_serve(arguments)
    # an editor waits for this start: argparse and the client stay unloaded
    if of_serve is None or {"-h", "--help"} & set(arguments):
        from threadkeep.cli.run import run

        return run(arguments)
    flags, problem = read_serve_flags(of_serve)
    if problem:
        sys.stderr.write(f"threadkeep serve: {problem}\n")
        return 2
    try:
        from threadkeep.bootstrap import serve

        return serve(flags)
    except (OSError, MemoryError, RuntimeError) as error:
        from threadkeep.domain.exhaustion import exhausted

        named = exhausted(error)
        if named is None:
            raise
        sys.stderr.write(f"threadkeep serve: {named.message}\n")
        return 1


def flags_of_serve(arguments: Sequence[str]) -> list[str] | None:
    """The flags of `serve`, with a `--store` that came before it; None for another command."""
    before = 0
    while arguments[before:] and arguments[before].partition("=")[0] == "--store":
        before += 1 if "=" in arguments[before] else 2
    rest = list(arguments[before:])
    return [*arguments[:before], *rest[1:]] if rest[:1] == ["serve"] else None


def read_serve_flags(arguments: Sequence[str]) -> tuple[dict[str, str | None], str]:
    """The values of `--store` and `--log-level`, and what is wrong with the arguments, if anything is.

    Other flags are accepted: the libraries of editors add some, such as `--clientProcessId=7`.
    """
    flags: dict[str, str | None] = {"store": None, "log_level": None}
    waiting = list(arguments)
    while waiting:
        name, equals, value = waiting.pop(0).partition("=")
        key = name.removeprefix("--").replace("-", "_")
        if name in _OTHER_WAYS or not name.startswith("--"):
            return flags, f"{name!r} is not understood: the server speaks on standard input and output"
        if key not in flags:
            continue
        if not equals:
            value = waiting.pop(0) if waiting else ""
        if not value:
            return flags, f"{name} needs a value"
        # the server leaves this folder, so a relative path is made absolute while it means something
        flags[key] = _absolute(value) if key == "store" else value
    if flags["log_level"] not in (None, *_LOG_LEVELS):
        return flags, f"--log-level is one of {', '.join(_LOG_LEVELS)}"
    return flags, ""


def _absolute(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111 - pathlib is slow to import


if __name__ == "__main__":
    sys.exit(main())
