"""Loopback proxies of both kinds, HTTP and SOCKS5, which lead every address to one place."""

import asyncio
import base64
import contextlib
import struct

Place = tuple[str, int]


class ProxyServer:
    """An HTTP proxy: tunnels (`CONNECT`) and plain requests, with a name and a password if there are any."""

    scheme = "http"

    def __init__(self, leads_to: Place, *, user: str | None = None, password: str = "") -> None:
        self.leads_to = leads_to
        self.asked: list[str] = []
        """The first lines of the requests, or the addresses that were asked for."""
        self._wanted = base64.b64encode(f"{user}:{password}".encode()).decode() if user else None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return self.url_for("")

    def url_for(self, credentials: str) -> str:
        """credentials: `user:password@`, or nothing."""
        assert self._server is not None
        return f"{self.scheme}://{credentials}127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> "ProxyServer":
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._lead(reader, writer)
        finally:
            writer.close()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        self.asked.append(first)
        given = [line.split(" ")[-1] for line in lines if line.lower().startswith("proxy-authorization:")]
        if self._wanted is not None and given != [self._wanted]:
            writer.write(
                b"HTTP/1.1 407 Who are you\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n"
            )
            return await writer.drain()
        if first.startswith("CONNECT "):
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            return await self._join(reader, writer)
        return await self._join(reader, writer, before=head)

    async def _join(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, before: bytes = b""
    ) -> None:
        onward_reader, onward_writer = await asyncio.open_connection(*self.leads_to)
        onward_writer.write(before)
        try:
            await asyncio.gather(_copy(reader, onward_writer), _copy(onward_reader, writer))
        finally:
            onward_writer.close()


class SocksServer(ProxyServer):
    """A SOCKS5 proxy without credentials."""

    scheme = "socks5"

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        await reader.readexactly(count)
        writer.write(b"\x05\x00")
        _, _, _, kind = await reader.readexactly(4)
        size = {1: 4, 4: 16}.get(kind) or (await reader.readexactly(1))[0]
        host = await reader.readexactly(size)
        (port,) = struct.unpack(">H", await reader.readexactly(2))
        self.asked.append(f"{host.decode('latin-1')}:{port}")
        writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        await self._join(reader, writer)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while block := await reader.read(65_536):
        writer.write(block)
        await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        writer.write_eof()
