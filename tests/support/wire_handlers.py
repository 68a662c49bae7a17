"""Handlers of every temper, for tests of the endpoint in this process."""

import asyncio
from typing import Any

from threadkeep.faces.jsonrpc.endpoint import Endpoint
from threadkeep.values import Value


class Text(Value):
    text: str = ""


def load(endpoint: Endpoint) -> None:
    @endpoint.request("echo", params=Text)
    async def echo(params: Text) -> Text:
        return params

    @endpoint.request("turn", params=Text)
    async def turn(params: Text) -> Text:
        await asyncio.sleep(0)
        return params

    @endpoint.request("wait", params=Text)
    async def wait(params: Text) -> Text:
        await asyncio.sleep(0.02)
        return params

    @endpoint.request("forever", params=Text, cancellable=True)
    async def forever(params: Text) -> Text:
        await asyncio.Event().wait()
        return params

    @endpoint.request("stubborn", params=Text, cancellable=True)
    async def stubborn(params: Text) -> Text:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return Text(text="kept")
        return params

    @endpoint.request("raise", params=Text)
    async def fail(params: Text) -> Text:
        raise RuntimeError

    @endpoint.request("bad", params=Text)
    async def bad(params: Text) -> Any:
        return {"a": {1}}
