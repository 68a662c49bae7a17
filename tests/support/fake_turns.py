"""The turns of the fake server."""

import os
import threading
from typing import Any

from tests.support.fake_wire import AT, FakeWire, Refused

HOLDER = {"client": "nvim", "pid": 4, "host": "box", "since": AT}


class FakeTurns(FakeWire):
    """Streams an answer; what the message says decides how."""

    def message(self, session_id: str, role: str, content: str, **fields: Any) -> dict[str, Any]:
        return {
            "id": f"m{len(self.messages[session_id]) + (role == 'assistant')}",
            "sessionId": session_id,
            "seq": 1,
            "role": role,
            "content": content,
            "parts": [{"type": "text", "text": content}, {"type": "hologram", "depth": 3}],
            "status": "complete",
            "createdAt": AT,
            **fields,
        }

    def turn(self, turn_id: str, session_id: str, message_id: str, status: str) -> dict[str, Any]:
        return {
            "id": turn_id,
            "sessionId": session_id,
            "status": status,
            "messageId": message_id,
            "agent": "assistant",
            "model": "offline",
            "provider": "offline",
            "startedAt": AT,
        }

    def found(self, params: dict[str, Any]) -> dict[str, Any]:
        """The session of a request."""
        raise NotImplementedError

    def start_turn(self, request_id: Any, params: dict[str, Any], *, is_retry: bool) -> None:
        session = self.found(params)
        if session["status"] != "active":
            kind = {"paused": (1003, "sessionPaused"), "ended": (1004, "sessionEnded")}[session["status"]]
            raise Refused(*kind, f"The session is {session['status']}.")
        text = params.get("text")
        if text == "busy" or self.options.stuck:
            raise Refused(1005, "sessionBusy", "A turn runs.", turnId="t9", holder=HOLDER)
        log = self.messages[session["id"]]
        if is_retry and not log:
            raise Refused(1008, "messageNotFound", "There is no message 'to retry'.")
        if is_retry:
            text = [message["content"] for message in log if message["role"] == "user"][-1] + " again"
            log[-1] = answer = self.message(session["id"], "assistant", "", status="streaming")
            answer["id"] += "b"
        elif text is None:
            answer = log[-1]
        else:
            question = self.message(session["id"], "user", text)
            log.append(question)
            answer = self.message(session["id"], "assistant", "", status="streaming")
            log.append(answer)
        turn_id = f"t{len(self.turns) + 1}"
        self.turns[turn_id] = answer
        started = {"turnId": turn_id, "assistantMessageId": answer["id"], "seq": 2}
        asked = {"userMessage": log[-2]} if params.get("text") else {}
        self.write({"id": request_id, "result": started | asked})
        self.cancelled.clear()
        self.last_params = params
        work = threading.Thread(target=self.stream, args=(turn_id, answer, text, params), daemon=True)
        work.start()

    def stream(self, turn_id: str, answer: dict[str, Any], text: str | None, params: dict[str, Any]) -> None:
        session_id = answer["sessionId"]
        turn = self.turn(turn_id, session_id, answer["id"], "running")
        self.notify("chat/turnStarted", {"sessionId": session_id, "turn": turn})
        if text == "think":
            self.delta(turn, answer, "Let me see. ", kind="reasoning")
        if text == "patience":
            retrying = {"attempt": 2, "kind": "providerOverloaded", "retryAfterMs": 1500}
            for turn_of in ("t0", turn_id):
                self.notify("chat/turnRetrying", {"sessionId": session_id, "turnId": turn_of, **retrying})
        if text == "chatter":
            self.notify("moon/phase", {"full": True})
            self.notify("chat/turnStarted", {"nonsense": 1})
        pieces = [f"{number} " for number in range(3000)] if text == "flood" else self.pieces(text, params)
        for piece in pieces:
            self.delta(turn, answer, piece)
        if text == "die":
            os._exit(9)
        status = "completed"
        if text == "slow":
            self.cancelled.wait(30)
            status = "cancelled"
        if text == "cut":
            answer |= {"stopReason": "maxTokens", "metadata": {"links": [{"uri": "https://roses.example"}]}}
        self.complete(turn, answer, "failed" if text == "fail" else status)

    def pieces(self, text: str | None, params: dict[str, Any]) -> list[str]:
        if text is None:
            return ["wly ", "🌹."]
        to = [f" to {params['model']}"] if params.get("model") else []
        names = [each["uri"].rpartition("/")[2] for each in params.get("attachments") or ()]
        return ["You ", "said ", f"{text!r}", *to, *(f" with {name}" for name in names)]

    def delta(self, turn: dict[str, Any], answer: dict[str, Any], text: str, kind: str = "text") -> None:
        offset = len(answer["content"].encode("utf-16-le")) // 2 if kind == "text" else 0
        if kind == "text":
            answer["content"] += text
        params = {
            "sessionId": answer["sessionId"],
            "turnId": turn["id"],
            "messageId": answer["id"],
            "kind": kind,
            "offset": offset,
            "text": text,
            "savedOffset": offset,
        }
        self.notify("chat/delta", params)

    def complete(self, turn: dict[str, Any], answer: dict[str, Any], status: str) -> None:
        failure = {
            "code": 1107,
            "kind": "providerNetwork",
            "message": "The line was cut: try again.",
            "retryable": True,
        }
        error = {"error": failure} if status == "failed" else {}
        answer["status"] = "complete" if status == "completed" else status
        turn |= {"status": status, "endedAt": AT, **error}
        params = {"sessionId": answer["sessionId"], "turn": turn, "message": {**answer, **error}}
        self.notify("chat/turnCompleted", params)
        turn["over"] = True

    def on_chat_cancel(self, params: dict[str, Any]) -> Any:
        self.cancelled.set()
        return {}
