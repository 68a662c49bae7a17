"""The requests about the server itself, one method each."""

from typing import Literal

from threadkeep.client.asking import Asking
from threadkeep.protocol.types.common import Empty
from threadkeep.protocol.types.server import (
    ListModelsParams,
    ListModelsResult,
    ListProvidersResult,
    ProviderTestParams,
    ProviderTestResult,
    SchemaResult,
    ServerStatus,
    SetKeyParams,
    SetKeyResult,
    StoreInfo,
)


class ServerRequests(Asking):
    """Models, providers, store and server. Every method may raise `RequestFailed` and `ServerGone`."""

    async def models(self, *, refresh: bool = True) -> ListModelsResult:
        """`model/list`; without `refresh` no provider is asked."""
        return await self.ask("model/list", ListModelsParams(refresh=refresh), ListModelsResult)

    async def providers(self) -> ListProvidersResult:
        """`provider/list`."""
        return await self.ask("provider/list", Empty(), ListProvidersResult)

    async def set_key(
        self, provider: str, key: str | None, *, keep: Literal["keyring", "window"] = "keyring"
    ) -> SetKeyResult:
        """`provider/setKey`: takes a key, or with None forgets it."""
        params = SetKeyParams(provider=provider, key=key, keep=keep)
        return await self.ask("provider/setKey", params, SetKeyResult)

    async def test_provider(self, provider: str) -> ProviderTestResult:
        """`provider/test`: asks it for its models, and says what is wrong."""
        return await self.ask("provider/test", ProviderTestParams(provider=provider), ProviderTestResult)

    async def store_info(self) -> StoreInfo:
        """`store/info`."""
        return await self.ask("store/info", Empty(), StoreInfo)

    async def server_status(self) -> ServerStatus:
        """`server/status`."""
        return await self.ask("server/status", Empty(), ServerStatus)

    async def server_schema(self) -> SchemaResult:
        """`server/schema`."""
        return await self.ask("server/schema", Empty(), SchemaResult)
