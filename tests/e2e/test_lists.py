"""Filters, orders, pages and counts of `session/list`, over the real server."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import Start
from tests.support.product import Editor

pytestmark = pytest.mark.slow


@pytest.fixture
def editor(start: Start) -> Iterator[Editor]:
    """An editor with some sessions, named by their titles."""
    editor = start(model=None)
    editor.begin()
    issue = {"kind": "issue", "value": "PROJ-1"}
    for title, fields in {
        "Größe": {"tags": ["size", "ui"], "links": [issue], "task": "one"},
        "Color": {"tags": ["ui"], "links": [{"kind": "pullRequest", "value": "PROJ-1"}], "task": "two"},
        "Alpha": {"task": "one", "repository": {"name": "notes"}},
    }.items():
        editor.result("session/create", {"repository": {"name": "app"}, "title": title, **fields})
    yield editor
    assert editor.shut_down() == 0


def titles(editor: Editor, wanted: dict[str, Any], **params: Any) -> list[str]:
    listed = editor.result("session/list", {"filter": wanted, **params})
    return [session["title"] for session in listed["sessions"]]


def test_filters_and_orders(editor: Editor) -> None:
    by_title = {"sort": {"by": "title", "order": "ascending"}}
    assert titles(editor, {}, **by_title) == ["Alpha", "Color", "Größe"]
    assert titles(editor, {"tags": ["ui"]}, **by_title) == ["Color", "Größe"]
    assert titles(editor, {"tags": ["ui", "size"]}) == ["Größe"]
    assert titles(editor, {"link": {"kind": "issue", "value": "PROJ-1"}}) == ["Größe"]
    assert titles(editor, {"title": "GROSS"}) == ["Größe"]
    assert titles(editor, {"task": "one", "repository": {"name": "app"}}) == ["Größe"]
    assert titles(editor, {"createdBefore": "2020-01-01T00:00:00+05:00"}) == []


def test_a_filter_names_the_sessions_that_were_selected(editor: Editor) -> None:
    first, second, *_ = editor.result("session/list")["sessions"]
    assert titles(editor, {"ids": [second["id"], "gone"]}) == [second["title"]]
    assert titles(editor, {"ids": []}) == []
    told = editor.error("session/list", {"filter": {"ids": [str(n) for n in range(1001)]}})
    assert (told["data"]["kind"], "at most 1,000" in told["message"]) == ("invalidParams", True)
    assert titles(editor, {"ids": [first["id"]], "title": second["title"]}) == []


def test_the_default_model_finds_sessions_that_have_none_set(editor: Editor) -> None:
    (first, *_) = editor.result("session/list")["sessions"]
    editor.result("session/setModel", {"sessionId": first["id"], "model": "openai:gpt-5"})
    others = sorted({"Alpha", "Color", "Größe"} - {first["title"]})
    for wanted in (
        {"model": "offline"},
        {"provider": "offline"},
        {"model": "offline", "provider": "offline"},
    ):
        listed = editor.result("session/list", {"filter": wanted, "withTotal": True, "facets": ["task"]})
        assert sorted(session["title"] for session in listed["sessions"]) == others
        counted = sum(each["count"] for each in listed["facets"][0]["counts"])
        assert (listed["total"], counted) == (2, 2)
        change = {"filter": wanted, "change": {"addTags": ["x"]}}
        assert editor.result("session/bulkUpdate", change)["count"] == 2
        hits = editor.result("session/search", {"query": first["title"], "filter": wanted})["hits"]
        assert hits == []
    assert titles(editor, {"model": "gpt-5"}) == [first["title"]]
    assert titles(editor, {"model": "offline", "provider": "openai"}) == []


def test_the_session_talked_in_last_is_the_first(editor: Editor) -> None:
    *_, last = editor.result("session/list")["sessions"]
    begun = editor.result("chat/send", {"sessionId": last["id"], "text": "Hi"})
    editor.result("chat/wait", {"sessionId": last["id"], "turnId": begun["turnId"]})
    assert titles(editor, {})[0] == last["title"]
    assert titles(editor, {"updatedAfter": last["updatedAt"]})[0] == last["title"]


def test_totals_facets_and_pages(editor: Editor) -> None:
    page = {"page": 2, "perPage": 2, "sort": {"by": "createdAt", "order": "ascending"}}
    listed = editor.result(
        "session/list", {**page, "withTotal": True, "facets": ["tag", "repository", "task"]}
    )
    assert [session["title"] for session in listed["sessions"]] == ["Alpha"]
    assert listed["total"] == listed["pagination"]["totalItems"] == 3
    counted = {
        facet["by"]: {each["label"]: each["count"] for each in facet["counts"]} for facet in listed["facets"]
    }
    assert counted == {
        "tag": {"ui": 2, "size": 1},
        "repository": {"app": 2, "notes": 1},
        "task": {"one": 2, "two": 1},
    }
    assert "facets" not in editor.result("session/list", {})


def test_a_wrong_time_is_told(editor: Editor) -> None:
    error = editor.error("session/list", {"filter": {"updatedAfter": "2026-03-01"}})
    assert error["code"] == -32602
    assert "updatedAfter" in json.dumps(error)
