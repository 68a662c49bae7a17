"""Tool calls, their output, plans and images over real stdio: what one window sees, another and a late one see too."""

import base64
import hashlib
from pathlib import Path

from tests.e2e.conftest import Start
from tests.support.product import Editor
from tests.support.scripted import SETTINGS, installed_in, play
from tests.support.wire import Json

RUN = {
    "call": {
        "id": "c1",
        "name": "bash",
        "title": "Run it",
        "kind": "execute",
        "state": "running",
        "output": [{"type": "terminal"}],
    }
}
DONE = {"call": {"id": "c1", "state": "completed"}}


def told(editor: Editor) -> list[Json]:
    """The notifications about answers that came until the next end of a turn, in order."""
    found = []
    while True:
        message = editor.wait_for(lambda each: str(each.get("method")).startswith("chat/"))
        if message["method"] == "chat/turnCompleted":
            return found
        found.append(message)


def kind_of(notice: Json) -> tuple[int, int, str, str | None]:
    part = notice["part"]
    return notice["index"], notice["seq"], part["type"], part.get("state")


def an_editor(start: Start, folder: Path) -> Editor:
    editor = start(model=None, settings=SETTINGS, env=installed_in(folder))
    editor.begin(folder)
    return editor


def test_parts_come_in_order_and_are_there_after_a_restart(start: Start, folder: Path) -> None:
    editor = an_editor(start, folder)
    session = editor.open()["session"]
    ended = editor.say(
        session["id"],
        play({"text": "Look: "}, RUN, {"out": {"id": "c1", "text": "a.py\n"}}, DONE, {"text": "done."}),
    )
    message = ended["message"]
    assert [part["type"] for part in message["parts"]] == ["text", "toolCall", "text"]
    assert message["content"] == "Look: done."
    call = message["parts"][1]
    assert (call["toolCallId"], call["state"], call["output"]) == (
        "c1",
        "completed",
        [{"type": "terminal", "text": "a.py\n"}],
    )
    pieces = [n for n in told(editor) if n["method"] in {"chat/delta", "chat/part"}]
    assert [(n["method"], n["params"]["index"]) for n in pieces] == [
        ("chat/delta", 0),
        ("chat/part", 1),
        ("chat/delta", 1),
        ("chat/part", 1),
        ("chat/delta", 2),
    ]
    editor.close()
    again = an_editor(start, folder)
    assert again.open()["messages"][-1] == message


def test_a_long_output_is_read_in_pieces_and_is_what_it_was(start: Start, folder: Path) -> None:
    editor = an_editor(start, folder)
    session = editor.open()["session"]
    ended = editor.say(
        session["id"], play(RUN, {"out": {"id": "c1", "text": "0123456789ä\n", "times": 50_000}}, DONE)
    )
    blob = ended["message"]["parts"][0]["output"][0]["blob"]
    whole, at = b"", 0
    while at is not None:
        piece = editor.result(
            "blob/get",
            {"sessionId": session["id"], "sha256": blob["sha256"], "offset": at, "encoding": "utf-8"},
        )
        whole += piece["data"].encode()
        at = piece.get("next")
    assert whole == ("0123456789ä\n" * 50_000).encode()
    assert (hashlib.sha256(whole).hexdigest(), len(whole)) == (blob["sha256"], blob["size"])
    other = editor.result("session/create", {})["session"]
    refused = editor.error("blob/get", {"sessionId": other["id"], "sha256": blob["sha256"]})
    assert refused["data"]["kind"] == "blobNotFound"


def test_an_image_is_kept_byte_by_byte(start: Start, folder: Path) -> None:
    editor = an_editor(start, folder)
    session = editor.open()["session"]
    data = bytes(range(256))
    image = editor.say(session["id"], play({"image": base64.b64encode(data).decode()}))["message"]["parts"][0]
    assert (image["type"], image["mimeType"], image["size"]) == ("image", "image/png", 256)
    piece = editor.result("blob/get", {"sessionId": session["id"], "sha256": image["sha256"]})
    assert base64.b64decode(piece["data"]) == data


def test_the_newest_parts_come_with_a_page_and_the_others_when_they_are_asked_for(
    start: Start, folder: Path
) -> None:
    editor = an_editor(start, folder)
    session = editor.open()["session"]
    message = editor.say(session["id"], play({"calls": {"count": 300, "bytes": 4_000}}))["message"]
    omitted, *shown = message["parts"]
    assert omitted["type"] == "omitted"
    assert omitted["count"] + len(shown) == 300
    assert shown[-1]["toolCallId"] == "c299"
    found, at = [], 0
    while at is not None:
        answer = editor.result("message/parts", {"messageId": message["id"], "from": at, "limit": 200})
        found += answer["parts"]
        at = answer.get("next")
    assert [part["toolCallId"] for part in found] == [f"c{number}" for number in range(300)]


def test_another_window_sees_the_same_parts_with_the_same_seqs(start: Start, folder: Path) -> None:
    one, two = an_editor(start, folder), an_editor(start, folder)
    session = one.open()["session"]
    two.open()
    message = one.say(
        session["id"],
        play(
            {"text": "a"},
            RUN,
            {"out": {"id": "c1", "text": "out\n"}},
            {"wait": 0.3},
            DONE,
            {"text": "b"},
            {"plan": [{"content": "x"}]},
        ),
    )["message"]
    ours, theirs = ([n["params"] for n in told(each) if n["method"] == "chat/part"] for each in (one, two))
    # one that reads later sees the newest of what changed twice meanwhile, and the output so far
    assert [kind_of(each) for each in ours if each["seq"] in {other["seq"] for other in theirs}] == [
        kind_of(each) for each in theirs
    ]
    assert ours[-1] == theirs[-1]
    assert two.open()["messages"][-1] == message


def test_a_call_that_ran_when_its_process_was_killed_is_interrupted_with_its_output(
    start: Start, folder: Path
) -> None:
    editor = an_editor(start, folder)
    session = editor.open()["session"]
    text = play(
        {"text": "x"},
        RUN,
        {"out": {"id": "c1", "text": "so far\n"}},
        {"wait": 0.5},
        {"plan": []},
        {"hold": True},
    )
    editor.result("chat/send", {"sessionId": session["id"], "text": text})
    while editor.notification("chat/part")["part"]["type"] != "plan":
        pass
    editor.kill()
    again = an_editor(start, folder)
    opened = again.open()
    call = opened["messages"][-1]["parts"][1]
    assert (call["state"], call["output"][0]["text"]) == ("interrupted", "so far\n")
    assert opened["interruptedTurn"]["messageId"] == opened["messages"][-1]["id"]


def stored_bytes(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_what_was_erased_of_a_call_is_in_no_file_of_the_store_and_what_others_hold_stays(
    start: Start, folder: Path, tmp_path: Path
) -> None:
    editor = an_editor(start, folder)
    session = editor.open()["session"]
    begun = {"id": "c1", "state": "running", "title": "Zanzibar-1", "input": {"command": "Zanzibar-2"}}
    diff = {"type": "diff", "uri": "file:///Zanzibar-3", "old_text": "Zanzibar-4", "new_text": "Zanzibar-5"}
    long = {"id": "c2", "state": "running", "output": [{"type": "terminal"}]}
    message = editor.say(
        session["id"],
        play(
            {"call": {**begun, "output": [diff, {"type": "terminal"}]}},
            {"out": {"id": "c1", "text": "Zanzibar-6\n"}},
            {"call": {"id": "c1", "state": "completed"}},
            {"call": long},
            {"out": {"id": "c2", "text": "Zanzibar-7\n", "times": 10_000}},
            {"call": {"id": "c2", "state": "completed"}},
            {"image": base64.b64encode(b"Zanzibar-8").decode()},
            {"plan": [{"content": "Zanzibar-9"}]},
            {"out": {"id": "c3", "text": "Zambezi\n", "times": 10_000}},
            {"call": {"id": "c3", "state": "completed"}},
        ),
    )["message"]
    (question, _) = editor.result("session/history", {"sessionId": session["id"]})["messages"]
    other = editor.result("session/create", {})["session"]
    shared = editor.say(
        other["id"],
        play(
            {"out": {"id": "c3", "text": "Zambezi\n", "times": 10_000}},
            {"call": {"id": "c3", "state": "completed"}},
        ),
    )["message"]
    editor.result("session/fork", {"sessionId": session["id"], "makeCurrent": False})
    blob = shared["parts"][0]["output"][0]["blob"]
    assert blob["sha256"] in str(message["parts"])
    for each in (question, message):  # the question is the script, which holds all of it too
        editor.result("message/erase", {"messageId": each["id"]})
    refused = editor.error("blob/get", {"sessionId": session["id"], "sha256": blob["sha256"]})
    assert refused["data"]["kind"] == "blobNotFound"
    piece = editor.result("blob/get", {"sessionId": other["id"], "sha256": blob["sha256"]})
    assert base64.b64decode(piece["data"]).startswith(b"Zambezi\nZambezi\n")
    assert editor.result("store/doctor")["isHealthy"] is True
    assert editor.shut_down() == 0
    left = stored_bytes(tmp_path / "store")
    assert b"anzibar" not in left
    assert base64.b64encode(b"Zanzibar-8") not in left
    assert b"Zambezi" in left


def test_what_was_purged_of_a_call_is_in_no_file_of_the_store(
    start: Start, folder: Path, tmp_path: Path
) -> None:
    editor = an_editor(start, folder)
    session = editor.open()["session"]
    editor.say(
        session["id"],
        play(RUN, {"out": {"id": "c1", "text": "Zanzibar\n", "times": 20_000}}, DONE),
    )
    editor.result("session/delete", {"sessionId": session["id"]})
    editor.result("session/purge", {"sessionId": session["id"]})
    assert editor.shut_down() == 0
    assert b"Zanzibar" not in stored_bytes(tmp_path / "store")
