"""Companies' networks: their own certificates, their proxies, and servers that compress or speak HTTP/2."""

import asyncio
import gzip
import json
import ssl
import sys
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import Authority
from tests.support.models import KEY, collected, failure_of, openai_model, question, text_of
from tests.support.proxy_server import Place, ProxyServer, SocksServer
from tests.support.raw_server import refused, response, said, stream
from threadkeep.domain.errors import ExtraMissing, ProviderBadRequest, ProviderNetwork
from threadkeep.ports.models import Stop, TextDelta

HOST = "models.example"
ANSWER = stream(said("Hello"), said(reason="stop"))


@asynccontextmanager
async def serving(
    *answers: bytes, tls: ssl.SSLContext | None = None, seen: list[Any] | None = None, pause: float = 0
) -> AsyncIterator[Place]:
    """A server that gives each connection the answers, one write each."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if seen is not None:
                tls_object = writer.get_extra_info("ssl_object")
                seen.append((head.decode(), tls_object.selected_alpn_protocol() if tls_object else None))
            for piece in answers:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    async with server:
        host, port = server.sockets[0].getsockname()[:2]
        yield host, port


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def heard(base_url: str, **fields: Any) -> str:
    model = openai_model(base_url, **fields)
    try:
        return text_of(await collected(model.stream(question())))
    finally:
        await model.aclose()


async def test_a_companys_own_certificate_is_trusted_by_its_file_alone(authority: Authority) -> None:
    async with serving(ANSWER, tls=authority.context("127.0.0.1")) as (host, port):
        assert await heard(f"https://{host}:{port}/v1", ca_file=authority.ca_file) == "Hello"
        failure = await failure_of(openai_model(f"https://{host}:{port}/v1"))
        assert type(failure) is ProviderNetwork
        assert "providers.work.caFile" in failure.message


async def test_a_certificate_of_another_host_is_not_trusted(authority: Authority) -> None:
    async with serving(ANSWER, tls=authority.context("elsewhere.example")) as (host, port):
        failure = await failure_of(openai_model(f"https://{host}:{port}/v1", ca_file=authority.ca_file))
        assert type(failure) is ProviderNetwork


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_a_certificate_file_that_is_none_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "none.pem"
    if content is not None:
        file.write_text(content)
    failure = await failure_of(openai_model("https://models.example/v1", ca_file=str(file)))
    assert type(failure) is ProviderBadRequest
    assert "providers.work.caFile cannot be used" in failure.message


async def test_a_proxy_tunnels_to_a_private_host_with_its_own_certificate(authority: Authority) -> None:
    async with (
        serving(ANSWER, tls=authority.context(HOST)) as place,
        ProxyServer(place, user="me", password="s3cret-word") as proxy,
    ):
        fields = {"ca_file": authority.ca_file, "proxy": proxy.url_for("me:s3cret-word@")}
        assert await heard(f"https://{HOST}/v1", **fields) == "Hello"
        assert proxy.asked == [f"CONNECT {HOST}:443 HTTP/1.1"]


@pytest.mark.parametrize("credentials", ["", "me:wrong-word@"])
async def test_a_proxy_that_does_not_know_us_is_told_and_no_password_with_it(
    authority: Authority, credentials: str
) -> None:
    async with (
        serving(ANSWER, tls=authority.context(HOST)) as place,
        ProxyServer(place, user="me", password="s3cret-word") as proxy,
    ):
        model = openai_model(f"https://{HOST}/v1", proxy=proxy.url_for(credentials), api_key=KEY)
        failure = await failure_of(model)
        assert type(failure) is ProviderNetwork
        assert "The proxy wants a name and a password" in failure.message
        assert "wrong-word" not in str(failure) + str(failure.data)
        assert "s3cret-word" not in str(failure)


async def test_a_plain_request_goes_through_the_proxy_too_and_its_407_is_the_proxys() -> None:
    async with serving(ANSWER) as place, ProxyServer(place, user="me", password="s3cret-word") as proxy:
        assert await heard(f"http://{HOST}/v1", proxy=proxy.url_for("me:s3cret-word@")) == "Hello"
        assert proxy.asked == [f"POST http://{HOST}/v1/chat/completions HTTP/1.1"]
        failure = await failure_of(openai_model(f"http://{HOST}/v1", proxy=proxy.url))
        assert "The proxy wants a name and a password" in failure.message


async def test_the_environments_proxy_is_used_but_for_what_it_leaves_out(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(ANSWER, tls=authority.context(HOST)) as place, ProxyServer(place) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert await heard(f"https://{HOST}/v1", ca_file=authority.ca_file) == "Hello"
        assert len(proxy.asked) == 1
        for without in (HOST, ".example", "*"):
            monkeypatch.setenv("NO_PROXY", f"other.test,{without}")
            failure = await failure_of(openai_model(f"https://{HOST}/v1", ca_file=authority.ca_file))
            assert type(failure) is ProviderNetwork  # there is no such host
        assert len(proxy.asked) == 1


async def test_this_machine_is_asked_past_the_environments_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(ANSWER) as (host, port), ProxyServer((host, port)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        assert await heard(f"http://{host}:{port}/v1") == "Hello"
        assert proxy.asked == []


async def test_a_socks_proxy_is_used_where_its_package_is(authority: Authority) -> None:
    pytest.importorskip("socksio")
    async with serving(ANSWER, tls=authority.context(HOST)) as place, SocksServer(place) as proxy:
        assert await heard(f"https://{HOST}/v1", ca_file=authority.ca_file, proxy=proxy.url) == "Hello"
        assert proxy.asked == [f"{HOST}:443"]


@pytest.mark.parametrize("where", ["settings", "environment"])
async def test_a_socks_proxy_without_its_package_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    fields = {}
    if where == "settings":
        fields["proxy"] = "socks5://me:s3cret-word@127.0.0.1:1"
    else:
        monkeypatch.setenv("ALL_PROXY", "socks5://me:s3cret-word@127.0.0.1:1")
    with pytest.raises(ExtraMissing) as raised:
        await collected(openai_model(f"https://{HOST}/v1", **fields).stream(question()))
    assert "threadkeep[socks]" in raised.value.message
    assert ("environment" in raised.value.message) is (where == "environment")
    assert "s3cret-word" not in raised.value.message


async def test_a_proxy_of_the_environment_that_is_none_is_not_blamed_on_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://me:s3cret-word@127.0.0.1:1")
    failure = await failure_of(openai_model(f"https://{HOST}/v1"))
    assert type(failure) is ProviderBadRequest
    assert "environment" in failure.message
    assert "s3cret-word" not in failure.message


async def test_a_server_that_prefers_http_2_is_spoken_to_in_http_1(authority: Authority) -> None:
    seen: list[Any] = []
    context = authority.context("127.0.0.1", alpn=("h2", "http/1.1"))
    async with serving(ANSWER, tls=context, seen=seen) as (host, port):
        assert await heard(f"https://{host}:{port}/v1", ca_file=authority.ca_file) == "Hello"
    ((head, protocol),) = seen
    assert protocol == "http/1.1"
    assert head.startswith("POST /v1/chat/completions HTTP/1.1")


async def test_a_server_that_speaks_http_2_alone_is_a_failure_at_once(authority: Authority) -> None:
    frames = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" + b"\x00\x00\x08\x07" + bytes(13)  # SETTINGS, GOAWAY
    context = authority.context("127.0.0.1", alpn=("h2",))
    async with serving(frames, tls=context) as (host, port), asyncio.timeout(5):
        model = openai_model(f"https://{host}:{port}/v1", ca_file=authority.ca_file)
        assert type(await failure_of(model)) is ProviderNetwork


def compressed(*pieces: str) -> list[bytes]:
    """Pieces of one gzip stream, each of which can be read once it has come."""
    packer = zlib.compressobj(wbits=31)
    packed = [packer.compress(piece.encode()) + packer.flush(zlib.Z_SYNC_FLUSH) for piece in pieces]
    return [*packed, packer.flush()]


async def test_an_answer_that_is_compressed_unasked_comes_as_it_is_written() -> None:
    lines = [f"data: {json.dumps(piece)}\n\n" for piece in (said("Hel"), said("lo"), said(reason="stop"))]
    head = response("", Content_Encoding="gzip")
    async with serving(head, *compressed(*lines), pause=0.05) as (host, port):
        model = openai_model(f"http://{host}:{port}/v1")
        events = [event async for event in model.stream(question())]
        await model.aclose()
    assert events == [TextDelta(text="Hel"), TextDelta(text="lo"), Stop(reason="endTurn")]


async def test_a_refusal_that_is_compressed_is_read() -> None:
    body = gzip.compress(json.dumps({"error": {"message": "no such model"}}).encode())
    head = refused(404, "", Content_Encoding="gzip")
    async with serving(head + body) as (host, port):
        failure = await failure_of(openai_model(f"http://{host}:{port}/v1"))
    assert "no such model" in failure.message
