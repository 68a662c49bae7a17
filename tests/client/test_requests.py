"""Every request and every notification can be used, and what a type checker says of them is so."""

import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support import every_request
from threadkeep.client import Client
from threadkeep.client.reading import read
from threadkeep.protocol.converter import structure, unstructure
from threadkeep.protocol.methods import NOTIFICATIONS, REQUESTS
from threadkeep.protocol.names import REQUEST_OF
from threadkeep.protocol.request import Request, result_of
from threadkeep.protocol.types.lifecycle import OpenSessionParams, UpdateSessionParams
from threadkeep.protocol.types.parts import Attachment
from threadkeep.values import fields
from threadkeep.values.hints import UNSET

GOLDEN = Path(__file__).parent.parent / "golden"


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name.replace('/', '.')}.json").read_text(encoding="utf-8"))


class Recorder(Client):
    """Answers with the golden messages, and remembers what was sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Mapping[str, Any]]] = []

    async def call(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        self.sent.append((method, params or {}))
        return golden(f"{method}.result")


@pytest.mark.parametrize("method", REQUESTS.values(), ids=lambda method: method.name)
def test_params_name_the_result_that_the_table_gives(method: Any) -> None:
    assert result_of(method.params) is method.result
    assert REQUEST_OF[method.params.__name__] == method.name


def test_each_request_has_params_of_its_own() -> None:
    own = [method.params.__name__ for method in REQUESTS.values()]
    assert sorted(own) == sorted(set(own))
    assert {cls.__name__ for cls in _below(Request)} == set(own)


def test_a_class_that_names_no_result_is_no_request() -> None:
    with pytest.raises(TypeError, match="does not name its result"):
        result_of(Request)


async def test_the_example_sends_every_request_as_the_table_has_it() -> None:
    client = Recorder()
    await every_request.ask_everything(client)

    assert [method for method, _ in client.sent] == list(REQUESTS)
    for name, params in client.sent:
        structure(params, REQUESTS[name].params)


@pytest.mark.parametrize("method", REQUESTS.values(), ids=lambda method: method.name)
def test_a_result_is_written_as_it_was_read(method: Any) -> None:
    for path in GOLDEN.glob(f"{method.name.replace('/', '.')}.result*.json"):
        data = json.loads(path.read_text(encoding="utf-8"))
        assert unstructure(read(data, method.result)) == data, path.name


@pytest.mark.parametrize("method", NOTIFICATIONS.values(), ids=lambda method: method.name)
def test_the_example_knows_every_notification(method: Any) -> None:
    event = read(golden(f"{method.name}.notification"), method.params)
    assert every_request.method_of(event) == method.name


async def test_a_patch_keeps_what_is_not_given_and_clears_what_is_none() -> None:
    client = Recorder()
    patch = UpdateSessionParams(session_id="s1", note=None, tags=("a",))
    await client.request(patch)

    assert patch.title is UNSET
    assert client.sent == [("session/update", {"sessionId": "s1", "note": None, "tags": ["a"]})]


async def test_opening_a_session_asks_for_the_key_as_it_is_given() -> None:
    client = Recorder()
    await client.open_session(task="main", window_id="w1", limit=6)

    assert client.sent == [
        ("session/open", unstructure(OpenSessionParams(task="main", window_id="w1", limit=6)))
    ]


def test_a_turn_takes_what_a_message_does() -> None:
    file = Attachment(type="file", uri="file:///work/a.py")
    turn = Recorder().turn("s1", "hello", attachments=[file], when_busy="queue")
    sent: Any = turn._start

    assert (sent.session_id, sent.text, sent.attachments, sent.when_busy) == ("s1", "hello", (file,), "queue")
    own = {field.name for field in fields(type(sent))}
    assert set(inspect.signature(Client.turn).parameters) - {"self"} == own


def _below(cls: type) -> set[type]:
    return {found for each in cls.__subclasses__() for found in ({each} | _below(each))}
