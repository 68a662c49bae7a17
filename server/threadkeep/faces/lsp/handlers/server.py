"""Requests about the server itself, its models and its store."""

import asyncio
import os
import platform
from collections.abc import Sequence
from contextlib import suppress

from threadkeep._version import __version__
from threadkeep.config import Settings
from threadkeep.domain.errors import ProviderError, ProviderNotFound
from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.registry import Registry
from threadkeep.ports.models import ProviderKind
from threadkeep.ports.plugins import Offer
from threadkeep.ports.provider_settings import KNOWN_KINDS
from threadkeep.ports.store import StoreFacts
from threadkeep.protocol.limits import PROTOCOL_VERSION
from threadkeep.protocol.types import server
from threadkeep.usecases.application import Application


def register(on: Registry, application: Application, connection: Connection) -> None:
    """Registers the handlers."""

    @on("model/list")
    async def list_models(params: server.ListModelsParams) -> server.ListModelsResult:
        models = application.preferences.models
        if params.refresh or not application.preferences.is_model_named:
            await models.probe()
        if params.refresh:
            await models.refresh()
        elif not models.default[1]:  # a provider whose models only it can tell
            with suppress(ProviderNotFound):
                await models.refresh(models.default[0])
        return server.ListModelsResult(
            models=tuple(
                server.Model(
                    id=info.id,
                    provider=info.provider,
                    name=info.name,
                    context_window=info.context_window,
                    available=info.is_available,
                )
                for info in models.models()
            ),
            default=":".join(models.default),
            problems=(*connection.settings().problems, *models.problems()) or None,
        )

    @on("provider/list")
    async def list_providers(params: server.ListProvidersParams) -> server.ListProvidersResult:
        await application.preferences.models.probe()
        kinds = await asyncio.to_thread(application.preferences.models.kinds) if params.kinds else ()
        return server.ListProvidersResult(
            kinds=tuple(map(_kind, kinds)) if params.kinds else None,
            providers=tuple(
                server.Provider(
                    name=info.name,
                    kind=info.kind,
                    key_present=info.has_key,
                    key_source=info.key_source,
                    reachable=info.is_reachable,
                    label=info.label,
                    local=info.is_here,
                    needs_key=info.needs_key,
                    key_page=info.key_page,
                )
                for info in application.preferences.models.providers()
            ),
        )

    @on("provider/setKey")
    async def set_key(params: server.SetKeyParams) -> server.SetKeyResult:
        models = application.preferences.models
        source = await models.take_key(params.provider, params.key, is_kept=params.keep == "keyring")
        return server.SetKeyResult(key_source=source)

    @on("provider/test")
    async def test_provider(params: server.ProviderTestParams) -> server.ProviderTestResult:
        try:
            models = tuple(await application.preferences.models.try_provider(params.provider))
        except ProviderError as error:
            return server.ProviderTestResult(ok=False, message=error.message)
        message = None if models else f"{params.provider} answers and has no model yet: add one there."
        return server.ProviderTestResult(ok=bool(models), models=models, message=message)

    @on("store/info")
    async def store_info(_: server.StoreInfoParams) -> server.StoreInfo:
        return _store_info(await application.reads(application.store.facts))

    @on("server/status")
    async def status(_: server.ServerStatusParams) -> server.ServerStatus:
        problems = await application.reads(application.agents.problems)
        return _status(application, connection, problems)

    @on("server/schema")
    async def schema(_: server.SchemaParams) -> server.SchemaResult:
        from threadkeep.protocol.schema import json_schema, meta

        return server.SchemaResult(schema=json_schema(), meta=meta())


def _kind(offer: Offer[ProviderKind]) -> server.ProviderKind:
    return server.ProviderKind(
        name=offer.name,
        label=offer.item.label if offer.item else offer.name,
        settings=offer.item.settings if offer.item else (),
        origin=offer.origin,
        problem=offer.problem,
    )


def _store_info(facts: StoreFacts) -> server.StoreInfo:
    return server.StoreInfo(
        path=facts.path,
        schema_version=facts.schema_version,
        engine=facts.engine,
        sessions=facts.sessions,
        messages=facts.messages,
        repositories=facts.repositories,
        bytes=facts.size,
        runs_in=facts.place.runs_in,
        lifetime=facts.place.lifetime,
        lifetime_note=facts.place.told,
    )


def _problems_of_kinds(application: Application, settings: Settings) -> Sequence[str]:
    """Looks at what is installed only where a provider is of a kind that is none of ours."""
    is_asked = any(each.kind not in KNOWN_KINDS for each in settings.providers)
    return application.preferences.models.problems() if is_asked else ()


def _status(application: Application, connection: Connection, problems: Sequence[str]) -> server.ServerStatus:
    loaded = connection.settings()
    return server.ServerStatus(
        version=__version__,
        protocol_version=PROTOCOL_VERSION,
        pid=os.getpid(),
        python=platform.python_version(),
        store=str(loaded.settings.store.path),
        log=connection.log_path,
        running_turns=len(application.running),
        settings=tuple(
            server.SettingValue(name=known.name, value=known.value, source=known.source)
            for known in loaded.values
        ),
        problems=(*loaded.problems, *_problems_of_kinds(application, loaded.settings), *problems),
    )
