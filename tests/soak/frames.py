"""Arbitrary and nearly valid messages for every method, and what each of them is owed."""

import copy
import json
import math
import random
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from threadkeep.protocol.methods import REQUESTS
from threadkeep.values import Mutable, Value, field

GOLDEN: Final = Path(__file__).parents[1] / "golden"
NEVER: Final = frozenset({"shutdown", "exit"})
"""They end the server, as they shall."""

_LAST_DIGITS: Final = re.compile("[0-9]+$")
_LONE: Final = re.compile("[\ud800-\udfff]")

NASTY: Final[Sequence[Any]] = (
    *(None, True, False, 0, -1, 1, 1.0, -0.0, 0.5, 1e308, 5e-324, 2**31, 2**53, 2**53 + 1, -(2**63), 2**64),
    *(10**40, 10**400, "", " ", "\x00", "a\x00b", "\ud800", "x\udfffy", "\ufeff", "\u202e", "🙂", "ß" * 300),
    *(
        "x" * 5_000,
        "null",
        "1",
        "true",
        "../../etc",
        "file:///",
        "file://a b",
        "2026-13-45T99:99:99Z",
        "work:",
    ),
    *(
        [],
        {},
        [[]],
        {"": ""},
        [None],
        {"id": 7},
        {"jsonrpc": "2.0"},
        {"type": "text"},
        [1, "x", {}],
        [[1] * 50],
    ),
)
RAW: Final[Sequence[bytes]] = (
    *(b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"01", b"1.", b".5", b"+1", b"tru", b"'x'"),
    *(
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'"\\u00"',
        b'"\\x41"',
        b'"\xff\xfe"',
        b'"\xed\xa0\x80"',
        b'"a\x01b"',
    ),
    *(
        b"9" * 5_000,
        b"1e-999",
        b"-",
        b"{}}",
        b"[]]",
        b"[" * 300,
        b"[" * 199 + b"]" * 199,
        b"[" * 250 + b"]" * 250,
    ),
    *(b'{"a":' * 220 + b"1" + b"}" * 220, b"[" * 5_000 + b"]" * 5_000, b'{"a":1,"a":2}', b"/**/1", b"1,"),
)
"""JSON and not quite JSON to be put where a value stands."""


class Owed(Value):
    """Exactly one answer."""

    id: Any
    """The id that it has; None where the message has none to be read."""
    is_certain: bool = True
    """Not where the message is no proper JSON: then it may also be None, or an id that the text seems to have."""


def owed(body: bytes) -> Owed | None:
    """What a frame is owed by JSON-RPC and by docs/protocol.md; None for nothing."""
    text = body.decode("utf-8-sig", "replace")
    try:
        value = json.loads(text, parse_constant=_finite, parse_float=_finite)
        if _depth(value) > 200:
            raise ValueError("too deep")
    except (ValueError, RecursionError):
        return Owed(id=None, is_certain=False)
    if not isinstance(value, dict):
        return Owed(id=None)
    id_ = value.get("id")
    is_id = isinstance(id_, str | int | float) and not isinstance(id_, bool)
    if "method" not in value and ("result" in value or "error" in value):
        return None
    if "id" not in value and value.get("jsonrpc") == "2.0" and isinstance(value.get("method"), str):
        return None
    return Owed(id=id_key(id_) if is_id else None)


def id_key(id_: Any) -> Any:
    """The id as it is counted: lone surrogates as the server has to write them."""
    return _LONE.sub("\ufffd", id_) if isinstance(id_, str) else id_


def is_in(id_: Any, bodies: Sequence[bytes]) -> bool:
    """Whether one of these messages, which are no JSON, may have been taken to have this id: by its last digits."""
    digits = _LAST_DIGITS.findall(str(id_).removesuffix(".0"))
    return not digits or any(digits[0] in body.decode("utf-8", "replace") for body in bodies)


class Frames(Mutable, kw_only=False):
    """An endless supply, the same one for the same seed."""

    chance: random.Random
    real: Mapping[str, Sequence[str]] = field(factory=dict)
    """Ids that exist, by the name of the member that takes them."""
    _templates: list[tuple[str, Any]] = field(alias="templates", factory=lambda: templates())  # noqa: PLW0108 - it is defined below
    _number: int = field(init=False, default=0)

    def body(self) -> bytes:
        """The next message: now and then untouched, mostly spoilt in one of many ways."""
        self._number += 1
        ways: list[tuple[int, Callable[[], bytes]]] = [
            (20, lambda: _text(self._message())),
            (30, lambda: _text(self._spoilt())),
            (10, self._with_raw_value),
            (15, self._with_wrong_bytes),
            (5, self._cut),
            (5, self._with_a_key_twice),
            (5, lambda: _text(self._envelope())),
            (5, lambda: self.chance.randbytes(self.chance.randint(0, 200))),
            (5, lambda: self.chance.choice(RAW)),
        ]
        (way,) = self.chance.choices([way for _, way in ways], [weight for weight, _ in ways])
        return way()

    def _message(self) -> dict[str, Any]:
        method, params = self.chance.choice(self._templates)
        params = json.loads(json.dumps(params))
        for name, ids in self.real.items():
            if isinstance(params, dict) and name in params and ids and self.chance.random() < 0.7:
                params[name] = self.chance.choice(ids)
        if isinstance(params, dict) and self.chance.random() < 0.7:
            params.pop("idempotencyKey", None)
            params.pop("expectedRevision", None)
        message = {"jsonrpc": "2.0", "id": self._id(), "method": method, "params": params}
        if not method.startswith(("$/", "textDocument/", "workspace/")) or self.chance.random() < 0.1:
            return message
        del message["id"]
        return message

    def _id(self) -> Any:
        kinds: Sequence[Any] = (
            self._number,
            f"s{self._number}",
            self._number + 0.5,
            f"é🙂\x00{self._number}",
        )
        return self.chance.choices(kinds, [85, 10, 3, 2])[0]

    def _spoilt(self) -> Any:
        """With up to three values somewhere replaced, removed or added."""
        message = self._message()
        for _ in range(self.chance.randint(1, 3)):
            holder, key = self._place(message)
            what = self.chance.random()
            if what < 0.6:
                holder[key] = self._nasty()
            elif what < 0.75:
                del holder[key]
            elif what < 0.9 and isinstance(holder, dict):
                holder[self.chance.choice(("class", "_meta", "jsonrpc", "", "type_name", "\x00"))] = (
                    self._nasty()
                )
            else:
                holder[key] = [holder[key]]
        return message

    def _place(self, message: dict[str, Any]) -> tuple[Any, Any]:
        """A value somewhere in the params, seldom in the envelope."""
        if self.chance.random() < 0.15 or not message.get("params"):
            return message, self.chance.choice(list(message) or ["params"]) if message else "params"
        holder: Any = message
        key: Any = "params"
        while isinstance(holder[key], dict | list) and holder[key] and self.chance.random() < 0.8:
            holder = holder[key]
            key = (
                self.chance.choice(list(holder))
                if isinstance(holder, dict)
                else self.chance.randrange(len(holder))
            )
        return holder, key

    def _nasty(self) -> Any:
        return copy.deepcopy(self.chance.choice(NASTY))  # what is put in may be spoilt further

    def _with_raw_value(self) -> bytes:
        message = self._message()
        holder, key = self._place(message)
        if self.chance.random() < 0.1:
            holder, key = message, "id"
        holder[key] = "@raw@"
        return _text(message).replace(b'"@raw@"', self.chance.choice(RAW), 1)

    def _with_wrong_bytes(self) -> bytes:
        body = bytearray(_text(self._message()))
        for _ in range(self.chance.randint(1, 4)):
            at = self.chance.randrange(len(body))
            what = self.chance.random()
            if what < 0.4:
                body[at] = self.chance.randrange(256)
            elif what < 0.7:
                body[at:at] = self.chance.randbytes(self.chance.randint(1, 8))
            elif len(body) > 12:
                del body[at : at + self.chance.randint(1, 8)]
        return _harmless(bytes(body))

    def _cut(self) -> bytes:
        body = _text(self._message())
        return body[: self.chance.randrange(len(body))]

    def _with_a_key_twice(self) -> bytes:
        body = _text(self._message())
        twice = self.chance.choice((b'"id":"first",', b'"method":"x",', b'"params":[],', b'"jsonrpc":"1.0",'))
        return b"{" + twice + body[1:]

    def _envelope(self) -> Any:
        """Something else than a request with an object."""
        message = self._message()
        shapes: Sequence[Any] = (
            [message, message],
            [],
            {"jsonrpc": "2.0", "id": self._number, "result": None},
            {"jsonrpc": "2.0", "id": self._number, "error": {"code": 1, "message": "no"}},
            {**message, "params": [message.get("params")]},
            {**message, "params": None},
            {**message, "method": message["method"] + "x"},
            {key: value for key, value in message.items() if key != "params"},
            {**message, "result": {}},
            self._nasty(),
        )
        return self.chance.choice(shapes)


def templates() -> list[tuple[str, Any]]:
    """Valid params of every method: those of the golden files, and the notifications of LSP."""
    found: list[tuple[str, Any]] = [("initialize", {"processId": None, "capabilities": {}, "rootUri": None})]
    for method in REQUESTS:
        files = sorted(GOLDEN.glob(f"{method.replace('/', '.')}.params*.json"))
        read = [json.loads(file.read_text(encoding="utf-8")) for file in files] or [{}]
        found += [(method, params) for params in read]
    document = {"uri": "file:///code/a.py", "languageId": "python", "version": 1, "text": "x = 1\n"}
    change = {
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}},
        "text": "y",
    }
    return [
        *found,
        ("textDocument/didOpen", {"textDocument": document}),
        ("textDocument/didChange", {"textDocument": document, "contentChanges": [change]}),
        ("textDocument/didClose", {"textDocument": {"uri": document["uri"]}}),
        ("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": []}}),
        ("workspace/didChangeConfiguration", {"settings": {"threadkeep": {"contextMessages": 10}}}),
        ("$/cancelRequest", {"id": 1}),
    ]


def _text(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True).encode()


def _harmless(body: bytes) -> bytes:
    """Not by chance one of the two messages that end the server."""
    return b"{}" if any(f'"{method}"'.encode() in body for method in NEVER) else body


def _finite(digits: str) -> float:
    if not math.isfinite(float(digits)):
        raise ValueError(digits)
    return float(digits)


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [node for node in level if isinstance(node, dict | list)]:
        depth += 1
        level = [child for node in level for child in (node.values() if isinstance(node, dict) else node)]
    return depth
