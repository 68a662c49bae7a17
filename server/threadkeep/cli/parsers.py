"""What all commands share: short errors, their flags, and work that is loaded when it is needed."""

import argparse
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final, NoReturn, Protocol, TypeAlias

from threadkeep.cli.formats import one_line
from threadkeep.values import Value

if TYPE_CHECKING:
    from threadkeep.cli.terminal import Terminal
    from threadkeep.client import Client

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"

ID_HELP: Final = "a session's id, as `threadkeep sessions list` shows it, or its beginning"
_UNKNOWN: Final = re.compile(r"argument (\S+): invalid choice: (.+) \(choose from (.*)\)", re.DOTALL)


class Parser(argparse.ArgumentParser):
    """Tells an error on one line, and where the help is."""

    def error(self, message: str) -> NoReturn:
        """Ends the program with exit code 2."""
        told = one_line(_plainer(message, self))
        self.exit(2, f"{self.prog}: {told}\n`{self.prog} --help` shows how it is used.\n")

    @property
    def commands(self) -> "Mapping[str, Parser]":
        """The commands within this one, by name."""
        groups = [each for each in self._actions if isinstance(each, argparse._SubParsersAction)]
        return {name: command for group in groups for name, command in group.choices.items()}


def parse(parser: Parser, arguments: Sequence[str]) -> argparse.Namespace:
    """What the arguments say. Raises SystemExit once the help, the version or an error is written."""
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        # argparse would name the whole program, whose help tells nothing of this command
        parser.prog = " ".join(filter(None, (parser.prog, options.command)))
        kind = "flag" if unknown[0].startswith("-") else "argument"
        parser.error(f"the {kind} {unknown[0]!r} is not understood")
    return options


class Work(Value):
    """The work of a command: a function of a module beside this one.

    It is loaded while the server starts: loading that of all commands first would double the time of each.
    """

    module: str
    """The module."""
    name: str
    """The function."""

    async def __call__(self, client: "Client", options: argparse.Namespace, terminal: "Terminal") -> int:
        """Does it; gives the exit code."""
        return int(await self.load()(client, options, terminal))

    def load(self) -> "Callable[[Client, argparse.Namespace, Terminal], Awaitable[int]]":
        """The function itself."""
        run: Callable[[Client, argparse.Namespace, Terminal], Awaitable[int]]
        run = getattr(import_module(f"threadkeep.cli.{self.module}"), self.name)
        return run


class Names(Protocol):
    """Names that take a while to find."""

    def names(self) -> Sequence[str]: ...

    def knows(self, name: str) -> bool: ...


class LazyChoices:
    """What a flag can be, looked for when somebody checks a value, asks for help or writes a completion.

    Give such a flag a `metavar`: argparse shows the choices themselves at once.
    """

    def __init__(self, find: Callable[[], Names], *more: str) -> None:
        self._find = find
        self._more = more

    def __iter__(self) -> Iterator[str]:
        yield from self._more
        yield from self._find().names()

    def __contains__(self, value: object) -> bool:
        return value in self._more or self._find().knows(str(value))


def later(module: str, name: str) -> Work:
    """The function `name` of the module `module` of this package, to be loaded when it is needed."""
    return Work(module=module, name=name)


def add_command(
    commands: Commands,
    name: str,
    *,
    help: str,  # noqa: A002 - as argparse has it
    parents: Sequence[Parser] = (),
    description: str | None = None,
) -> Parser:
    """Adds a command; without a description its own help begins with its line in the list of commands."""
    about = description or f"{help[:1].upper()}{help[1:]}."
    return commands.add_parser(name, parents=parents, help=help, description=about)


def add_ids(parser: argparse.ArgumentParser) -> None:
    """Adds one or more ids of sessions, as `options.ids`."""
    parser.add_argument("ids", nargs="+", metavar="ID", help=ID_HELP)


def positive(text: str) -> int:
    """A number above 0. Raises ArgumentTypeError."""
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return number


def _plainer(message: str, parser: Parser) -> str:
    unknown = _UNKNOWN.fullmatch(message)
    if unknown is None:
        return message
    argument, given, listed = unknown[1], unknown[2].strip("'\""), re.findall(r"[^\s,'\"]+", unknown[3])
    if argument == "COMMAND":
        return f"there is no command {given!r}: {_meant(given, listed, _below(parser))}"
    return f"{argument} cannot be {given!r}: {_meant(given, listed)}"


def _below(parser: Parser) -> dict[str, list[str]]:
    """The commands of each group, with its name before theirs: people leave that out."""
    found: dict[str, list[str]] = {}
    for group, commands in parser.commands.items():
        for name in commands.commands:
            found.setdefault(name, []).append(f"{group} {name}")
    return found


def _meant(given: str, here: Sequence[str], below: Mapping[str, Sequence[str]] | None = None) -> str:
    import difflib

    known = {**(below or {}), **{name: [name] for name in here}}
    near = [given] if given in known else difflib.get_close_matches(given, known, n=1)
    return f"did you mean {' or '.join(known[near[0]])}?" if near else f"there are {', '.join(here)}"
