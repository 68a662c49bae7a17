"""The command line and the client with the real server: what was said is there again after a restart."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.model_plan import Plan
from tests.support.model_server import ModelServer
from threadkeep.client import Client, RequestFailed
from threadkeep.protocol.types.chat import ContinueParams, SendParams
from threadkeep.protocol.types.lifecycle import (
    CreateSessionParams,
    PauseSessionParams,
    ResumeSessionParams,
    UpdateSessionParams,
)
from threadkeep.protocol.types.lists import SessionHistoryParams
from threadkeep.protocol.types.parts import TextPart

pytestmark = pytest.mark.slow

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without settings and keys."""
    for name in [name for name in os.environ if name.endswith("_API_KEY") or name.startswith("THREADKEEP_")]:
        monkeypatch.delenv(name)
    for name in (
        "HOME",
        "USERPROFILE",
        "APPDATA",
        "LOCALAPPDATA",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
    ):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder without git."""
    made = tmp_path / "garden"
    made.mkdir()
    return made


@pytest.fixture
def threadkeep(home: Path, folder: Path) -> Run:
    def run(*arguments: str, code: int = 0, is_named: bool = True) -> "subprocess.CompletedProcess[str]":
        store = ["--store", str(home / "store")] if is_named else []
        done = subprocess.run(
            [sys.executable, "-P", "-m", "threadkeep", *arguments, *store],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            cwd=folder,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done

    return run


def test_what_was_said_is_listed_and_shown(threadkeep: Run) -> None:
    answer = threadkeep("chat", "How", "do", "roses", "grow?").stdout
    listed = json.loads(threadkeep("sessions", "list", "--json").stdout)["sessions"]
    shown = threadkeep("sessions", "show", listed[0]["id"]).stdout
    info = json.loads(threadkeep("store", "info", "--json").stdout)

    assert answer.strip()
    assert [(session["repository"]["name"], session["task"]) for session in listed] == [("garden", "default")]
    assert "How do roses grow?" in shown
    assert answer.strip().splitlines()[0] in shown
    assert (info["sessions"], info["messages"]) == (1, 2)


def test_a_task_has_a_session_of_its_own(threadkeep: Run) -> None:
    threadkeep("chat", "--task", "one", "hello")
    threadkeep("chat", "--task", "two", "hello")
    threadkeep("chat", "--task", "two", "hello again")
    listed = json.loads(threadkeep("sessions", "list", "--json", "--repo", ".").stdout)["sessions"]

    assert [(session["task"], session["messageCount"]) for session in listed] == [("two", 4), ("one", 2)]


def test_the_lists_work_on_an_empty_store(threadkeep: Run) -> None:
    assert "offline:offline" in threadkeep("models", is_named=False).stdout
    assert "defaultModel" in threadkeep("settings", is_named=False).stdout
    assert threadkeep("sessions", "list", is_named=False).stderr == "No sessions match.\n"


def test_a_mistyped_store_is_told_and_not_made(threadkeep: Run, home: Path) -> None:
    asking = (
        ("sessions", "list"),
        ("store", "info"),
        ("report", "--output", "-"),
        ("models",),
        ("settings",),
    )
    for command in asking:
        told = threadkeep(*command, code=1).stderr
        assert told.startswith(f"threadkeep: there is no store in {home / 'store'}: look at --store")
        assert told.count("\n") == 1
    assert list(home.iterdir()) == []


def test_a_damaged_store_is_told_once(threadkeep: Run, home: Path) -> None:
    (home / "store").mkdir()
    (home / "store" / "threadkeep.db").write_bytes(b"no database " * 1000)
    for command in (("sessions", "list"), ("chat", "hello")):
        assert threadkeep(*command, code=1).stderr.count("is not a database") == 1
    doctor = threadkeep("store", "doctor", code=1)
    assert (doctor.stdout + doctor.stderr).count("is not a database") == 1


def test_many_are_changed_and_what_is_put_away_comes_back(threadkeep: Run, folder: Path) -> None:
    for task in ("one", "two"):
        threadkeep("chat", "--task", task, "hello")
    first, second = json.loads(threadkeep("sessions", "list", "--json").stdout)["sessions"]
    assert (
        "Changed: 2 sessions"
        in threadkeep("sessions", "bulk", "--all", "--add-tag", "a", "--archive", "--yes").stdout
    )
    assert "Nothing to change" in threadkeep("sessions", "bulk", "--all", "--archive", "--yes").stdout
    assert (
        "Changed: 1 session" in threadkeep("sessions", "bulk", "--task", "one", "--unarchive", "--yes").stdout
    )
    tasks = json.loads(threadkeep("sessions", "tasks", "--json").stdout)["tasks"]
    counts = {each["task"]: (each["sessionCount"], each["archivedCount"]) for each in tasks}
    (repository,) = json.loads(threadkeep("sessions", "repositories", "--json").stdout)["repositories"]
    assert (counts["one"], counts["two"]) == ((1, 0), (0, 1))
    assert repository["repository"]["name"] == folder.name
    both = threadkeep("sessions", "show", first["id"][:4], code=1).stderr
    assert first["id"] in both
    assert second["id"] in both


def test_a_session_gets_words_links_and_marks(threadkeep: Run) -> None:
    threadkeep("chat", "How do roses grow?")
    (session,) = json.loads(threadkeep("sessions", "list", "--json").stdout)["sessions"]
    beginning = session["id"][:8]
    threadkeep("sessions", "title", beginning, "My", "roses\u202e")
    threadkeep("sessions", "note", beginning, "see\x1b[2J it")
    threadkeep("sessions", "link", beginning, "--add", "issue:P-1")
    shown = json.loads(threadkeep("sessions", "show", beginning, "--json").stdout)
    number = str(shown["messages"][0]["seq"])
    threadkeep("sessions", "mark", beginning, number, "--favourite")
    told = threadkeep("sessions", "show", beginning).stdout

    assert shown["session"]["note"] == "see\x1b[2J it"
    assert not {"\x1b", "\u202e"} & set(told)
    assert "issue:P-1" in told
    assert f"favourite · #{number}" in told
    assert session["id"] in threadkeep("sessions", "list", "--link", "issue:P-1").stdout
    assert "How do roses" in threadkeep("sessions", "export", beginning, "--format", "text").stdout


def test_an_unknown_session_is_one_line(threadkeep: Run) -> None:
    done = threadkeep("sessions", "show", "none", code=1)

    assert done.stderr.startswith("threadkeep: ")
    assert done.stderr.count("\n") == 1


async def test_a_restart_gives_the_same_session_back(home: Path, folder: Path) -> None:
    async with Client.start(store=home / "store", workspace=folder) as client:
        first = (await client.open_session()).session
        assert first is not None
        async with client.turn(first.id, "How do roses grow?") as turn:
            text = "".join([delta.text async for delta in turn if delta.kind == "text"])

    async with Client.start(store=home / "store", workspace=folder) as client:
        again = await client.open_session()

    assert again.session is not None
    assert again.session.id == first.id
    assert [message.content for message in again.messages] == ["How do roses grow?", text]
    assert again.messages[-1].parts == (TextPart(text=text),)
    assert again.interrupted_turn is None


async def test_states_and_refusals_come_through(home: Path, folder: Path) -> None:
    async with Client.start(store=home / "store", workspace=folder) as client:
        session = (await client.request(CreateSessionParams(title="Roses", tags=("b", "a")))).session
        paused = (await client.request(PauseSessionParams(session_id=session.id, reason="lunch"))).session
        with pytest.raises(RequestFailed) as refused:
            await client.request(SendParams(session_id=session.id, text="hello"))
        resumed = (await client.request(ResumeSessionParams(session_id=session.id))).session
        renamed = (await client.request(UpdateSessionParams(session_id=session.id, title="Tulips"))).session
        history = await client.request(SessionHistoryParams(session_id=session.id))

    assert (session.tags, paused.status, resumed.status) == (("a", "b"), "paused", "active")
    assert (refused.value.kind, renamed.title, renamed.title_source) == ("sessionPaused", "Tulips", "user")
    assert [message.event.kind for message in history.messages if message.event] == ["paused", "resumed"]


async def test_a_cancelled_answer_keeps_what_came_and_is_continued(home: Path, folder: Path) -> None:
    async with ModelServer(Plan(texts=("Roses ", "grow ", "slowly."), stall_after=2)) as models:
        settings = {
            "defaultModel": "here:rose",
            "providers": {"here": {"kind": "openai", "baseUrl": models.base_url, "apiKey": "k"}},
        }
        async with Client.start(store=home / "store", workspace=folder, settings=settings) as client:
            session = (await client.request(CreateSessionParams())).session
            async with client.turn(session.id, "How do roses grow?") as turn:
                came = ""
                while came != "Roses grow ":
                    came += (await anext(turn)).text
                await turn.cancel()
                cancelled = await turn.finish()
            models.plan = Plan(texts=("slowly.",))
            async with client.follow(ContinueParams(session_id=session.id)) as continued:
                first = await anext(continued)
                completed = await continued.finish()

    assert (cancelled.turn.status, cancelled.message.content) == ("cancelled", "Roses grow ")
    assert (first.offset, completed.message.id) == (len("Roses grow "), cancelled.message.id)
    assert (completed.turn.status, completed.message.content) == ("completed", "Roses grow slowly.")


def test_a_session_is_labelled_thrown_away_brought_back_and_erased(threadkeep: Run) -> None:
    threadkeep("chat", "How", "do", "roses", "grow?")
    (session,) = json.loads(threadkeep("sessions", "list", "--json").stdout)["sessions"]
    threadkeep("sessions", "tag", session["id"], "--add", "garden", "--add", "x", "--favourite")
    threadkeep("sessions", "tag", session["id"], "--remove", "x")
    (tagged,) = json.loads(threadkeep("sessions", "list", "--json").stdout)["sessions"]
    assert (tagged["tags"], tagged["isFavourite"]) == (["garden"], True)
    assert "not in the trash" in threadkeep("sessions", "purge", session["id"], "--yes", code=1).stderr
    assert "is in the trash" in threadkeep("sessions", "delete", session["id"]).stdout
    assert json.loads(threadkeep("sessions", "list", "--json").stdout)["sessions"] == []
    assert "is back" in threadkeep("sessions", "restore", session["id"]).stdout
    assert "was not in the trash" in threadkeep("sessions", "restore", session["id"]).stdout
    threadkeep("sessions", "delete", session["id"])
    assert "say --yes" in threadkeep("sessions", "purge", session["id"], code=1).stderr
    assert "is erased" in threadkeep("sessions", "purge", session["id"], "--yes").stderr
    assert "There is no session" in threadkeep("sessions", "show", session["id"], code=1).stderr


def test_a_clean_up_is_only_told_until_it_is_applied(threadkeep: Run) -> None:
    threadkeep("chat", "How", "do", "roses", "grow?")
    told = threadkeep("store", "cleanup", "--older-than", "1h").stdout
    assert "Would go into the trash: 0 sessions" in told
    assert "hours or days" in threadkeep("store", "cleanup", "--older-than", "soon", code=1).stderr


def test_settings_that_cannot_be_read_are_told_where_they_matter(threadkeep: Run, home: Path) -> None:
    told = home.parent / "home" / "threadkeep"
    told.mkdir(exist_ok=True)
    (told / "settings.toml").write_text('defaultModel = "ollama:qwen3\n')
    once = threadkeep("chat", "What is here?")
    assert "threadkeep: settings: " in once.stderr
    assert "settings.toml: Illegal character" in once.stderr
    assert "no model was asked" in once.stdout
    assert "problem: " in threadkeep("models").stderr
    assert "problem: " in threadkeep("settings").stderr
