"""Sources of an import: a file, a folder that holds several things, or the text itself."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest

from tests.support.histories import claude, conversation, item, node, rollout, written
from tests.support.transcripts import REPOSITORY, a_conversation
from tests.support.transfer import transfer_tools
from tests.support.world import World
from threadkeep.adapters.histories import files
from threadkeep.adapters.plugins import exporters
from threadkeep.adapters.user_files import LocalUserFiles
from threadkeep.domain.errors import ImportInvalid, InvalidValue
from threadkeep.domain.foreign import from_foreign
from threadkeep.domain.transfer import ForeignSession, Transcript
from threadkeep.usecases.progress import Cancelled, Progress
from threadkeep.usecases.transfer.import_folders import NAMED
from threadkeep.usecases.transfer.import_sources import Source, Sources
from threadkeep.usecases.transfer.importing import Imported, Wish
from threadkeep.values import evolve

MARKDOWN = "# Tea\n\n## User\n\nGreen?\n\n## Assistant\n\nYes.\n"
CLAUDE = [claude("u", None, "user", "Hi"), claude("a", "u", "assistant", [{"type": "text", "text": "Ho"}])]
CODEX = [
    rollout("session_meta", {"id": "x", "timestamp": "2025-01-01T00:00:00Z"}),
    item("message", role="user", content=[{"type": "input_text", "text": "Hi"}]),
]
CHATGPT = [conversation(node("u", None, "user", ["Hi"]), current="u")]
OPENCODE = {
    "info": {"id": "ses_1", "directory": "/a", "time": {"created": 1_700_000_000_000}},
    "messages": [{"info": {"id": "m", "role": "user"}, "parts": [{"type": "text", "text": "Hi"}]}],
}


def exported(format_: str, *given: Transcript, is_single: bool = False) -> bytes:
    return b"".join(exporters()[format_].pieces(given, is_single=is_single))


async def take(world: World, source: Source, **wish: Any) -> Imported:
    """Imports with the real files."""
    tools = transfer_tools(world.executor)
    tools = evolve(tools, files=LocalUserFiles(forbidden=lambda: Path("/nowhere")))
    importing = evolve(world.importing, sources=Sources(tools=tools))
    return await importing.run(source, Wish(**wish), progress=Progress())


def told(imported: Imported) -> list[tuple[str | None, str]]:
    return [(problem.file, problem.message) for problem in imported.problems]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One of everything."""
    (tmp_path / "below").mkdir()
    written(tmp_path / "below" / "claude.jsonl", CLAUDE)
    written(tmp_path / "below" / "rollout-1.jsonl", CODEX)
    (tmp_path / "conversations.json").write_text(json.dumps(CHATGPT))
    (tmp_path / "opencode.json").write_text(json.dumps(OPENCODE))
    (tmp_path / "a.md").write_text(MARKDOWN)
    (tmp_path / "backup.json").write_bytes(exported("json", a_conversation("One", session_id="s1")))
    (tmp_path / "z.jsonl").write_bytes(exported("jsonl", a_conversation("Two", session_id="s2")))
    return tmp_path


@pytest.mark.parametrize("slash", ["", "below"])
async def test_a_folder_gives_every_format_that_is_in_it(folder: Path, slash: str) -> None:
    world = World()
    imported = await take(world, Source(path=str(folder / slash)))
    assert imported.problems == []
    if slash:
        assert (imported.source, imported.imported) == ("claude-code, codex", 2)
        return
    assert imported.source == "threadkeep, claude-code, codex, opencode, chatgpt, markdown"
    assert imported.imported == 7
    assert imported.session_ids[:2] == ["s1", "s2"]
    again = await take(world, Source(path=str(folder)))
    assert (again.imported, again.skipped) == (0, 7)


async def test_only_our_exports_are_taken_from_a_folder_if_that_is_wanted(folder: Path) -> None:
    imported = await take(World(), Source(path=str(folder), from_="threadkeep"))
    assert (imported.source, imported.session_ids) == ("threadkeep", ["s1", "s2"])
    ((file, message),) = told(imported)
    assert file is None
    assert message.startswith("5 files hold no sessions that can be read: ")


async def test_files_that_nobody_can_read_are_told_at_once(folder: Path) -> None:
    for number in range(NAMED + 4):
        (folder / f"picture-{number}.png").write_bytes(b"\x89PNG")
    imported = await take(World(), Source(path=str(folder)))
    assert imported.imported == 7
    ((file, message),) = told(imported)
    assert file is None
    assert message.startswith("14 files hold no sessions that can be read: picture-0.png, picture-1.png, ")
    assert message.endswith("picture-9.png, and 4 more.")


async def test_a_problem_in_a_folder_names_its_file_there(folder: Path) -> None:
    with (folder / "below" / "claude.jsonl").open("a") as file:
        file.write("{\n")
    with (folder / "z.jsonl").open("a") as file:
        file.write("[]\n")
    (folder / "newer.json").write_text('{"format":"threadkeep","version":9,"sessions":[]}')
    imported = await take(World(), Source(path=str(folder)))
    assert imported.imported == 7
    assert [(problem.file, problem.line) for problem in imported.problems] == [
        ("newer.json", None),
        ("z.jsonl", 4),
        (str(Path("below") / "claude.jsonl"), 3),
    ]
    assert "newer Threadkeep" in imported.problems[0].message


async def test_the_whole_session_is_taken_where_a_readable_copy_lies_beside_it(tmp_path: Path) -> None:
    full = a_conversation("Why?", "Because.", tags=("kept",))
    (tmp_path / "a.md").write_bytes(exported("markdown", full, is_single=True))
    (tmp_path / "b.json").write_bytes(exported("json", full))
    world = World()
    imported = await take(world, Source(path=str(tmp_path)))
    assert (imported.imported, world.session("s1").tags) == (1, ("kept",))
    assert told(imported) == [
        (None, "The session 's1' is not imported: it is in the source twice, and the first one counts.")
    ]


async def test_a_folder_in_which_nobody_finds_anything_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    for from_, words in (("auto", "nothing that can be imported"), ("threadkeep", "no export of Threadkeep")):
        with pytest.raises(ImportInvalid, match=words):
            await take(World(), Source(path=str(tmp_path), from_=from_))
    with pytest.raises(ImportInvalid, match="folder"):
        await take(World(), Source(path=str(tmp_path), format="json"))


async def test_a_compressed_history_is_told_with_what_to_do(folder: Path) -> None:
    (folder / "rollout-2.jsonl.zst").write_bytes(b"\x28\xb5\x2f\xfd and more")
    ((file, message),) = told(await take(World(), Source(path=str(folder))))
    assert (file, "zstd -d" in message) == ("rollout-2.jsonl.zst", True)


async def test_what_git_keeps_is_not_looked_through(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main")
    imported = await take(World(), Source(path=str(folder)))
    assert (imported.imported, imported.problems) == (7, [])


async def test_what_others_of_the_folder_tell_whose_it_is_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(MARKDOWN)
    (tmp_path / "b.md").write_text("# B\n\n## User\n\nOnly a question\n")
    (tmp_path / "notes.md").write_text("# Notes\n\nNobody speaks.\n")
    (tmp_path / "rows.jsonl").write_text("{}\n")
    imported = await take(World(), Source(path=str(tmp_path)))
    assert (imported.source, imported.imported) == ("markdown", 2)
    assert told(imported) == [(None, "2 files hold no sessions that can be read: rows.jsonl, notes.md.")]


async def test_a_file_that_begins_with_much_else_is_read_beside_others(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl", CLAUDE)
    late = [{**record, "uuid": f"{record['uuid']}2", "sessionId": "late"} for record in CLAUDE]
    written(tmp_path / "late.jsonl", [{"type": "progress", "data": "x" * 1_500_000}, *late])
    imported = await take(World(), Source(path=str(tmp_path)))
    assert (imported.source, imported.imported, imported.problems) == ("claude-code", 2, [])


async def test_what_is_wrong_with_a_file_that_holds_a_session_is_told_though_nobody_knew_it(
    tmp_path: Path,
) -> None:
    written(tmp_path / "a.jsonl", CLAUDE)
    late = [{**record, "sessionId": "late"} for record in CLAUDE]
    written(tmp_path / "late.jsonl", ["{", {"type": "progress", "data": "x" * 1_500_000}, *late, "["])
    imported = await take(World(), Source(path=str(tmp_path)))
    assert imported.imported == 2
    assert [(problem.file, problem.line) for problem in imported.problems] == [
        ("late.jsonl", 1),
        ("late.jsonl", 5),
    ]


async def test_files_of_others_do_not_hide_the_histories_behind_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_FILES", 3)
    (tmp_path / "node_modules").mkdir()
    for number in range(5):
        (tmp_path / f"a{number}.ts").touch()
        (tmp_path / "node_modules" / f"a{number}.md").touch()
    (tmp_path / "backup").write_bytes(exported("json", a_conversation("One")))
    (tmp_path / "z.md").write_text(MARKDOWN)
    imported = await take(World(), Source(path=str(tmp_path)))
    assert (imported.source, imported.imported) == ("threadkeep, markdown", 2)
    assert [message.partition(":")[0] for _, message in told(imported)] == [
        "5 files hold no sessions that can be read"
    ]


@pytest.mark.parametrize(
    ("name", "from_", "words"),
    [
        ("backup.json", "codex", "looks like threadkeep, not like codex"),
        ("a.md", "chatgpt", "looks like markdown, not like chatgpt"),
        ("a.md", "threadkeep", "no export of Threadkeep"),
        ("picture.png", "auto", "nothing that can be imported"),
        ("empty.json", "auto", "There is nothing in"),
    ],
)
async def test_a_file_that_is_another_ones_is_refused_with_what_it_is(
    folder: Path, name: str, from_: str, words: str
) -> None:
    (folder / "empty.json").touch()
    (folder / "picture.png").write_bytes(b"\x89PNG")
    with pytest.raises(ImportInvalid, match=words):
        await take(World(), Source(path=str(folder / name), from_=from_))


async def test_whoever_says_whose_it_is_may_know_better(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("## User\n\nOnly a question\n")
    imported = await take(World(), Source(path=str(tmp_path / "notes.md"), from_="markdown"))
    assert (imported.source, imported.imported) == ("markdown", 1)


async def test_looking_through_a_folder_can_be_cancelled(folder: Path) -> None:
    tools = transfer_tools(World().executor)
    sources = Sources(tools=evolve(tools, files=LocalUserFiles(forbidden=lambda: Path("/nowhere"))))
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled), sources.open(Source(path=str(folder)), progress):
        pass


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (MARKDOWN, "markdown"),
        ("\n".join(map(json.dumps, CLAUDE)), "claude-code"),
        ("\n".join(map(json.dumps, CODEX)), "codex"),
        (json.dumps(CHATGPT), "chatgpt"),
        (json.dumps(OPENCODE), "opencode"),
    ],
)
async def test_the_text_of_another_tools_history_is_read_and_found_again(content: str, name: str) -> None:
    world = World()
    imported = await take(world, Source(content=content))
    assert (imported.source, imported.imported, imported.problems) == (name, 1, [])
    again = await take(world, Source(content=content, from_=name))
    assert (again.source, again.skipped) == (name, 1)


async def test_a_problem_of_a_text_names_no_file() -> None:
    content = "\n".join([*map(json.dumps, CLAUDE), "{"])
    imported = await take(World(), Source(content=content))
    assert [(problem.file, problem.line) for problem in imported.problems] == [(None, 3)]


@pytest.mark.parametrize("from_", ["auto", "threadkeep"])
async def test_a_text_that_nobody_can_read_is_refused(from_: str) -> None:
    with pytest.raises(ImportInvalid):
        await take(World(), Source(content="hello", from_=from_))


async def test_a_history_that_is_no_text_cannot_be_given_as_text() -> None:
    with pytest.raises(InvalidValue, match="no text"):
        await take(World(), Source(content="x", from_="llm"))


async def test_our_own_markdown_finds_its_session_again() -> None:
    world, talk = World(), a_conversation("Why?", "Because.")
    await take(world, Source(content=exported("jsonl", talk).decode()))
    for is_single in (True, False):
        source = Source(content=exported("markdown", talk, is_single=is_single).decode())
        assert (await take(world, source)).skipped == 1
        assert (await take(world, source, mode="newer")).skipped == 1
        copied = await take(world, source, mode="duplicate")
        assert copied.session_ids not in ([], ["s1"])
    replaced = await take(world, source, mode="replace")
    assert replaced.session_ids == ["s1"]
    assert [message.content for message in world.messages("s1")] == ["Why?", "Because."]
    elsewhere = await take(World(), source)
    assert elsewhere.session_ids == ["s1"]


async def test_our_markdown_that_an_earlier_version_took_for_anothers_comes_in_beside_it() -> None:
    world = World()
    source = Source(content=exported("markdown", a_conversation("Why?", "Because."), is_single=True).decode())
    own = uuid5(UUID("5f0a0d0c-8f0e-5c65-9b0e-6f1f5a3d7c11"), "markdown\ns1")  # as it was made then
    tools = transfer_tools(world.executor)
    with Sources(tools=tools).open(source, Progress()) as opened:
        (foreign,) = opened.items
    assert isinstance(foreign, ForeignSession)
    then = from_foreign(evolve(foreign, own_id=None), REPOSITORY)
    assert then.session.id == str(own)
    await take(world, Source(content=exported("jsonl", then).decode()))
    imported = await take(world, source)
    assert (imported.session_ids, imported.problems) == (["s1"], [])
