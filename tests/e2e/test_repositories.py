"""Repositories that move, over the real server and with the real `git`."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Start
from tests.support.git import Git
from tests.support.product import Editor, clean_environment, plan
from tests.support.wire import Json, python

pytestmark = pytest.mark.slow

ORIGIN, FORK = "https://example.com/harbour/app.git", "git@example.com:ada/app.git"


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(tmp_path)


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """Where the repositories are."""
    folder = tmp_path / "code"
    folder.mkdir()
    return folder


@pytest.fixture
def editor(start: Start) -> Iterator[Editor]:
    """An editor without any folder: the tests name them."""
    editor = start()
    editor.begin()
    yield editor
    assert editor.shut_down() == 0


def seen(editor: Editor, folder: Path, **key: str) -> str:
    """The repository of what `session/open` gives for a folder."""
    return str(editor.open(repository=folder.as_uri(), **key)["session"]["repository"]["id"])


def resolve(editor: Editor, folder: Path) -> Json:
    return dict(editor.result("repository/resolve", {"uri": folder.as_uri()}))


def candidates(found: Json) -> list[tuple[str, str]]:
    return [(each["repository"]["id"], each["matchedBy"]) for each in found["candidates"]]


def relocate(editor: Editor, repository: str, folder: Path, **more: Any) -> Json:
    params = {"repository": repository, "uri": folder.as_uri(), **more}
    return dict(editor.result("repository/relocate", params))


def listed(editor: Editor, **params: Any) -> dict[str, Json]:
    found = editor.result("repository/list", params)["repositories"]
    return {entry["repository"]["id"]: entry for entry in found}


def present(repository: Json) -> list[tuple[str, bool]]:
    return [(root["uri"].rpartition("/")[2], root["present"]) for root in repository["roots"]]


@pytest.mark.parametrize("place", ["renamed", "elsewhere/app"])
def test_a_moved_folder_with_an_origin_keeps_its_sessions(
    editor: Editor, git: Git, code: Path, place: str
) -> None:
    app = git.repository(code / "app", origin=ORIGIN)
    before = editor.open(repository=app.as_uri())["session"]
    editor.say(before["id"], plan(texts=["Yes"]))
    (code / place).parent.mkdir(exist_ok=True)
    app.rename(code / place)
    after = editor.open(repository=(code / place).as_uri())
    assert (after["session"]["id"], after["created"]) == (before["id"], False)
    assert [message["role"] for message in after["messages"]] == ["user", "assistant"]
    assert present(after["session"]["repository"]) == [(Path(place).name, True), ("app", False)]


@pytest.mark.parametrize("place", ["renamed", "elsewhere/app"])
def test_a_moved_folder_without_an_origin_is_hinted_at_and_relocated(
    editor: Editor, git: Git, code: Path, place: str
) -> None:
    app = git.repository(code / "app")
    first = git("rev-parse", "HEAD", at=app)
    session = editor.open(repository=app.as_uri())["session"]
    assert resolve(editor, app)["matchedBy"] == "commonDir"
    (code / place).parent.mkdir(exist_ok=True)
    moved = app.rename(code / place)
    assert listed(editor, isOrphan=True).keys() == {session["repository"]["id"]}
    assert resolve(editor, app)["matchedBy"] == "lastSeen"

    found = resolve(editor, moved)
    assert ("repository" in found, found["candidates"]) == (False, [])
    assert found["hint"]["firstCommit"] == first
    (alike,) = found["hint"]["repositories"]
    assert alike["id"] == session["repository"]["id"]

    relocate(editor, alike["id"], moved)
    assert editor.open(repository=moved.as_uri())["session"]["id"] == session["id"]
    assert listed(editor, isOrphan=True) == {}


def test_an_empty_session_that_the_moved_folder_got_meanwhile_is_merged_when_asked(
    start: Start, git: Git, code: Path
) -> None:
    app = git.repository(code / "app")
    editor = start()
    editor.begin(app)
    old = editor.open()["session"]
    editor.say(old["id"], plan(texts=["Yes"]))
    assert editor.shut_down() == 0
    moved = app.rename(code / "moved")

    editor = start()
    editor.begin(moved)
    new = editor.open()["session"]
    assert new["id"] != old["id"]
    params = {"repository": old["repository"]["id"], "uri": moved.as_uri()}
    error = editor.error("repository/relocate", params)
    assert (error["code"], error["data"]["kind"]) == (1030, "repositoryAmbiguous")
    assert [(each["id"], each["sessionCount"]) for each in error["data"]["candidates"]] == [
        (old["repository"]["id"], 1),
        (new["repository"]["id"], 1),
    ]
    once = {"merge": True, "idempotencyKey": "k"}
    relocated = relocate(editor, old["repository"]["id"], moved, **once)
    assert (relocated["movedSessions"], relocated["merged"]) == (1, [new["repository"]["id"]])
    assert relocate(editor, old["repository"]["id"], moved, **once) == relocated
    told = editor.notification("session/changed")["session"]
    while told["id"] != new["id"] or told["repository"]["id"] == new["repository"]["id"]:
        told = editor.notification("session/changed")["session"]
    assert told["repository"]["id"] == old["repository"]["id"]
    assert editor.open()["session"]["id"] == old["id"]
    assert (
        editor.result("session/get", {"sessionId": new["id"]})["session"]["repository"]["id"]
        == (old["repository"]["id"])
    )
    assert editor.open(repository=new["repository"]["id"])["session"]["id"] == old["id"]


def test_a_worktree_is_its_repository_whichever_is_opened_first(editor: Editor, git: Git, code: Path) -> None:
    app = git.repository(code / "app")
    git("worktree", "add", "-q", "-b", "before", code / "before", at=app)
    known = seen(editor, code / "before")
    assert seen(editor, app) == known
    git("worktree", "add", "-q", "-b", "after", code / "after", at=app)
    opened = editor.open(repository=(code / "after").as_uri())["session"]
    assert (opened["repository"]["id"], opened["task"]) == (known, "after")
    tasks = editor.result("task/list", {"repository": known})["tasks"]
    assert {task["task"]: task["isCheckedOut"] for task in tasks} == dict.fromkeys(
        ("main", "before", "after"), True
    )

    git("worktree", "remove", code / "before", at=app)
    assert seen(editor, code / "before", task="before") == known
    tasks = editor.result("task/list", {"repository": known})["tasks"]
    assert {task["task"] for task in tasks if not task["isCheckedOut"]} == {"before"}
    (entry,) = listed(editor).values()
    assert (entry["isOrphan"], entry["sessionCount"]) == (False, 3)
    assert dict(present(entry["repository"])) == {"after": True, "app": True, "before": False}


def test_a_second_clone_is_the_same_repository_over_ssh_or_https(
    editor: Editor, git: Git, code: Path
) -> None:
    one = git.repository(code / "one", origin="https://ada:secret@example.com/harbour/app.git")
    two = git.repository(code / "two", origin="ssh://git@example.com:22/harbour/app")
    assert seen(editor, one) == seen(editor, two)
    found = resolve(editor, two)
    assert (found["checkout"]["origin"], found["ambiguous"]) == ("https://example.com/harbour/app", False)
    assert "secret" not in json.dumps(found)


def test_a_submodule_is_its_own_repository(editor: Editor, git: Git, code: Path) -> None:
    library, app = git.repository(code / "library", first="library"), git.repository(code / "app")
    git("submodule", "add", "-q", library, "deps/library", at=app)
    git("commit", "-q", "-m", "library", at=app)
    assert seen(editor, app) != seen(editor, app / "deps/library")
    assert seen(editor, app / "deps") == seen(editor, app)
    assert resolve(editor, app / "deps/library")["checkout"]["root"].endswith("/deps/library")
    assert resolve(editor, app / "deps/library")["matchedBy"] == "commonDir"


def test_a_folder_that_becomes_a_git_repository_keeps_its_sessions(
    editor: Editor, git: Git, code: Path
) -> None:
    app = code / "app"
    app.mkdir()
    before = editor.open(repository=app.as_uri())["session"]
    assert (before["task"], resolve(editor, app)["matchedBy"]) == ("default", "path")
    git.repository(app, origin=ORIGIN)
    after = editor.open(repository=app.as_uri(), task="default")["session"]
    assert after["id"] == before["id"]
    assert after["repository"]["remote"] == "https://example.com/harbour/app"
    assert seen(editor, app) == before["repository"]["id"]
    moved = app.rename(code / "moved")
    assert seen(editor, moved) == before["repository"]["id"]


def test_a_clone_whose_origin_changes_keeps_its_sessions(editor: Editor, git: Git, code: Path) -> None:
    app = git.repository(code / "app", origin=ORIGIN)
    before = editor.open(repository=app.as_uri())["session"]
    git("remote", "set-url", "origin", FORK, at=app)
    after = editor.open(repository=app.as_uri())["session"]
    assert after["id"] == before["id"]
    assert after["repository"]["remote"] == "https://example.com/ada/app"
    assert resolve(editor, app)["ambiguous"] is False


def test_a_fork_is_another_repository_and_both_hint_at_each_other(
    editor: Editor, git: Git, code: Path
) -> None:
    app = git.repository(code / "app", origin=ORIGIN)
    fork = git.repository(code / "fork", origin=FORK)
    assert git("rev-parse", "HEAD", at=app) == git("rev-parse", "HEAD", at=fork)
    one = seen(editor, app)

    def hinted() -> list[str]:
        return [each["id"] for each in resolve(editor, fork).get("hint", {}).get("repositories", ())]

    # How the first one began is learned beside everything else, without being asked for.
    deadline = time.monotonic() + 10
    while not hinted() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert hinted() == [one]
    other = seen(editor, fork)
    assert other != one
    assert resolve(editor, fork)["ambiguous"] is False
    assert [each["id"] for each in resolve(editor, app)["hint"]["repositories"]] == [other]


def test_of_several_folders_the_first_decides_and_each_is_its_own(start: Start, git: Git, code: Path) -> None:
    app, library = git.repository(code / "app"), git.repository(code / "library", first="library")
    notes = code / "notes"
    notes.mkdir()
    editor = start()
    editor.begin(app, library, notes)
    assert editor.open()["session"]["repository"]["name"] == "app"
    assert len({seen(editor, folder) for folder in (app, library, notes)}) == 3
    assert editor.result("repository/resolve")["repository"]["name"] == "app"
    assert editor.result("task/list")["repository"]["name"] == "app"


@pytest.mark.parametrize("origin", [None, FORK])
def test_another_repository_in_the_same_place_inherits_nothing(
    editor: Editor, git: Git, code: Path, origin: str | None
) -> None:
    app = git.repository(code / "app", origin=ORIGIN)
    old = seen(editor, app)
    assert resolve(editor, app)["repository"]["id"] == old
    shutil.rmtree(app)
    git.repository(app, origin=origin, first="something else")

    found = resolve(editor, app)
    assert ("repository" in found, candidates(found)) == (False, [(old, "replaced")])
    new = editor.open(repository=app.as_uri())
    assert (new["created"], new["session"]["repository"]["id"] != old) == (True, True)
    found = resolve(editor, app)
    assert candidates(found) == [(found["repository"]["id"], "commonDir"), (old, "replaced")]
    assert found["ambiguous"] is False
    assert listed(editor, isOrphan=True).keys() == {old}
    again = git.repository(code / "again", origin=ORIGIN)
    assert seen(editor, again) == old


def test_a_rewritten_history_is_given_back_by_a_person(editor: Editor, git: Git, code: Path) -> None:
    app = git.repository(code / "app")
    old = editor.open(repository=app.as_uri())["session"]
    resolve(editor, app)
    git("checkout", "-q", "--orphan", "rewritten", at=app)
    git.commit(app, "rewritten")
    git("branch", "-q", "-M", "rewritten", "main", at=app)
    assert seen(editor, app) == old["repository"]["id"]  # the old commits are still there
    git("reflog", "expire", "--expire=now", "--all", at=app)
    git("gc", "-q", "--prune=now", at=app)
    assert seen(editor, app) != old["repository"]["id"]
    relocate(editor, old["repository"]["id"], app, merge=True)
    assert editor.open(repository=app.as_uri())["session"]["id"] == old["id"]


def test_a_folder_that_leads_to_two_repositories_is_reported_and_nothing_is_merged(
    editor: Editor, git: Git, code: Path
) -> None:
    app = git.repository(code / "app", origin=ORIGIN)
    fork = git.repository(code / "fork", origin=FORK)
    one, other = seen(editor, app), seen(editor, fork)
    git("remote", "set-url", "origin", FORK, at=app)
    found = resolve(editor, app)
    assert (found["ambiguous"], candidates(found)) == (True, [(one, "commonDir"), (other, "origin")])
    assert (seen(editor, app), seen(editor, fork)) == (one, other)
    merged = relocate(editor, one, app, merge=True)
    assert (merged["merged"], merged["movedSessions"]) == ([other], 1)
    assert (seen(editor, app), seen(editor, fork)) == (one, one)
    assert resolve(editor, app)["ambiguous"] is False


def test_another_window_goes_on_with_what_this_one_relocated(start: Start, git: Git, code: Path) -> None:
    app = git.repository(code / "app")
    here, there = start(), start()
    here.begin(app)
    there.begin()
    old = here.open()["session"]
    moved = app.rename(code / "moved")
    new = there.open(repository=moved.as_uri())["session"]
    relocate(here, old["repository"]["id"], moved, merge=True)
    assert there.open(repository=moved.as_uri())["session"]["id"] == old["id"]
    assert there.open(repository=new["repository"]["id"])["session"]["id"] == old["id"]
    assert there.say(new["id"], plan(texts=["Still"]))["message"]["content"] == "Still"
    session = here.result("session/get", {"sessionId": new["id"]})["session"]
    assert session["repository"]["id"] == old["repository"]["id"]


def test_without_the_git_command_there_is_no_hint_and_no_harm(
    start: Start, git: Git, code: Path, tmp_path: Path
) -> None:
    app, fork = git.repository(code / "app"), git.repository(code / "fork")
    editor = start(env={"PATH": str(tmp_path)})
    editor.begin(app)
    known = editor.open()["session"]["repository"]["id"]
    assert (candidates(resolve(editor, app)), resolve(editor, fork)["candidates"]) == (
        [(known, "commonDir")],
        [],
    )
    assert "hint" not in resolve(editor, fork)


@pytest.mark.parametrize(
    ("method", "params", "kind"),
    [
        ("repository/resolve", {"uri": "file:///x", "repository": "y"}, "invalidParams"),
        ("repository/resolve", {"uri": "untitled:1"}, "invalidParams"),
        ("repository/resolve", {"repository": "nobody"}, "repositoryNotFound"),
        ("repository/list", {"cursor": "x"}, "invalidCursor"),
        ("repository/list", {"limit": 0}, "invalidParams"),
        ("repository/relocate", {"repository": "nobody", "uri": "file:///"}, "repositoryNotFound"),
        ("repository/relocate", {"repository": {"name": "none"}, "uri": "file:///"}, "repositoryNotFound"),
        ("repository/relocate", {"repository": {}, "uri": "file:///"}, "invalidParams"),
        ("repository/relocate", {"uri": "file:///"}, "invalidParams"),
        ("task/list", {"repository": "nobody"}, "repositoryNotFound"),
        ("task/list", {"cursor": 5}, "invalidParams"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(
    editor: Editor, method: str, params: Json, kind: str
) -> None:
    assert editor.error(method, params)["data"]["kind"] == kind


def test_the_command_line_finds_the_sessions_of_a_folder_wherever_it_is(
    editor: Editor, git: Git, code: Path
) -> None:
    app, other = git.repository(code / "app", origin=ORIGIN), git.repository(code / "other", first="other")
    session = editor.open(repository=app.as_uri())["session"]
    seen(editor, other)
    moved = app.rename(code / "moved")

    def ids(repo: str) -> list[str]:
        done = subprocess.run(
            python(
                "-m", "threadkeep", "sessions", "list", "--json", "--repo", repo, "--store", str(editor.store)
            ),
            env={**clean_environment(editor.home), "PATH": ""},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [each["id"] for each in json.loads(done.stdout)["sessions"]]

    for repo in (str(moved), str(app), session["repository"]["id"], moved.as_uri()):
        assert ids(repo) == [session["id"]]


def test_a_renamed_folder_without_an_origin_is_hinted_at_and_brought_along(
    editor: Editor, git: Git, code: Path
) -> None:
    app = git.repository(code / "app")
    before = editor.open(repository=app.as_uri())["session"]
    editor.say(before["id"], plan(texts=["Yes"]))
    until_known(editor, app)
    app.rename(code / "renamed")

    first = editor.open(repository=(code / "renamed").as_uri())
    assert (first["created"], "hint" in first) == (True, False)
    told = editor.notification("repository/hint")["hint"]
    (other,) = told["repositories"]
    assert (other["repository"]["id"], other["kind"], other["sessionCount"]) == (
        before["repository"]["id"],
        "moved",
        1,
    )
    assert editor.open(repository=(code / "renamed").as_uri())["hint"] == told

    relocate(editor, other["repository"]["id"], code / "renamed", merge=True)
    again = editor.open(repository=(code / "renamed").as_uri())
    assert again["session"]["id"] == before["id"]
    assert "hint" not in again


def test_a_renamed_branch_is_offered_its_task(editor: Editor, git: Git, code: Path) -> None:
    app = git.repository(code / "app")
    git("checkout", "-q", "-b", "feature", at=app)
    before = editor.open(repository=app.as_uri())["session"]
    editor.say(before["id"], plan(texts=["Yes"]))
    git("branch", "-m", "better", at=app)

    there = editor.open(repository=app.as_uri(), createIfMissing=False)
    assert ("session" in there, there["hint"]["formerTasks"][0]["sessionCount"]) == (False, 1)
    opened = editor.open(repository=app.as_uri())
    assert opened["created"]
    (former,) = opened["hint"]["formerTasks"]
    assert (opened["hint"]["task"], former["task"], former["branchExists"]) == ("better", "feature", False)

    repository = {"id": before["repository"]["id"]}
    moved = editor.result("task/relocate", {"repository": repository, "task": "feature", "to": "better"})
    assert (moved["movedSessions"], moved["currentSessionId"]) == (1, before["id"])
    again = editor.open(repository=app.as_uri())
    assert again["session"]["id"] == before["id"]
    assert "hint" not in again


def until_known(editor: Editor, folder: Path) -> None:
    """Until it is stored with which commit the repository began; `repository/resolve` waits for `git`."""
    resolve(editor, folder)
