"""A server process with canned answers that speaks the wire: run it as a program.

What a message says decides what it does: `slow` waits for a cancel, `fail` fails, `die` kills the
process in mid-answer, `cut` reaches the limit of tokens, `patience` has its provider asked twice, `chatter` is followed by notifications nobody knows, `think` reasons aloud,
`flood` sends very many deltas. Arguments: `--version N`, `--mute`, `--deaf`, `--say TEXT`,
`--status S`, `--interrupted`, `--stuck`.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from tests.support.fake_turns import HOLDER, FakeTurns
from tests.support.fake_wire import AT, Refused

ROOT = Path(__file__).resolve().parents[2]
_START = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.support.fake_server import main; sys.exit(main())"
FAKE_SERVER = [sys.executable, "-c", _START]
"""The command that runs it."""

REPOSITORY = {"id": "r1", "name": "garden", "roots": [{"uri": "file:///work/garden", "present": True}]}
USAGE = {"inputTokens": 3, "outputTokens": 4, "cachedTokens": 0, "reasoningTokens": 0}


class FakeServer(FakeTurns):
    """The life of one process."""

    def on_unknown(self, params: dict[str, Any]) -> Any:
        raise Refused(-32601, "methodNotFound", "no such method")

    def on_initialize(self, params: dict[str, Any]) -> Any:
        self.initialize = params
        ours = {
            "protocolVersion": self.options.version,
            "methods": [],
            "notifications": [],
            "features": ["flying"],
            "limits": {"maxPage": 200, "maxMessageBytes": 1000},
            "future": True,
        }
        experimental = {} if self.options.deaf else {"threadkeep": ours}
        return {
            "serverInfo": {"name": "fake", "version": "9.9"},
            "capabilities": {"experimental": experimental},
        }

    def on_shutdown(self, params: dict[str, Any]) -> Any:
        return None

    def on_test_initialize(self, params: dict[str, Any]) -> Any:
        return {**self.initialize, "argv": sys.argv[1:]}

    def on_test_die(self, params: dict[str, Any]) -> Any:
        sys.stderr.write("first words\nthe disk is on fire\n")
        sys.stderr.flush()
        os._exit(7)

    def on_test_babble(self, params: dict[str, Any]) -> Any:
        sys.stdout.write("print() was here\n")
        sys.stdout.flush()
        return {}

    def on_test_cancelled(self, params: dict[str, Any]) -> Any:
        return self.cancelled_requests

    def on_test_ask(self, params: dict[str, Any]) -> Any:
        self.write({"id": "from-server", "method": "workspace/configuration", "params": {}})
        answer = self.read()
        return {"answer": answer}

    def new_session(self, **fields: Any) -> dict[str, Any]:
        session_id = fields.pop("id", None) or f"s{len(self.sessions) + 1}"
        session = {
            "id": session_id,
            "repository": REPOSITORY,
            "task": "main",
            "title": "New chat",
            "titleSource": "default",
            "status": self.options.status,
            "activity": "dreaming",
            "agent": "assistant",
            "usage": USAGE,
            "createdAt": AT,
            "updatedAt": AT,
            "lastActivityAt": AT,
            "revision": 1,
            "seq": 1,
            "fromTheFuture": 1,
        } | {key: value for key, value in fields.items() if value is not None}
        self.sessions[session_id] = session
        self.messages[session_id] = []
        return session

    def on_session_open(self, params: dict[str, Any]) -> Any:
        session = next(iter(self.sessions.values()), None)
        created = session is None
        if session is None:
            session = self.new_session(task=params.get("task"), workflow=params.get("workflow"))
        if self.options.interrupted and created:
            question = self.message(session["id"], "user", "How do roses grow?")
            answer = self.message(session["id"], "assistant", "They grow slo", status="interrupted")
            turn = self.turn("t0", session["id"], answer["id"], "interrupted")
            self.messages[session["id"]] = [question, answer]
            cut = {"turn": turn, "messageId": answer["id"]}
        else:
            cut = None
        messages = self.messages[session["id"]][-params.get("limit", 50) :]
        result = {"session": session, "created": created, "messages": messages, "seq": 1}
        return result | ({"interruptedTurn": cut} if cut else {})

    def on_session_create(self, params: dict[str, Any]) -> Any:
        keys = ("id", "task", "workflow", "title", "agent")
        return {"session": self.new_session(**{key: params.get(key) for key in keys})}

    def found(self, params: dict[str, Any]) -> dict[str, Any]:
        try:
            return self.sessions[params["sessionId"]]
        except KeyError:
            raise Refused(1001, "sessionNotFound", "No session has this id.") from None

    def on_session_get(self, params: dict[str, Any]) -> Any:
        return {"session": self.found(params)}

    def on_session_activate(self, params: dict[str, Any]) -> Any:
        self.found(params)
        return {}

    def on_session_history(self, params: dict[str, Any]) -> Any:
        self.found(params)
        return {"messages": self.messages[params["sessionId"]]}

    def on_session_list(self, params: dict[str, Any]) -> Any:
        self.last_params = params
        total = [self.new_session(title=f"Talk {number}") for number in range(3)]
        start = int(params.get("cursor") or 0)
        end = start + params.get("limit", 20)
        more = {"nextCursor": str(end)} if end < len(total) else {}
        return {"sessions": total[start:end], **more}

    def on_test_last_params(self, params: dict[str, Any]) -> Any:
        return self.last_params

    def on_session_update(self, params: dict[str, Any]) -> Any:
        self.last_params = params
        session = self.found(params)
        session["title"] = params.get("title", session["title"])
        return {"session": session}

    def state(self, params: dict[str, Any], status: str) -> Any:
        session = self.found(params)
        self.check_stuck()
        if session["status"] == status:
            raise Refused(1002, "invalidTransition", f"The session is {status} already.")
        session["status"] = status
        return {"session": session}

    def check_stuck(self) -> None:
        """Another window's answer is in the way, and that window does not react."""
        if self.options.stuck:
            stopped = {"isUnresponsive": True, "unresponsiveSince": AT, "canTakeOver": True}
            raise Refused(1005, "sessionBusy", "It does not react.", turnId="t9", holder=HOLDER, **stopped)

    def on_chat_cancel(self, params: dict[str, Any]) -> Any:
        self.check_stuck()
        return super().on_chat_cancel(params)

    def on_chat_takeOver(self, params: dict[str, Any]) -> Any:  # noqa: N802 - named after the method
        self.options.stuck = False
        return {"turn": self.turn("t9", params["sessionId"], "m9", "interrupted")}

    def on_session_pause(self, params: dict[str, Any]) -> Any:
        return self.state(params, "paused")

    def on_session_resume(self, params: dict[str, Any]) -> Any:
        return self.state(params, "active")

    def on_session_end(self, params: dict[str, Any]) -> Any:
        return self.state(params, "ended")

    def on_session_fork(self, params: dict[str, Any]) -> Any:
        old = self.found(params)
        session = self.new_session(title=params.get("title") or old["title"], agent=old["agent"])
        self.messages[session["id"]] = list(self.messages[old["id"]])
        return {"session": session}

    def on_session_clear(self, params: dict[str, Any]) -> Any:
        session = self.found(params)
        self.messages[session["id"]].clear()
        return {"session": session}

    def on_session_switchAgent(self, params: dict[str, Any]) -> Any:  # noqa: N802 - named after the method
        session = self.found(params)
        if params["agent"] == "nobody":
            raise Refused(1010, "agentNotFound", "There is no agent 'nobody'.")
        switch = {"from": session["agent"], "to": params["agent"], "at": AT}
        session["agent"] = params["agent"]
        return {"session": session, "switch": switch}

    def on_agent_list(self, params: dict[str, Any]) -> Any:
        self.last_params = params
        assistant = {"name": "assistant", "description": "Answers.", "source": "builtin", "problems": []}
        broken = {"name": "repo:poet", "source": "repository", "problems": ["line 2: no name"]}
        return {"agents": [assistant, broken], "default": "assistant"}

    def on_session_setModel(self, params: dict[str, Any]) -> Any:  # noqa: N802 - named after the method
        session = self.found(params)
        if params["model"] == "no:such":
            raise Refused(1016, "modelNotFound", "No provider has this model.")
        session["provider"], _, session["model"] = params["model"].partition(":")
        return {"session": session}

    def on_model_list(self, params: dict[str, Any]) -> Any:
        offline = {"id": "offline:offline", "provider": "offline", "name": "offline", "available": True}
        big = {
            "id": "work:big",
            "provider": "work",
            "name": "big",
            "available": False,
            "contextWindow": 128000,
        }
        return {"models": [offline, big], "default": "offline:offline"}

    def on_provider_list(self, params: dict[str, Any]) -> Any:
        offline = {"name": "offline", "kind": "offline", "keyPresent": True}
        work = {"name": "work", "kind": "openai", "keyPresent": False}
        return {"providers": [offline, work]}

    def on_store_info(self, params: dict[str, Any]) -> Any:
        return {
            "path": "/data/threadkeep",
            "schemaVersion": 1,
            "engine": "SQLite 3.54.1",
            "sessions": 2,
            "messages": 1234,
            "repositories": 1,
            "bytes": 1_572_864,
        }

    def on_server_status(self, params: dict[str, Any]) -> Any:
        return {
            "version": "9.9",
            "protocolVersion": 1,
            "pid": 1,
            "python": "3.11",
            "store": "/data/threadkeep",
            "runningTurns": 0,
            "settings": [
                {"name": "defaultModel", "value": "work:big", "source": "environment"},
                {"name": "titles", "value": "auto", "source": "default"},
                {"name": "retentionDays", "source": "default"},
            ],
            "problems": ["defaultModl is no setting. Did you mean defaultModel?"],
        }


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--version", type=int, default=1)
    parser.add_argument("--mute", action="store_true")
    parser.add_argument("--deaf", action="store_true")
    parser.add_argument("--say", default="")
    parser.add_argument("--status", default="active")
    parser.add_argument("--interrupted", action="store_true")
    parser.add_argument("--stuck", action="store_true")
    parser.add_argument("--store")
    return FakeServer(parser.parse_args()).run()
