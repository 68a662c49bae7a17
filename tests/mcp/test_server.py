"""`threadkeep mcp` as its clients meet it: the official SDK in both eras, spoilt frames, and nothing changed."""

import contextlib
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp_types.methods import CLIENT_REQUESTS
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from tests.mcp.conftest import META, SECRET, Kept, call
from tests.soak.frames import Frames, is_in, owed
from tests.support.product import clean_environment, plan
from tests.support.wire import Json, RawClient, python

pytestmark = pytest.mark.slow


def parameters(kept: Kept, *flags: str) -> StdioServerParameters:
    command, *arguments = kept.command(*flags)
    return StdioServerParameters(command=command, args=arguments, env=kept.environment, cwd=kept.app)


def text_of(result: Any) -> str:
    (content,) = result.content
    return str(content.text)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_official_sdk_searches_opens_and_lists_in_both_eras(kept: Kept, mode: Any) -> None:
    async with Client(parameters(kept), mode=mode) as client:
        assert client.server_info.name == "threadkeep"
        assert "Look when" in (client.instructions or "")
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == ["search_sessions", "open_session", "list_sessions"]
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
        found = text_of(await client.call_tool("search_sessions", {"query": "kiwi parser"}))
        assert kept.session_id in found
        assert "repository app · task main" in found
        assert "The kiwi parser, password: [redacted]" in found
        opened = text_of(await client.call_tool("open_session", {"id": kept.session_id}))
        assert "It skips tokens." in opened
        assert SECRET not in found + opened
        listed = text_of(await client.call_tool("list_sessions", {}))
        assert kept.session_id in listed
        resources = (await client.list_resources()).resources
        assert [str(resource.uri) for resource in resources] == [f"threadkeep://session/{kept.session_id}"]
        (content,) = (await client.read_resource(resources[0].uri)).contents
        assert "It skips tokens." in content.text
        (template,) = (await client.list_resource_templates()).resource_templates
        assert template.uri_template == "threadkeep://session/{id}"
        (prompt,) = (await client.list_prompts()).prompts
        (message,) = (await client.get_prompt(prompt.name)).messages
        assert "It skips tokens." in message.content.text


async def test_other_repositories_are_seen_with_all_alone_and_private_sessions_never(kept: Kept) -> None:
    seen = {}
    for flags in ((), ("--all",)):
        async with Client(parameters(kept, *flags)) as client:
            found = text_of(await client.call_tool("search_sessions", {"query": "kiwi", "limit": 50}))
            seen[flags] = found
            opened = await client.call_tool("open_session", {"id": kept.elsewhere})
            assert opened.is_error == (flags == ())
            if flags:
                narrow = text_of(
                    await client.call_tool("search_sessions", {"query": "kiwi", "repository": "other"})
                )
                assert "elsewhere" in narrow
                assert "parser" not in narrow
    assert "elsewhere" not in seen[()]
    assert "elsewhere" in seen["--all",]
    assert "private" not in str(seen)


async def test_what_is_wrong_is_told_so_that_a_model_can_try_again(kept: Kept) -> None:
    async with Client(parameters(kept)) as client:
        for arguments, words in (
            ({}, "query is missing"),
            ({"query": " "}, "query must be a text that is not blank"),
            ({"query": "kiwi", "limit": 0}, "limit must be from 1 to 50"),
            ({"query": "kiwi", "since": "yesterday"}, "no age (7d, 12h)"),
            ({"query": "kiwi", "repo": "x"}, "repo is unknown (known: query, repository"),
            ({"query": "kiwi", "cursor": "x"}, "cursor"),
            ({"query": "kiwi", "repository": "other"}, "--all"),
        ):
            result = await client.call_tool("search_sessions", arguments)
            assert result.is_error
            assert words in text_of(result)
        with pytest.raises(MCPError, match="Known: search_sessions, open_session, list_sessions"):
            await client.call_tool("delete_session", {})
        with pytest.raises(MCPError, match="There is no session"):
            await client.read_resource("threadkeep://session/nowhere")


def test_where_nothing_is_stored_yet_nothing_is_made_and_it_is_told(tmp_path: Path) -> None:
    store = tmp_path / "store"
    command = python("-P", "-m", "threadkeep", "mcp", "--store", str(store))
    with RawClient(command, framing="lines", env=clean_environment(tmp_path), cwd=tmp_path) as client:
        answer = client.result("tools/call", {"name": "list_sessions", "_meta": META})
        assert answer["isError"]
        assert "No sessions are kept in" in answer["content"][0]["text"]
    assert not store.exists()


def test_the_versions_are_negotiated_as_each_era_wants_it(kept: Kept) -> None:
    with kept.raw() as client:
        refused = client.error("tools/list")
        assert "initialize" in refused["message"]
        unknown = client.error("tools/list", {"_meta": META | {next(iter(META)): "1900-01-01"}})
        assert (unknown["code"], unknown["data"]["requested"]) == (-32022, "1900-01-01")
        assert unknown["data"]["supported"][0] == "2026-07-28"
        assert client.error("tools/list", {"_meta": {next(iter(META)): "2026-07-28"}})["code"] == -32602
        discovered = client.result("server/discover", {"_meta": META})
        assert discovered["supportedVersions"] == ["2026-07-28", *reversed(HANDSHAKE_PROTOCOL_VERSIONS)]
        assert client.error("server/discover")["code"] == -32602
        assert client.error("ping", {"_meta": META})["code"] == -32601
        assert client.result("tools/list", {"_meta": META})["resultType"] == "complete"
        for version in HANDSHAKE_PROTOCOL_VERSIONS:
            begun = client.result("initialize", {"protocolVersion": version, "capabilities": {}})
            assert begun["protocolVersion"] == version
        begun = client.result("initialize", {"protocolVersion": "2031-01-01", "capabilities": {}})
        assert begun["protocolVersion"] == "2025-11-25"
        assert client.result("ping") == {}
        assert "resultType" not in client.result("tools/list")


def test_a_word_of_an_answer_that_still_streams_is_found(kept: Kept) -> None:
    slow = plan("Go on", texts=["The papaya grows. ", "The rest."], stall_after=1)
    kept.editor.request("chat/send", {"sessionId": kept.session_id, "text": slow})
    kept.editor.wait_for(lambda message: "papaya" in str(message.get("params", {}).get("text", "")))
    with kept.raw() as client:
        text, tries = "", 0
        while "assistant said" not in text and tries < 200:
            text = client.result("tools/call", call("search_sessions", query="papaya"))["content"][0]["text"]
            tries += 1
        assert "> The papaya grows." in text
        opened = client.result("tools/call", call("open_session", id=kept.session_id))["content"][0]["text"]
        assert "assistant (work:test), streaming" in opened


def test_every_method_of_both_schemas_and_5000_spoilt_frames_change_nothing(kept: Kept) -> None:
    before = kept.contents()
    with kept.raw("--all") as client:
        client.result("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}})
        for method, version in CLIENT_REQUESTS:
            meta = {} if version in HANDSHAKE_PROTOCOL_VERSIONS else {"_meta": META}
            for params in PARAMS:
                answer = client.call(
                    method, {**params, **meta, "uri": f"threadkeep://session/{kept.session_id}"}
                )
                assert ("result" in answer) != ("error" in answer)
        faults = spoil(client, kept, count=5_000)
        assert faults == []
        assert "It skips" in str(client.result("tools/call", call("open_session", id=kept.session_id)))
    assert kept.contents() == before
    assert "Traceback" not in client.stderr


PARAMS: Sequence[Json] = (
    {},
    {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}},
    {"name": "search_sessions", "arguments": {"query": "kiwi"}},
    {"name": "open_session", "arguments": {"id": "delete"}},
    {"name": "list_sessions", "arguments": {}},
    {"name": "continue", "arguments": {}},
    {"level": "debug"},
    {"ref": {"type": "ref/prompt", "name": "continue"}, "argument": {"name": "session", "value": ""}},
)


def spoil(client: RawClient, kept: Kept, *, count: int) -> list[str]:
    """Sends spoilt frames; what was not answered, or answered though nobody asked."""
    methods = sorted({method for method, _ in CLIENT_REQUESTS})
    templates = [(method, {**params, "_meta": META}) for method in methods for params in PARAMS]
    templates += [
        ("notifications/cancelled", {"requestId": 1}),
        ("session/purge", {"sessionId": kept.session_id}),
    ]
    frames = Frames(random.Random(7), templates=templates)
    faults: list[str] = []
    for _ in range(count // 100):
        # a line break would make two frames of one
        bodies = [frames.body().replace(b"\n", b" ").replace(b"\r", b" ") for _ in range(100)]
        due = [(body, what) for body in bodies if body.strip() and (what := owed(body)) is not None]
        exact = Counter(what.id for _, what in due if what.is_certain)
        vague = [body for body, what in due if not what.is_certain]
        client.send_bytes(b"".join(body + b"\n" for body in bodies))
        heard: Counter[Any] = Counter()
        with contextlib.suppress(TimeoutError):
            while exact - heard or heard.total() < len(due):
                heard[client.next_message().get("id")] += 1
        faults += [f"no answer to {id_!r}" for id_ in exact - heard]
        beyond = heard - exact
        faults += [f"too many for {id_!r}" for id_ in beyond if id_ is not None and not is_in(id_, vague)]
        if beyond.total() > len(vague):
            faults.append("answers to nothing")
    return faults
