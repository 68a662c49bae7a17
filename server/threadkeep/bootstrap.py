"""The composition root, where adapters are put into the application; long, since only here all of them are named."""

import gc
import os
import sys
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from threadkeep._version import __version__

if TYPE_CHECKING:
    from threadkeep.adapters.aside import PatientAgentFiles, PatientCheckouts, PatientDocuments
    from threadkeep.adapters.models.configured import ConfiguredModels
    from threadkeep.adapters.models.embeddings import ConfiguredEmbeddings
    from threadkeep.adapters.models.key_ring import KeyRing
    from threadkeep.adapters.plugins import InstalledPlugins
    from threadkeep.config import Folders, Loaded, Settings
    from threadkeep.domain.errors import StoreUnavailable
    from threadkeep.domain.transfer import TransferProblem
    from threadkeep.domain.workspace_paths import PathRules
    from threadkeep.faces.jsonrpc.endpoint import Endpoint
    from threadkeep.faces.mcp.tools import History
    from threadkeep.ports.models import Tried
    from threadkeep.ports.patterns import Patterns
    from threadkeep.ports.permissions import PermissionRules, TrustedFolders
    from threadkeep.ports.runtime import SerialExecutor
    from threadkeep.ports.store import Passage, Store
    from threadkeep.ports.transfer import ExportFormat, HistoryReader, TransferTools
    from threadkeep.ports.upkeep import Restored

EXECUTOR_SECONDS = 5.0
"""How long the end waits for what is being stored."""
PASSAGES = 20
PATTERNS_AT_ONCE = 2
"""Searches by a pattern: one that takes long keeps no other waiting."""
STARTING = (10_000, 20, 50)
"""How seldom garbage is looked for while the server starts; see `gc.set_threshold`."""


def serve(flags: Mapping[str, str | None]) -> NoReturn:
    """Serves an editor on stdin and stdout until it leaves, and ends the process.

    flags: `store` and `log_level` as given on the command line. What is slow to import waits until
    `initialize` is answered.
    """
    # Imports make many objects that stay: looking through them for garbage as often as usual costs a tenth of
    # the start. Never looking costs 2 MB: what building a class leaves behind is not used again.
    usual = gc.get_threshold()
    gc.set_threshold(*STARTING)
    # Nothing of the folder that the editor has open is found by a relative path, or kept from being moved.
    os.chdir(Path(os.sep).absolute())
    from threadkeep.faces.jsonrpc.early_initialize import answer_early
    from threadkeep.faces.jsonrpc.handshake import early_result, initialize_result
    from threadkeep.faces.jsonrpc.stdio import take_stdio
    from threadkeep.faces.lsp.capability import capability

    result = initialize_result("threadkeep", __version__, experimental={"threadkeep": capability()})
    stdio = answer_early(*take_stdio(), respond=partial(early_result, result=result))
    from threadkeep.faces.jsonrpc.endpoint import Endpoint
    from threadkeep.faces.jsonrpc.process import run
    from threadkeep.faces.lsp import conversion
    from threadkeep.protocol.limits import MAX_MESSAGE_BYTES

    def load(endpoint: Endpoint) -> None:
        _load(endpoint, flags=flags)
        gc.freeze()
        gc.set_threshold(*usual)

    endpoint = Endpoint(result, load=load, conversion=conversion, endless=("chat/wait",))
    run(endpoint, stdio, limit=MAX_MESSAGE_BYTES)


def serve_mcp(flags: Mapping[str, str | None], *, shows_all: bool) -> NoReturn:
    """Serves a Model Context Protocol client on stdin and stdout until it leaves, and ends the process.

    flags: as for `serve`. shows_all: every repository, not only the working directory's.
    """
    usual = gc.get_threshold()
    gc.set_threshold(*STARTING)
    folder = None if shows_all else Path.cwd()
    os.chdir(Path(os.sep).absolute())
    from threadkeep.faces.jsonrpc.early_initialize import answer_early
    from threadkeep.faces.jsonrpc.stdio import take_stdio
    from threadkeep.faces.mcp.handshake import early_result

    stdio = answer_early(*take_stdio(), respond=early_result)
    from threadkeep.faces.jsonrpc.process import run
    from threadkeep.faces.mcp.peer import McpPeer
    from threadkeep.protocol.limits import MAX_MESSAGE_BYTES

    history, close = _history(flags, folder)
    gc.freeze()
    gc.set_threshold(*usual)
    run(McpPeer(history.methods, close=close), stdio, limit=MAX_MESSAGE_BYTES)


def restore(backup: Path, *, flags: Mapping[str, str | None]) -> "Restored":
    """Makes a backup the store, which nobody may use meanwhile; raises a ThreadkeepError where it cannot.

    flags: as for `serve`.
    """
    from threadkeep.adapters.runtime import SystemClock
    from threadkeep.adapters.store import restore_store

    _, _, loaded = _settings_without_a_client(flags)
    return restore_store(loaded.settings.store.path, backup, clock=SystemClock())


def try_model(model: str, *, flags: Mapping[str, str | None]) -> "AsyncGenerator[tuple[Tried, list[bytes]]]":
    """Tries `provider:model` of the user's settings out: each thing that was tried, with the raw responses to it.

    flags: as for `serve`. Raises a ThreadkeepError where there is no such model, or none that can be tried.
    """
    from threadkeep.adapters.models.trial import try_out

    environ, _, loaded = _settings_without_a_client(flags)
    return try_out(model, loaded.settings.providers, doubts=loaded.settings.doubts, environ=environ)


def trusted_folders() -> "TrustedFolders":
    """The folders that the user trusts."""
    from threadkeep.adapters.permissions.trust import TrustedFoldersFile
    from threadkeep.config import folders

    return TrustedFoldersFile(
        folders(environ=dict(os.environ), platform=sys.platform).config / "trusted.toml"
    )


def repository_root(folder: Path) -> str:
    """Where the repository of a folder begins; the folder itself without version control."""
    from threadkeep.adapters.git import GitCheckouts

    return GitCheckouts().read(folder.as_uri()).root


def _settings_without_a_client(
    flags: Mapping[str, str | None],
) -> "tuple[Mapping[str, str], Folders, Loaded]":
    from threadkeep.config import folders, load_settings

    environ = dict(os.environ)
    places = folders(environ=environ, platform=sys.platform)
    loaded = load_settings(flags=flags, environ=environ, settings_file=places.settings_file, client=None)
    return environ, places, loaded


def _load(endpoint: "Endpoint", *, flags: Mapping[str, str | None]) -> None:
    import asyncio

    from threadkeep.adapters.git import BranchNews
    from threadkeep.adapters.models.key_ring import KeyRing
    from threadkeep.adapters.models.prices import ListedPrices
    from threadkeep.adapters.preferences import LivePreferences
    from threadkeep.adapters.runtime import (
        SystemClock,
        ThisProcess,
        ThreadExecutor,
        ThreadExecutors,
        Uuid7Ids,
    )
    from threadkeep.adapters.store import open_read_only, open_store, upkeep_of
    from threadkeep.adapters.store.lazy import LazyStore
    from threadkeep.adapters.store.lifetimes import place_warnings
    from threadkeep.adapters.store.routing import RoutingStore
    from threadkeep.config import Loaded, Settings, client_settings, folders, load_settings
    from threadkeep.faces.lsp.audience import ConnectionAudience
    from threadkeep.faces.lsp.connection import Connection
    from threadkeep.faces.lsp.open_buffers import OpenBuffers, OpenFolders
    from threadkeep.faces.lsp.server import ServerFace
    from threadkeep.logs import set_level, set_up_logs
    from threadkeep.usecases.application import Application

    environ = dict(os.environ)
    places = folders(environ=environ, platform=sys.platform)
    ring = KeyRing()
    clock, executor = SystemClock(), ThreadExecutor(set_aside=lambda: application.order.set_aside())  # noqa: PLW0108 - made below
    read_executor, side_executor = (
        ThreadExecutor("threadkeep-read-executor"),
        ThreadExecutor("threadkeep-side-executor"),
    )

    def load(changed: Mapping[str, Any] | None) -> Loaded:
        client = client_settings(endpoint.initialize_params.get("initializationOptions"), changed)
        return load_settings(flags=flags, environ=environ, settings_file=places.settings_file, client=client)

    def models(settings: Settings) -> "ConfiguredModels":
        from threadkeep.adapters.models.configured import ConfiguredModels

        return ConfiguredModels(
            settings.providers,
            default_model=settings.default_model,
            doubts=settings.doubts,
            environ=environ,
            find=partial(_find, store),
            run=side_executor,
            ring=ring,
            client=lambda: endpoint.client_name,
        )

    store = RoutingStore(
        LazyStore(
            lambda: open_store(preferences.loaded.settings.store.path, clock=clock),
            lambda why: open_read_only(preferences.loaded.settings.store.path, why),
            told=lambda: place_warnings(preferences.loaded),
            when_open=lambda opened: store.use(opened),  # noqa: PLW0108 - made below
        )
    )
    preferences = LivePreferences(load, models)
    log = set_up_logs(places.log_file, level=preferences.loaded.settings.log_level)
    audience, opened = ConnectionAudience(endpoint), OpenFolders(endpoint.initialize_params)
    checkouts, files, agent_files = _folders(places.config / "agents")
    buffers = OpenBuffers(files)
    transfer_executor, search_executor, pattern_executor = (
        ThreadExecutor("threadkeep-transfer-executor"),
        ThreadExecutor("threadkeep-search-executor"),
        ThreadExecutors("threadkeep-pattern-executor", count=PATTERNS_AT_ONCE),
    )
    embeddings = _embeddings(
        lambda: preferences.loaded.settings, environ=environ, run=search_executor, ring=ring
    )
    application = Application(
        store=store,
        clock=clock,
        ids=Uuid7Ids(),
        executor=executor,
        read_executor=read_executor,
        side_executor=side_executor,
        upkeep=partial(upkeep_of, lambda: preferences.loaded.settings.store.path, clock=clock),
        upkeep_executor=ThreadExecutor("threadkeep-upkeep"),
        search_executor=search_executor,
        pattern_executor=pattern_executor,
        patterns=_patterns,
        embeddings=embeddings,
        transfer=partial(
            _transfer_tools, transfer_executor, store=lambda: preferences.loaded.settings.store.path
        ),
        prices=ListedPrices(preferences.providers),
        checkouts=checkouts,
        preferences=preferences,
        announce=audience,
        holder=ThisProcess(store, endpoint, clock),
        agent_files=agent_files,
        trusted_roots=partial(preferences.trusted_roots, checkouts.answering, opened),
        permission_rules=cache(partial(_permission_rules, places.config / "permissions.toml")),
        path_rules=cache(_path_rules),
        documents=buffers.now,
        folders=opened,
        folders_are_named=opened.are_named,
        followed=lambda: audience.followed,
        branch_news=BranchNews(is_silent=checkouts.is_silent),
        owed=store.owed,
    )

    async def reconfigure(changed: Mapping[str, Any]) -> None:
        preferences.change(changed)
        set_level(preferences.loaded.settings.log_level)
        if not application.running:
            await preferences.close_replaced()

    async def close() -> None:
        await preferences.aclose()
        await embeddings.aclose()
        await asyncio.to_thread(executor.close, EXECUTOR_SECONDS)
        for each in (read_executor, side_executor, transfer_executor, search_executor, pattern_executor):
            await asyncio.to_thread(each.close, EXECUTOR_SECONDS)
        store.close()

    connection = Connection(
        audience=audience,
        sender=endpoint,
        settings=preferences.now,
        log_path=str(log) if log else None,
    )
    ServerFace(
        endpoint,
        application,
        connection,
        folders=opened,
        buffers=buffers,
        reconfigure=reconfigure,
        close=close,
    )


def _folders(agents: Path) -> "tuple[PatientCheckouts, PatientDocuments, PatientAgentFiles]":
    """What looks at folders of the user: aside, for some may lie on a share that is away."""
    from threadkeep.adapters.agents import MarkdownAgentFiles
    from threadkeep.adapters.aside import (
        BackgroundTasks,
        PatientAgentFiles,
        PatientCheckouts,
        PatientDocuments,
    )
    from threadkeep.adapters.files import Files
    from threadkeep.adapters.git import GitCheckouts
    from threadkeep.adapters.git.uris import path_from_uri

    aside, path_of = BackgroundTasks(), partial(path_from_uri, windows=os.name == "nt")
    return (
        PatientCheckouts(
            checkouts=GitCheckouts(), aside=aside, path_of=path_of, is_on_a_network=_is_on_a_network
        ),
        PatientDocuments(documents=Files(path_of=path_of), aside=aside, path_of=path_of),
        PatientAgentFiles(files=MarkdownAgentFiles(agents), aside=aside),
    )


def _permission_rules(path: Path) -> "PermissionRules":
    from threadkeep.adapters.permissions.rules import PermissionsFile

    return PermissionsFile(path)


def _path_rules() -> "PathRules":
    from threadkeep.domain.paths import path_key
    from threadkeep.domain.workspace_paths import PathRules

    return PathRules(
        platform=sys.platform,
        resolve=os.path.realpath,
        key=partial(path_key, platform=sys.platform),
        home=str(Path.home()),
    )


def _is_on_a_network(folder: Path) -> bool:
    from threadkeep.adapters.store.engine.network_folders import network_type

    return network_type(folder) is not None


def _history(flags: Mapping[str, str | None], folder: Path | None) -> "tuple[History, Callable[[], None]]":
    """What the Model Context Protocol face answers with, and what gives back what it holds.

    folder: whose repository is shown; None for all.
    """
    from threadkeep.adapters.git import GitCheckouts
    from threadkeep.adapters.models.key_ring import KeyRing
    from threadkeep.adapters.runtime import ThreadExecutor, Uuid7Ids
    from threadkeep.adapters.store import open_read_only
    from threadkeep.adapters.store.lazy import LazyStore
    from threadkeep.faces.mcp.tools import History
    from threadkeep.logs import set_up_logs
    from threadkeep.usecases.order import ChangeCounter, ConsistentReader
    from threadkeep.usecases.repositories.repositories import Repositories
    from threadkeep.usecases.search.lookup import Lookup
    from threadkeep.usecases.search.searching import Searching

    environ, places, loaded = _settings_without_a_client(flags)
    settings = loaded.settings
    set_up_logs(places.log_file, level=settings.log_level)
    nothing = _no_store(settings.store.path, loaded.store_warnings)
    store = LazyStore(partial(open_read_only, settings.store.path, nothing))
    executor = ThreadExecutor("threadkeep-mcp-executor")
    reads = ConsistentReader(read_executor=executor, executor=executor, news=ChangeCounter(lambda _: None))
    repositories = Repositories(
        checkouts=GitCheckouts(), ids=Uuid7Ids(), folders=tuple, learn=lambda *_: None
    )
    searching = Searching(
        store=store,
        repositories=repositories,
        reads=reads,
        search_executor=executor,
        pattern_executor=executor,
        patterns=_patterns,
        embeddings=_embeddings(lambda: settings, environ=environ, run=executor, ring=KeyRing()),
    )
    lookup = Lookup(
        store=store,
        repositories=repositories,
        reads=reads,
        searching=searching,
        folder=folder.as_uri() if folder else None,
    )

    def close() -> None:
        executor.close(EXECUTOR_SECONDS)
        store.close()

    scope = f"the repository of {folder}" if folder else "all repositories"
    return History(lookup=lookup, scope=scope), close


def _no_store(folder: Path, told: Iterable[str]) -> "StoreUnavailable":
    from threadkeep.domain.errors import StoreUnavailable

    return StoreUnavailable(
        f"No sessions are kept in {folder} yet: they are once somebody has chatted there. If they are kept "
        f"elsewhere, start `threadkeep mcp` with --store. {' '.join(told)}".rstrip()
    )


def _find(store: "Store", words: str, repository_id: str) -> "Sequence[Passage]":
    with store.reading() as records:
        return records.passages(words, repository_id=repository_id, limit=PASSAGES)


def _patterns() -> "Patterns":
    from threadkeep.adapters.patterns import PatternProcesses

    return PatternProcesses()


def _embeddings(
    settings: "Callable[[], Settings]", *, environ: Mapping[str, str], run: "SerialExecutor", ring: "KeyRing"
) -> "ConfiguredEmbeddings":
    from threadkeep.adapters.models.embeddings import ConfiguredEmbeddings, EmbeddingSettings

    def now() -> EmbeddingSettings:
        loaded = settings()
        return EmbeddingSettings(
            model=loaded.semantic.model, folder=loaded.semantic.folder, providers=loaded.providers
        )

    return ConfiguredEmbeddings(now, environ=environ, run=run, ring=ring)


def _transfer_tools(executor: "SerialExecutor", *, store: "Callable[[], Path]") -> "TransferTools":
    from threadkeep.adapters.formats import lossless_formats
    from threadkeep.adapters.plugins import exporters, history_readers, importers
    from threadkeep.adapters.user_files import LocalUserFiles
    from threadkeep.ports.transfer import TransferTools

    return TransferTools(
        executor=executor,
        files=LocalUserFiles(forbidden=store),
        within=_files_within,
        formats=exporters,
        own=lossless_formats,
        readers=history_readers,
        exporters=lambda: exporters().offers(),
        importers=lambda: importers().offers(),
    )


def _files_within(
    folder: "Path", *, wanted: "Callable[[str], bool]"
) -> "Iterator[tuple[str, Path] | TransferProblem]":
    from threadkeep.adapters.histories.files import files_within

    return files_within(folder, wanted=wanted)


def installed_exporters() -> "InstalledPlugins[ExportFormat]":
    """The export formats, for the terminal's help and completion."""
    from threadkeep.adapters.plugins import exporters

    return exporters()


def installed_importers() -> "InstalledPlugins[HistoryReader]":
    """The importers, likewise."""
    from threadkeep.adapters.plugins import importers

    return importers()
