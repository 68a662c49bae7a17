"""Sessions in memory that answer the requests of the command line, without a server."""

import io
from collections.abc import Mapping
from typing import Any

from threadkeep.client import Client, RequestFailed

AT = "2025-03-01T12:00:00.000Z"
USAGE = {"inputTokens": 0, "outputTokens": 0, "cachedTokens": 0, "reasoningTokens": 0}
STATES: dict[str, dict[str, Any]] = {
    "pause": {"status": "paused"},
    "resume": {"status": "active"},
    "end": {"status": "ended"},
    "archive": {"archivedAt": AT},
    "unarchive": {"archivedAt": None},
    "delete": {"trashedAt": AT},
    "restore": {"trashedAt": None},
}


def a_session(session_id: str, **fields: Any) -> dict[str, Any]:
    """A session on the wire."""
    return {
        "id": session_id,
        "repository": {"id": "r1", "name": "garden", "roots": []},
        "task": "main",
        "title": "Talk",
        "titleSource": "default",
        "status": "active",
        "activity": "idle",
        "agent": "assistant",
        "usage": USAGE,
        "createdAt": AT,
        "updatedAt": AT,
        "lastActivityAt": AT,
        "revision": 1,
        "seq": 1,
        "tags": [],
        "links": [],
        **fields,
    }


def a_message(seq: int, **fields: Any) -> dict[str, Any]:
    """A message on the wire."""
    usual = {"id": f"m{seq}", "sessionId": "s1", "seq": seq, "role": "user", "status": "complete"}
    return {**usual, "content": f"words {seq}", "createdAt": AT, **fields}


def a_window_that_does_not_react(*, can_take_over: bool = True) -> RequestFailed:
    """The error that names it."""
    holder = {"client": "nvim", "pid": 4, "host": "box", "since": AT}
    stopped = {"isUnresponsive": True, "unresponsiveSince": AT, "canTakeOver": can_take_over}
    data = {"kind": "sessionBusy", "turnId": "t9", "holder": holder, **stopped}
    return RequestFailed(code=1005, kind="sessionBusy", message="It does not react.", data=data)


class Keys(io.StringIO):
    """A keyboard, or a screen, of a person."""

    def isatty(self) -> bool:
        return True


class KeptSessions(Client):
    """Answers like a server, and remembers what it was asked."""

    def __init__(
        self, *sessions: dict[str, Any], messages: tuple[dict[str, Any], ...] = (), page: int = 200
    ) -> None:
        self.sessions = {session["id"]: session for session in sessions}
        self.messages = {message["id"]: message for message in messages}
        self.page = page
        self.refuses: dict[str, str] = {}
        """Messages of errors by the id of the session whose change is refused."""
        self.stopped: dict[str, bool] = {}
        """Sessions whose answer a stopped window writes, by id, and whether it can be taken over."""
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    async def call(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        params = params or {}
        self.asked.append((method, params))
        if method == "session/list":
            found = self._with_prefix(params["filter"].get("idPrefix") or "")
            return self._page("sessions", found, params, "cursor", "nextCursor")
        if method == "session/history":
            newest = list(reversed(self.messages.values()))
            page = self._page("messages", newest, params, "before", "beforeCursor")
            return {**page, "messages": page["messages"][::-1]}
        if method == "message/update":
            message = self.messages[params["messageId"]]
            message.update({key: value for key, value in params.items() if key != "messageId"})
            return {"message": message}
        return self._about_one(method.removeprefix("session/"), params)

    @property
    def changes(self) -> list[tuple[str, Mapping[str, Any]]]:
        """What was asked for beside reading."""
        reading = {"session/get", "session/list", "session/history"}
        return [(method, params) for method, params in self.asked if method not in reading]

    def _with_prefix(self, prefix: str) -> list[dict[str, Any]]:
        return [each for id_, each in self.sessions.items() if id_.startswith(prefix)]

    def _page(
        self, name: str, items: list[Any], params: Mapping[str, Any], given: str, follows: str
    ) -> dict[str, Any]:
        start = int(params.get(given) or 0)
        end = start + min(params["limit"], self.page)
        return {name: items[start:end], **({follows: str(end)} if end < len(items) else {})}

    def _about_one(self, name: str, params: Mapping[str, Any]) -> Any:
        session_id = params["sessionId"]
        if session_id not in self.sessions:
            message = f"There is no session {session_id!r}."
            raise RequestFailed(code=1001, kind="sessionNotFound", message=message, data={})
        if name == "get":
            return {"session": self.sessions[session_id]}
        if name == "chat/takeOver":
            del self.stopped[session_id]
            return {}
        if session_id in self.stopped:
            raise a_window_that_does_not_react(can_take_over=self.stopped[session_id])
        if session_id in self.refuses:
            message = self.refuses[session_id]
            raise RequestFailed(code=1002, kind="invalidTransition", message=message, data={})
        if name == "purge":
            del self.sessions[session_id]
            return {}
        keys = {"sessionId", "expectedRevision", "reason"}
        change = STATES.get(name) or {key: value for key, value in params.items() if key not in keys}
        session = self.sessions[session_id]
        session.update(change, revision=session["revision"] + 1)
        session["title"] = session["title"] or "New session"
        return {"session": {key: value for key, value in session.items() if value is not None}}
