"""The files of agents: which are read, what they may say, and how a person learns what is wrong."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from threadkeep.adapters.agents import MarkdownAgentFiles
from threadkeep.adapters.agents.agent_files import (
    MAX_FILE_BYTES,
    MAX_FILES,
    MAX_FOLDERS,
    is_agent_file,
    open_plain,
)
from threadkeep.adapters.agents.agent_text import KEYS, Document, Entry, FrontMatterError, parse, read_agent
from threadkeep.domain.agents import BUILTIN, Agent, BrokenAgent

PROMPT = "---\n---\nYou help.\n"
FULL = """\
---
# who this is
name: reviewer   # not the file's name
description: "Says \\"no\\": often"

model: work:big:1
temperature: 0.2
---

    Look closely.

Be kind.

"""

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX links, pipes or permissions")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "agents"
    made.mkdir()
    return made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a folder of agents."""
    made = tmp_path / "app"
    (made / ".threadkeep" / "agents").mkdir(parents=True)
    return made


def user(folder: Path) -> Sequence[Agent | BrokenAgent]:
    return MarkdownAgentFiles(folder).user()


def repository(root: Path) -> Sequence[Agent | BrokenAgent]:
    return MarkdownAgentFiles(root / "no such").repository(str(root))


def only(found: Sequence[Agent | BrokenAgent]) -> Agent | BrokenAgent:
    (one,) = found
    return one


def told(data: bytes | str) -> tuple[int | None, str]:
    """Line and problem of a broken file."""
    data = data.encode() if isinstance(data, str) else data
    found = read_agent(data, stem="mine", path="/a/mine.md", source="user").agent
    assert isinstance(found, BrokenAgent)
    assert (found.source, found.path) == ("user", "/a/mine.md")
    return found.line, found.problem


# What a file may say


def test_an_agent_is_its_front_matter_and_the_text_below_it(folder: Path) -> None:
    (folder / "any.md").write_text(FULL, encoding="utf-8")
    assert only(user(folder)) == Agent(
        name="reviewer",
        description='Says "no": often',
        prompt="    Look closely.\n\nBe kind.",
        model="work:big:1",
        temperature=0.2,
        source="user",
    )


def test_all_but_the_prompt_may_be_left_out(folder: Path) -> None:
    (folder / "helper.md").write_text(PROMPT, encoding="utf-8")
    expected = Agent(name="helper", description="", prompt="You help.", source="user")
    assert only(user(folder)) == expected


@pytest.mark.parametrize("line_end", [b"\r\n", b"\r", b"\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_byte_order_marks_and_line_ends_of_any_system_make_no_difference(
    line_end: bytes, mark: bytes
) -> None:
    data = mark + FULL.encode().replace(b"\n", line_end)
    here, there = (read_agent(text, stem="x", path="x", source="user") for text in (data, FULL.encode()))
    assert here == there


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("plain words", "plain words"),
        ("a#b", "a#b"),
        ("a # b # c", "a"),
        ("a: b", "a: b"),
        ("-x", "-x"),
        ("it's", "it's"),
        ('"a # b"', "a # b"),
        ('"a"  # b', "a"),
        ("'a'\t# b", "a"),
        ("'it''s'", "it's"),
        ("'a\\n'", "a\\n"),
        ('"a \\"b\\" \\\\"', 'a "b" \\'),
        ('""', ""),
        ("''", ""),
        ("Größe ☃", "Größe ☃"),
    ],
)
def test_a_value_is_plain_or_in_quotes(written: str, meant: str) -> None:
    document = parse(f"---\ndescription: {written}\n---\n", known=KEYS)
    assert document.values == {"description": Entry(text=meant, line=2)}


def test_a_rule_in_the_prompt_ends_nothing() -> None:
    assert parse("---\n---\na\n---\nb", known=KEYS).body == "a\n---\nb"


@pytest.mark.parametrize(("written", "meant"), [("0", 0), ("2", 2), ("0.70", 0.7), (".5", 0.5), ("+1", 1)])
def test_a_temperature_is_a_number_from_0_to_2(written: str, meant: float) -> None:
    data = f"---\ntemperature: {written}\n---\nx".encode()
    found = read_agent(data, stem="x", path="x", source="user").agent
    assert isinstance(found, Agent)
    assert found.temperature == meant


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 1, "the file must begin with a line ---."),
        ("Hello", 1, "the file must begin with a line ---."),
        ("\n---\n---\nx", 1, "the file must begin with a line ---."),
        ("---\nname: a\nx", 1, "no second line --- closes what begins here."),
        ("---", 1, "no second line --- closes what begins here."),
        ("---\nmodl: a:b\n---\nx", 2, 'modl is unknown. Did you mean "model"?'),
        ("---\nNAME: a\n---\nx", 2, 'NAME is unknown. Did you mean "name"?'),
        (
            "---\n\nzzz: 1\n---\nx",
            3,
            "zzz is unknown. Known: description, model, name, temperature.",
        ),
        ("---\nYou help people.\n---\nx", 2, 'must be "key: value"; the prompt goes below the second ---.'),
        ("---\nYou help: people\n---\nx", 2, 'must be "key: value"; the prompt goes below the second ---.'),
        ("---\n: x\n---\nx", 2, 'must be "key: value"; the prompt goes below the second ---.'),
        ("---\n  name: a\n---\nx", 2, "is indented: write each value on one line, from its first column."),
        ("---\nname:a\n---\nx", 2, "name needs a space behind its colon."),
        ("---\nname: a\nname: b\n---\nx", 3, "name is given twice, first in line 2."),
        ("---\nname:\n---\nx", 2, "name has no value: give it one, or leave the line out."),
        ("---\nname: # a\n---\nx", 2, "name has no value: give it one, or leave the line out."),
        ('---\ndescription: "a\n---\nx', 2, 'description has no closing ".'),
        ('---\ndescription: "a\\"\n---\nx', 2, 'description has no closing ".'),
        ("---\ndescription: 'it''s\n---\nx", 2, "description has no closing '."),
        ('---\ndescription: "a" b\n---\nx', 2, 'description goes on behind its closing ".'),
        (
            '---\ndescription: "C:\\dir"\n---\nx',
            2,
            'description holds \\d: only \\" and \\\\ can stand in double quotes.',
        ),
        ("---\ndescription: |\n---\nx", 2, "description must stand on one line, without |."),
        ("---\ndescription: >-\n---\nx", 2, "description must stand on one line, without >."),
        ("---\ndescription: [a, b]\n---\nx", 2, "description begins with [: put it in quotes."),
        ("---\ndescription: - a\n---\nx", 2, "description begins with -: put it in quotes."),
        ("---\ndescription: a\x1bb\n---\nx", 2, "holds a control character (U+001B)."),
        ("---\n---\na\n\0", 4, "holds a control character (U+0000)."),
        ("---\nname: The One\n---\nx", 2, "name must be 1 to 64 of a-z, 0-9 and -, not beginning with -."),
        ("---\nname: repo:x\n---\nx", 2, "name must be 1 to 64 of a-z, 0-9 and -, not beginning with -."),
        (
            f"---\nname: {65 * 'a'}\n---\nx",
            2,
            "name must be 1 to 64 of a-z, 0-9 and -, not beginning with -.",
        ),
        ("---\nmodel: gpt\n---\nx", 2, 'model must be "provider:model", with a colon between them.'),
        ('---\nmodel: ""\n---\nx', 2, "model must not be empty."),
        ("---\ntemperature: warm\n---\nx", 2, "temperature must be a number from 0 to 2."),
        ("---\ntemperature: nan\n---\nx", 2, "temperature must be a number from 0 to 2."),
        ("---\ntemperature: 1e1\n---\nx", 2, "temperature must be a number from 0 to 2."),
        ("---\ntemperature: ٢\n---\nx", 2, "temperature must be a number from 0 to 2."),
        ("---\ntemperature: 2.1\n---\nx", 2, "temperature must be from 0 to 2."),
        ("---\ntemperature: -1\n---\nx", 2, "temperature must be from 0 to 2."),
        (f"---\ntemperature: {'9' * 400}\n---\nx", 2, "temperature must be from 0 to 2."),
        ("---\nname: a\n---\n \n\n", 3, "no prompt follows below this line."),
        ("---\n---", 2, "no prompt follows below this line."),
        (b"---\n---\na\n\xff", 4, "is not UTF-8: save the file as UTF-8."),
        ("---\n---\nx".encode("utf-16"), 1, "is not UTF-8: save the file as UTF-8."),
    ],
)
def test_a_mistake_is_told_with_its_line(text: bytes | str, line: int, problem: str) -> None:
    assert told(text) == (line, problem)


def test_a_broken_agent_has_the_name_that_it_would_have_had() -> None:
    data = b"---\nname: mine\nmodel: x\n---\nx"
    found = read_agent(data, stem="file", path="/a/file.md", source="repository").agent
    assert isinstance(found, BrokenAgent)
    assert (found.name, found.message.split(":")[:2]) == ("repo:mine", ["/a/file.md", "3"])


def parsed(text: str) -> Document | FrontMatterError:
    try:
        return parse(text, known=KEYS)
    except FrontMatterError as error:
        return error


@given(st.text() | st.text("-\n #:'\"\\\t ankme"))
def test_any_text_is_read_or_refused_with_one_of_its_lines(text: str) -> None:
    found = parsed("---\n" + text)
    if isinstance(found, Document):
        assert found.values.keys() <= set(KEYS)
    else:
        assert found.line is not None
        assert 1 <= found.line <= len(text) + 2
        assert found.problem.endswith((".", "?"))


@given(st.binary(max_size=200), st.sampled_from([b"", b"---\n", b"---\nname: "]))
@example(b"\n---\nx", b"---\nname: a")
def test_any_bytes_give_an_agent_or_a_problem(data: bytes, begin: bytes) -> None:
    found = read_agent(begin + data, stem="mine", path="p", source="user").agent
    if isinstance(found, Agent):
        assert found.prompt.strip()
    else:
        assert found.problem


# Written front matter means what was written

LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)
VALUES = st.dictionaries(st.sampled_from(KEYS), LINES)


def double_quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def single_quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@given(
    VALUES,
    st.lists(LINES).map("\n".join),
    st.sampled_from([double_quoted, single_quoted]),
    st.sampled_from(["", "  # why"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_written_front_matter_means_what_was_written(values, body, quoted, comment, line_end) -> None:
    lines = ["---", *(f"{key}: {quoted(value)}{comment}" for key, value in values.items()), "---"]
    document = parse(line_end.join(lines) + line_end + body.replace("\n", line_end), known=KEYS)
    assert {key: value.text for key, value in document.values.items()} == values
    assert [value.line for value in document.values.values()] == list(range(2, len(values) + 2))
    assert document.closing_line == len(values) + 2
    assert document.body.split() == body.split()
    assert document.body in body


# The page for people says the same

PAGE = (Path(__file__).parents[2] / "server" / "docs" / "agents.md").read_text(encoding="utf-8")


def test_the_pages_example_is_an_agent() -> None:
    example = PAGE.split("```markdown\n")[1].split("```")[0]
    found = read_agent(example.encode(), stem="sql", path="sql.md", source="user").agent
    assert isinstance(found, Agent)
    assert found.description == "Writes SQL: PostgreSQL 16, nothing else"
    assert (found.name, found.model, found.temperature) == ("sql", "work:gpt-5", 0)
    assert found.prompt.splitlines()[::3] == [
        "You write SQL for PostgreSQL 16.",
        "- Say which index a query needs.",
    ]


@pytest.mark.parametrize("key", KEYS)
def test_every_value_is_on_the_page(key: str) -> None:
    assert f"| `{key}` | " in PAGE


@pytest.mark.parametrize("agent", BUILTIN, ids=lambda agent: agent.name)
def test_every_built_in_agent_is_on_the_page(agent: Agent) -> None:
    assert f"| `{agent.name}` | {agent.description}" in PAGE


# Which files are read


def test_a_folder_that_is_not_there_has_no_agents(tmp_path: Path) -> None:
    assert user(tmp_path / "missing") == []
    assert repository(tmp_path) == []


def test_agents_come_by_the_names_of_their_files(folder: Path) -> None:
    for name in ("c.md", "a.MD", "b.md"):
        (folder / name).write_text(PROMPT, encoding="utf-8")
    assert [each.name for each in user(folder)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "name", ["README.md", "readme.MD", ".hidden.md", "notes.txt", "a.md~", "a.md.swp", "md"]
)
def test_files_that_are_no_agents_are_passed_over(folder: Path, name: str) -> None:
    (folder / name).write_text("Hello", encoding="utf-8")
    assert not is_agent_file(name)
    assert user(folder) == []


def test_folders_within_are_not_searched(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "a.md").write_text(PROMPT, encoding="utf-8")
    assert user(folder) == []


def test_a_repositorys_agents_have_its_prefix(root: Path) -> None:
    place = root / ".threadkeep" / "agents"
    (place / "style.md").write_text(PROMPT, encoding="utf-8")
    (place / "worse.md").write_text("Hello", encoding="utf-8")
    style, worse = repository(root)
    assert style == Agent(name="repo:style", description="", prompt="You help.", source="repository")
    assert (worse.name, worse.source) == ("repo:worse", "repository")


def test_one_broken_file_costs_no_other(folder: Path) -> None:
    (folder / "a.md").write_text("Hello", encoding="utf-8")
    (folder / "b.md").write_text(PROMPT, encoding="utf-8")
    broken, fine = user(folder)
    assert isinstance(broken, BrokenAgent)
    assert broken.message == f"{folder / 'a.md'}:1: the file must begin with a line ---."
    assert fine.name == "b"


def test_a_file_whose_name_is_no_agents_needs_one_inside(folder: Path) -> None:
    (folder / "My Agent.md").write_text(PROMPT, encoding="utf-8")
    broken = only(user(folder))
    assert isinstance(broken, BrokenAgent)
    assert (broken.name, broken.line) == ("My Agent", None)
    assert "rename it, or give a name" in broken.problem
    (folder / "My Agent.md").write_text("---\nname: mine\n---\nx", encoding="utf-8")
    assert only(user(folder)).name == "mine"


def test_of_two_agents_with_one_name_the_first_file_keeps_it(folder: Path) -> None:
    (folder / "a.md").write_text("---\nname: c\n---\nx", encoding="utf-8")
    (folder / "b.md").write_text("---\nmodel: x:y\nname: c\n---\nx", encoding="utf-8")
    (folder / "c.md").write_text(PROMPT, encoding="utf-8")
    first, second, third = user(folder)
    assert isinstance(first, Agent)
    assert second == BrokenAgent(
        name="c", source="user", path=str(folder / "b.md"), line=3, problem="c is the name of a.md already."
    )
    assert third == BrokenAgent(
        name="c",
        source="user",
        path=str(folder / "c.md"),
        line=None,
        problem="c is the name of a.md already.",
    )


def test_a_broken_file_keeps_no_name(folder: Path) -> None:
    (folder / "a.md").write_text("---\nname: c\nmodel: x\n---\nx", encoding="utf-8")
    (folder / "c.md").write_text(PROMPT, encoding="utf-8")
    assert [type(each) for each in user(folder)] == [BrokenAgent, Agent]


def test_a_file_may_be_64_kib_and_no_larger(folder: Path) -> None:
    fits = "---\n---\n" + "x" * (MAX_FILE_BYTES - 8)
    (folder / "a.md").write_text(fits, encoding="utf-8", newline="\n")
    assert isinstance(only(user(folder)), Agent)
    (folder / "a.md").write_text(fits + "x", encoding="utf-8", newline="\n")
    broken = only(user(folder))
    assert isinstance(broken, BrokenAgent)
    assert broken.problem == "is larger than 64 KiB."


def test_of_too_many_files_the_first_are_read_and_the_folder_is_told(folder: Path) -> None:
    for number in range(MAX_FILES + 2):
        (folder / f"a{number:03}.md").write_text(PROMPT, encoding="utf-8")
    *read, last = user(folder)
    assert [each.name for each in read] == [f"a{number:03}" for number in range(MAX_FILES)]
    assert last == BrokenAgent(
        name="agents",
        source="user",
        path=str(folder),
        line=None,
        problem="holds 202 agents; only the first 200 by name are read.",
    )


def test_a_folder_in_place_of_a_file_is_no_agent(folder: Path) -> None:
    (folder / "a.md").mkdir()
    broken = only(user(folder))
    assert isinstance(broken, BrokenAgent)
    assert (broken.name, broken.problem) == ("a", "is not a file.")


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "agents").write_text("x", encoding="utf-8")
    broken = only(user(tmp_path / "agents"))
    assert isinstance(broken, BrokenAgent)
    assert (broken.name, broken.line) == ("agents", None)
    assert broken.problem.startswith("cannot be read (")


def test_a_path_that_cannot_be_one_is_told() -> None:
    broken = only(MarkdownAgentFiles(Path("none")).repository("/a\0b"))
    assert isinstance(broken, BrokenAgent)
    assert (broken.name, broken.problem) == ("repo:agents", "cannot be read (ValueError).")


@posix_only
def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "a.md")
    assert getattr(only(user(folder)), "problem", None) == "is not a file."


@posix_only
def test_a_pipe_that_takes_a_files_place_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "a.md")
    writer = os.open(folder / "a.md", os.O_RDWR | os.O_NONBLOCK)
    try:
        with open(folder / "a.md", "rb", opener=open_plain) as pipe:
            assert pipe.read(1) is None
    finally:
        os.close(writer)


@posix_only
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="everybody's files are root's")
def test_a_file_that_may_not_be_read_is_told(folder: Path) -> None:
    (folder / "a.md").write_text(PROMPT, encoding="utf-8")
    (folder / "a.md").chmod(0)
    assert getattr(only(user(folder)), "problem", None) == "cannot be read (Permission denied)."


@posix_only
def test_a_name_that_is_not_utf8_can_still_be_told(folder: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/\xff.md")).write_text(PROMPT, encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    broken = only(user(folder))
    assert isinstance(broken, BrokenAgent)
    assert (broken.name, broken.path) == ("?", str(folder / "?.md"))


# Links


@posix_only
def test_a_link_within_the_folder_is_followed(folder: Path) -> None:
    (folder / "original.txt").write_text(PROMPT, encoding="utf-8")
    (folder / "a.md").symlink_to("original.txt")
    assert only(user(folder)) == Agent(name="a", description="", prompt="You help.", source="user")


@posix_only
@pytest.mark.parametrize("target", ["../secret.md", "../agents-2/secret.md"])
def test_a_link_out_of_the_folder_is_not_followed(folder: Path, target: str) -> None:
    (folder.parent / "agents-2").mkdir()
    (folder / target).write_text(PROMPT, encoding="utf-8")
    (folder / "a.md").symlink_to(target)
    broken = only(user(folder))
    assert isinstance(broken, BrokenAgent)
    assert (broken.name, broken.problem) == ("a", "leads out of its folder and is not read.")


@posix_only
@pytest.mark.parametrize("target", ["a.md", "missing.md"])
def test_a_link_that_leads_nowhere_is_told(folder: Path, target: str) -> None:
    (folder / "a.md").symlink_to(target)
    assert getattr(only(user(folder)), "problem", "").startswith("cannot be read (")


@posix_only
def test_a_file_that_becomes_a_link_when_it_is_opened_is_not_read(folder: Path) -> None:
    (folder / "b.md").write_text(PROMPT, encoding="utf-8")
    (folder / "a.md").symlink_to("b.md")
    with (
        pytest.raises(OSError, match="symbolic links"),
        open(folder / "a.md", "rb", opener=open_plain),
    ):
        pass


@posix_only
def test_the_users_folder_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    (folder / "a.md").write_text("Hello", encoding="utf-8")
    (tmp_path / "linked").symlink_to(folder)
    broken = only(user(tmp_path / "linked"))
    assert isinstance(broken, BrokenAgent)
    assert (broken.path, broken.line) == (str(tmp_path / "linked" / "a.md"), 1)


@posix_only
@pytest.mark.parametrize("link", [".threadkeep", ".threadkeep/agents"])
def test_a_repositorys_folder_may_not_lead_out_of_it(tmp_path: Path, folder: Path, link: str) -> None:
    (folder / "a.md").write_text(PROMPT, encoding="utf-8")
    root = tmp_path / "app"
    (root / link).parent.mkdir(parents=True)
    (root / link).symlink_to(tmp_path if link == ".threadkeep" else folder)
    broken = only(repository(root))
    assert isinstance(broken, BrokenAgent)
    assert (broken.name, broken.problem) == ("repo:agents", "leads out of the repository and is not read.")


@posix_only
def test_a_repositorys_folder_may_be_a_link_within_it(root: Path) -> None:
    (root / ".threadkeep" / "agents").rmdir()
    (root / "docs").mkdir()
    (root / "docs" / "a.md").write_text(PROMPT, encoding="utf-8")
    (root / ".threadkeep" / "agents").symlink_to("../docs")
    assert only(repository(root)).name == "repo:a"


# Reading again


def test_a_file_is_read_again_only_when_it_changed(folder: Path) -> None:
    for name in ("a.md", "b.md"):
        (folder / name).write_text(PROMPT, encoding="utf-8")
    files = MarkdownAgentFiles(folder)
    first = files.user()
    assert all(now is before for now, before in zip(files.user(), first, strict=True))
    (folder / "a.md").write_text("---\n---\nNew.", encoding="utf-8")
    changed, same = files.user()
    assert isinstance(changed, Agent)
    assert changed.prompt == "New."
    assert same is first[1]


def test_a_file_of_the_same_size_is_known_by_its_time(folder: Path) -> None:
    path = folder / "a.md"
    path.write_text("---\n---\nOld.", encoding="utf-8")
    os.utime(path, ns=(1_000, 1_000))
    files = MarkdownAgentFiles(folder)
    before = files.user()
    path.write_text("---\n---\nNew.", encoding="utf-8")
    os.utime(path, ns=(1_000_001_000, 1_000_001_000))
    assert files.user() != before


def test_what_is_broken_is_read_again_only_when_it_changed(folder: Path) -> None:
    (folder / "a.md").write_text("Hello", encoding="utf-8")
    files = MarkdownAgentFiles(folder)
    assert only(files.user()) is only(files.user())
    (folder / "a.md").write_text(PROMPT, encoding="utf-8")
    assert isinstance(only(files.user()), Agent)


def test_files_that_come_and_go_are_noticed(folder: Path) -> None:
    files = MarkdownAgentFiles(folder)
    assert files.user() == []
    (folder / "a.md").write_text(PROMPT, encoding="utf-8")
    assert only(files.user()).name == "a"
    (folder / "a.md").unlink()
    assert files.user() == []


@posix_only
def test_a_link_that_leads_elsewhere_now_is_read_again(folder: Path) -> None:
    for name in ("one.txt", "two.txt"):
        (folder / name).write_text(f"---\n---\n{name}", encoding="utf-8")
        os.utime(folder / name, ns=(1_000, 1_000))
    (folder / "a.md").symlink_to("one.txt")
    files = MarkdownAgentFiles(folder)
    before = files.user()
    (folder / "a.md").unlink()
    (folder / "a.md").symlink_to("two.txt")
    assert [getattr(only(found), "prompt", "") for found in (before, files.user())] == ["one.txt", "two.txt"]


def test_only_the_repositories_used_last_are_remembered(tmp_path: Path) -> None:
    roots = [tmp_path / str(number) for number in range(MAX_FOLDERS + 1)]
    for root in roots:
        (root / ".threadkeep" / "agents").mkdir(parents=True)
        (root / ".threadkeep" / "agents" / "a.md").write_text(PROMPT, encoding="utf-8")
    files = MarkdownAgentFiles(tmp_path / "none")
    first, *others = [only(files.repository(str(root))) for root in roots]
    assert only(files.repository(str(roots[-1]))) is others[-1]
    again = only(files.repository(str(roots[0])))
    assert again == first
    assert again is not first
