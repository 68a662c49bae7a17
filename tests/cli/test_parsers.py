"""Errors of the arguments, and the work that is loaded late."""

import argparse
from collections.abc import Iterator

import pytest

from threadkeep.cli.arguments import build_parser
from threadkeep.cli.parsers import parse

WITHOUT_A_SERVER = {
    "threadkeep chat",
    "threadkeep models test",
    "threadkeep completion",
    "threadkeep mcp",
    "threadkeep serve",
    "threadkeep store restore",
    "threadkeep trust",
}


def commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """All parsers of commands, those of commands within commands in place of their own."""
    groups = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    if not groups:
        yield parser
    for group in groups:
        for below in group.choices.values():
            yield from commands(below)


@pytest.mark.parametrize("command", [*commands(build_parser())], ids=lambda each: each.prog)
def test_the_work_of_every_command_is_there(command: argparse.ArgumentParser) -> None:
    assert command.get_default("command") == command.prog.removeprefix("threadkeep ")
    if command.prog in WITHOUT_A_SERVER:
        assert command.get_default("show") is None
    else:
        assert callable(command.get_default("show").load())


@pytest.mark.parametrize("command", [*commands(build_parser())], ids=lambda each: each.prog)
def test_the_help_of_every_command_says_what_it_does(command: argparse.ArgumentParser) -> None:
    text = command.format_help()
    assert text.startswith(f"usage: {command.prog}")
    assert command.description


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["sessions", "lst"], "threadkeep sessions: there is no command 'lst': did you mean list?"),
        (
            ["sessions", "list", "--status", "actve"],
            "threadkeep sessions list: --status cannot be 'actve': did you mean active?",
        ),
        (
            ["sessions", "list", "--sort", "z"],
            "threadkeep sessions list: --sort cannot be 'z': there are updated, created, title, messages",
        ),
        (["sessions", "list", "--oops"], "threadkeep sessions list: the flag '--oops' is not understood"),
        (["exprot"], "threadkeep: there is no command 'exprot': did you mean sessions export?"),
        (["sesions"], "threadkeep: there is no command 'sesions': did you mean sessions?"),
        (["models", "all"], "threadkeep models: there is no command 'all': there are test"),
        (["--oops"], "threadkeep: the flag '--oops' is not understood"),
        (
            ["sessions", "list", "--limit", "0\x1b[2J"],
            "threadkeep sessions list: argument --limit: '0\\x1b[2J' is not a positive number",
        ),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else None,
)
def test_an_error_is_one_line_and_a_hint(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as leaving:
        parse(build_parser(), arguments)

    assert leaving.value.code == 2
    command = told.partition(":")[0]
    assert capsys.readouterr().err.splitlines() == [told, f"`{command} --help` shows how it is used."]


@pytest.mark.parametrize(
    ("group", "command"),
    [
        (group, name)
        for group, parser in build_parser().commands.items()
        for name in parser.commands
        if name not in build_parser().commands
    ],
)
def test_a_command_without_its_group_is_told_with_it(
    group: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(build_parser(), [command])
    told, _ = capsys.readouterr().err.splitlines()
    meant = told.removeprefix(f"threadkeep: there is no command {command!r}: did you mean ").removesuffix("?")
    assert f"{group} {command}" in meant.split(" or ")
