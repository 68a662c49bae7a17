"""The tools, resources and the prompt that a client is offered, and how each is answered."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from threadkeep.domain.errors import SessionNotFound, ThreadkeepError
from threadkeep.faces.mcp import texts
from threadkeep.faces.mcp.handshake import declared_version
from threadkeep.faces.mcp.peer import Method, Refusal
from threadkeep.usecases.search.lookup import Asked, Lookup
from threadkeep.values import Value

URI: Final = "threadkeep://session/"
LIST_TTL_MS: Final = 3_600_000
NOT_FOUND_BEFORE_2026: Final = -32002
PROMPT: Final = "continue"

_TEXT: Final = {"type": "string", "minLength": 1}
_NARROWER: Final = {
    "repository": {
        **_TEXT,
        "description": "Only this repository, by name or id; all of the scope by default.",
    },
    "task": {**_TEXT, "description": "Only this task: usually the name of a branch."},
}


def _limit(default: int, most: int, what: str) -> dict[str, Any]:
    return {"type": "integer", "minimum": 1, "maximum": most, "default": default, "description": what}


def _tool(
    name: str, title: str, description: str, properties: dict[str, Any], required: list[str]
) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "description": description,
        "inputSchema": {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        },
        "annotations": {
            "title": title,
            "readOnlyHint": True,
            "destructiveHint": False,
            "idempotentHint": True,
            "openWorldHint": False,
        },
    }


TOOLS: Final = (
    _tool(
        "search_sessions",
        "Search earlier sessions",
        "Finds passages in earlier chats with language models about this repository, also in an answer that is "
        "being written at this moment. Give two or three rare words; "
        'a "phrase" and a prefix* work too, case and accents do not matter.',
        {
            "query": {**_TEXT, "maxLength": 10_000, "description": "The words; all have to be in a passage."},
            **_NARROWER,
            "agent": {**_TEXT, "description": "Only sessions of this agent."},
            "since": {
                **_TEXT,
                "description": "Only what was said since: a date, a time (RFC 3339), or an age such as 7d or 12h.",
            },
            "limit": _limit(10, 50, "Passages."),
            "cursor": {**_TEXT, "description": "What an earlier answer said for going on."},
        },
        ["query"],
    ),
    _tool(
        "open_session",
        "Read an earlier session",
        "Shows the newest messages of a session, or those around one message. Long messages are cut; the answer "
        "says how to read on.",
        {
            "id": {**_TEXT, "description": "The session, or the beginning of its id."},
            "around": {**_TEXT, "description": "The id of a message; by default the end of the session."},
            "limit": _limit(20, 200, "Messages."),
            "start": {
                "type": "integer",
                "minimum": 0,
                "description": "Characters of the first message to skip.",
            },
        },
        ["id"],
    ),
    _tool(
        "list_sessions",
        "List earlier sessions",
        "Lists sessions, the one changed last first, with what was said last.",
        {
            **_NARROWER,
            "limit": _limit(20, 100, "Sessions."),
            "cursor": {**_TEXT, "description": "What an earlier answer said for going on."},
        },
        [],
    ),
)

_AGE: Final = re.compile(r"([0-9]{1,5})\s*([mhdw])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class WrongArguments(Exception):
    """The arguments of a tool cannot be used; a model is told why and tries again."""


class History(Value):
    """Answers the methods of the protocol."""

    lookup: Lookup
    scope: str
    """In words."""

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "tools/list": Method(answer=self._list_tools, ttl_ms=LIST_TTL_MS),
            "tools/call": Method(answer=self._call),
            "resources/list": Method(answer=self._list_resources, ttl_ms=0),
            "resources/templates/list": Method(answer=self._list_templates, ttl_ms=LIST_TTL_MS),
            "resources/read": Method(answer=self._read, ttl_ms=0),
            "prompts/list": Method(answer=self._list_prompts, ttl_ms=LIST_TTL_MS),
            "prompts/get": Method(answer=self._prompt),
        }

    async def _list_tools(self, _: Mapping[str, Any]) -> dict[str, Any]:
        return {"tools": list(TOOLS)}

    async def _call(self, params: Mapping[str, Any]) -> dict[str, Any]:
        tool = next((tool for tool in TOOLS if tool["name"] == params.get("name")), None)
        if tool is None:
            known = ", ".join(tool["name"] for tool in TOOLS)
            raise Refusal(f"There is no tool {str(params.get('name'))[:100]!r}. Known: {known}.")
        try:
            text = await self._run(tool["name"], _checked(tool, params.get("arguments") or {}))
        except (WrongArguments, ThreadkeepError) as error:
            return {"content": [{"type": "text", "text": str(error)}], "isError": True}
        return {"content": [{"type": "text", "text": text}], "isError": False}

    async def _run(self, name: str, given: Mapping[str, Any]) -> str:
        if name == "open_session":
            start = given.get("start", 0)
            history = await self.lookup.open(given["id"], around=given.get("around"), limit=given["limit"])
            return texts.history_text(history, start=start)
        asked = Asked(
            repository=given.get("repository"),
            task=given.get("task"),
            agent=given.get("agent"),
            since=_moment(given["since"]) if "since" in given else None,
            limit=given["limit"],
            cursor=given.get("cursor"),
        )
        if name == "list_sessions":
            return texts.sessions_text(await self.lookup.sessions(asked), scope=self.scope)
        found = await self.lookup.search(given["query"], asked)
        return texts.passages_text(found, given["query"], scope=self.scope)

    async def _list_resources(self, params: Mapping[str, Any]) -> dict[str, Any]:
        cursor = params.get("cursor")
        if cursor is not None and not isinstance(cursor, str):
            raise Refusal("cursor must be a string.")
        try:
            listed = await self.lookup.sessions(Asked(limit=50, cursor=cursor))
        except ThreadkeepError as error:
            raise Refusal(error.message) from error
        resources = [
            {
                "uri": URI + seen.session.id,
                "name": seen.title or seen.session.id,
                "title": seen.title or seen.session.id,
                "description": f"{seen.repository}, task {seen.session.key.task}, {seen.session.updated_at}",
                "mimeType": "text/plain",
                "annotations": {"lastModified": seen.session.updated_at},
            }
            for seen, _ in listed.sessions
        ]
        more = {"nextCursor": listed.next_cursor} if listed.next_cursor else {}
        return {"resources": resources, **more}

    async def _list_templates(self, _: Mapping[str, Any]) -> dict[str, Any]:
        template = {
            "uriTemplate": URI + "{id}",
            "name": "session",
            "title": "A session",
            "description": "The newest messages of a session.",
            "mimeType": "text/plain",
        }
        return {"resourceTemplates": [template]}

    async def _read(self, params: Mapping[str, Any]) -> dict[str, Any]:
        uri = params.get("uri")
        if not isinstance(uri, str):
            raise Refusal("uri must be a string.")
        code = -32602 if declared_version(params) is not None else NOT_FOUND_BEFORE_2026
        if not uri.startswith(URI) or uri == URI:
            raise Refusal(
                f"There is no resource {uri[:200]!r}: they are {URI}ID.", code=code, kind="notFound"
            )
        try:
            history = await self.lookup.open(uri.removeprefix(URI), limit=50)
        except SessionNotFound as error:
            raise Refusal(error.message, code=code, kind="notFound") from error
        return {"contents": [{"uri": uri, "mimeType": "text/plain", "text": texts.history_text(history)}]}

    async def _list_prompts(self, _: Mapping[str, Any]) -> dict[str, Any]:
        arguments = [
            {
                "name": "session",
                "title": "Session",
                "description": "The session to go on with; by default the one changed last.",
                "required": False,
            }
        ]
        prompt = {
            "name": PROMPT,
            "title": "Continue where we left off",
            "description": "What was said last about this repository, to go on from there.",
            "arguments": arguments,
        }
        return {"prompts": [prompt]}

    async def _prompt(self, params: Mapping[str, Any]) -> dict[str, Any]:
        if params.get("name") != PROMPT:
            raise Refusal(f"There is no prompt {str(params.get('name'))[:100]!r}. Known: {PROMPT}.")
        arguments = params.get("arguments") or {}
        wanted = arguments.get("session") if isinstance(arguments, dict) else None
        if wanted is not None and not isinstance(wanted, str):
            raise Refusal("The argument session must be a string.")
        try:
            text = await self._where_we_left_off(wanted)
        except SessionNotFound as error:
            raise Refusal(error.message) from error
        message = {"role": "user", "content": {"type": "text", "text": text}}
        return {"description": "Continue where we left off", "messages": [message]}

    async def _where_we_left_off(self, session_id: str | None) -> str:
        if not session_id:
            newest = await self.lookup.sessions(Asked(limit=1))
            if not newest.sessions:
                return (
                    f"I want to continue where we left off, but no session is kept in {self.scope}: ask me."
                )
            session_id = newest.sessions[0][0].session.id
        history = await self.lookup.open(session_id, limit=12)
        return (
            "Continue where we left off. This was said last; tell me in two sentences where we stand and what comes "
            f"next, then wait for me.\n\n{texts.history_text(history)}"
        )


def _checked(tool: Mapping[str, Any], given: Any) -> dict[str, Any]:
    """The arguments with their defaults. Raises WrongArguments, with all that is wrong."""
    if not isinstance(given, dict):
        raise WrongArguments("The arguments are an object.")
    schema = tool["inputSchema"]
    known: dict[str, Any] = schema["properties"]
    problems = [f"{name} is unknown (known: {', '.join(known)})" for name in given if name not in known]
    problems += [f"{name} is missing" for name in schema["required"] if given.get(name) is None]
    checked = {name: shape["default"] for name, shape in known.items() if "default" in shape}
    for name, value in given.items():
        if name in known and value is not None:
            problem = _problem(known[name], value)
            problems += [f"{name} {problem}"] if problem else []
            checked[name] = value
    if problems:
        raise WrongArguments(f"{tool['name']}: {'; '.join(problems)}.")
    return checked


def _problem(shape: Mapping[str, Any], value: Any) -> str | None:
    if shape["type"] == "string":
        if not isinstance(value, str) or not value.strip():
            return "must be a text that is not blank"
        return "is too long" if len(value) > shape.get("maxLength", 1_000) else None
    if isinstance(value, bool) or not isinstance(value, int):
        return "must be a whole number"
    least, most = shape["minimum"], shape.get("maximum", 10**9)
    return None if least <= value <= most else f"must be from {least} to {most}"


def _moment(since: str) -> str:
    """RFC 3339 UTC with milliseconds. Raises WrongArguments."""
    age = _AGE.fullmatch(since.strip())
    try:
        if age is not None:
            at = datetime.now(UTC) - timedelta(**{_UNITS[age[2]]: int(age[1])})
        elif len(since.strip()) == len("2026-01-01"):
            at = datetime.combine(date.fromisoformat(since.strip()), datetime.min.time(), UTC)
        else:
            at = datetime.fromisoformat(since.strip())
            at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise WrongArguments(
            f"since: {since[:40]!r} is no date (2026-01-31), no time (2026-01-31T12:00:00Z) and no age (7d, 12h)."
        ) from None
    return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
