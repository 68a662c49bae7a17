"""The program `threadkeep`: sends `serve` and `mcp` straight to the server, all else to the command line."""

import os
import sys
from collections.abc import Sequence

_OTHER_WAYS = ("--socket", "--pipe", "--port", "--tcp")
_FACES = ("serve", "mcp")
_OF_CLI = ("--install", "--dry-run")
_LOG_LEVELS = ("debug", "info", "warning", "error")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program.

    Args:
        argv: the arguments without the program's name; None takes the process's own.

    Returns:
        The exit code: 0, 1 for a failure, 2 for wrong usage. `serve` and `mcp` end the process themselves.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    command, of_face = flags_of_face(arguments)
    # somebody waits for this start: argparse and the client stay unloaded
    if command is None or {"-h", "--help", *_OF_CLI} & {each.partition("=")[0] for each in arguments}:
        from threadkeep.cli.run import run

        return run(arguments)
    _write_errors_as_utf8()
    shows_all = command == "mcp" and "--all" in of_face
    given = [each for each in of_face if each != "--all"] if command == "mcp" else of_face
    flags, problem = read_serve_flags(given, others=command == "serve")
    if problem:
        sys.stderr.write(f"threadkeep {command}: {problem}\n")
        return 2
    try:
        from threadkeep import bootstrap

        if command == "mcp":
            bootstrap.serve_mcp(flags, shows_all=shows_all)
        bootstrap.serve(flags)
    except (OSError, MemoryError, RuntimeError) as error:
        from threadkeep.domain.exhaustion import exhausted

        named = exhausted(error)
        if named is None:
            raise
        sys.stderr.write(f"threadkeep {command}: {named.message}\n")
        return 1


def _write_errors_as_utf8() -> None:
    """Editors read standard error as UTF-8, which Windows does not make of a pipe by itself."""
    reconfigure = getattr(sys.stderr, "reconfigure", None)
    if reconfigure is not None and not sys.stderr.isatty():
        reconfigure(encoding="utf-8", errors="backslashreplace")


def flags_of_face(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """`serve` or `mcp` and its flags, with a `--store` that came before it; None for another command."""
    before = 0
    while arguments[before:] and arguments[before].partition("=")[0] == "--store":
        before += 1 if "=" in arguments[before] else 2
    command, *rest = arguments[before:] or [""]
    return (command, [*arguments[:before], *rest]) if command in _FACES else (None, [])


def read_serve_flags(arguments: Sequence[str], *, others: bool = True) -> tuple[dict[str, str | None], str]:
    """The values of `--store` and `--log-level`, and what is wrong with the arguments, if anything is.

    others: whether other flags are accepted; the libraries of editors add some, such as `--clientProcessId=7`.
    """
    flags: dict[str, str | None] = {"store": None, "log_level": None}
    waiting = list(arguments)
    while waiting:
        name, equals, value = waiting.pop(0).partition("=")
        key = name.removeprefix("--").replace("-", "_")
        if name in _OTHER_WAYS or not name.startswith("--"):
            return flags, f"{name!r} is not understood: the server speaks on standard input and output"
        if key not in flags and not others:
            return flags, f"{name} is unknown: see threadkeep mcp --help"
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
