"""Names that were once private language stay gone, in favour of the field's own."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVER = Path(__file__).parents[1] / "server" / "threadkeep"

MODULES = {
    "usecases.surroundings": "usecases.store_context",
    "usecases.wiring": "usecases.application",
    "usecases.wiring_repositories": "usecases.application",
    "usecases.beginning": "usecases.chat.turn_start",
    "usecases.recovery": "usecases.chat.turn_end",
    "usecases.running": "usecases.chat.turn_runner",
    "usecases.running_turns": "usecases.chat.turn_registry",
    "usecases.beginnings": "usecases.repositories.root_commits",
    "usecases.looking": "usecases.repositories.prefetch",
    "usecases.workspace": "usecases.repositories.branch_watch",
    "usecases.once": "usecases.order",
    "usecases.reading": "usecases.order",
    "usecases.sides": "usecases.chat.prompt_context",
    "usecases.context": "usecases.chat.prompt_context",
    "adapters.store.private": "adapters.store.routing",
    "usecases.beside": "usecases.chat.turn_end",
    "usecases.pending_steps": "usecases.application",
    "ports.surroundings": "ports.runtime",
    "adapters.surroundings": "adapters.runtime",
    "adapters.store.pokes": "adapters.store.engine.processes",
    "adapters.store.owners": "adapters.store.engine.processes",
    "adapters.store.doctor_mending": "adapters.store.doctor.repairs",
    "adapters.store.sqlite_storage": "adapters.store.engine.storage",
    "adapters.store.sqlite_table": "adapters.store.engine.table",
    "adapters.store.sqlite_errors": "adapters.store.engine.errors",
    "adapters.store.sqlite_records": "adapters.store.records",
    "adapters.store.sqlite_changes": "adapters.store.changes",
    "faces.lsp.handlers.others": "faces.lsp.handlers",
    "faces.lsp.asking": "faces.jsonrpc.client_requests",
    "faces.lsp.descriptors": "faces.jsonrpc.stdio",
    "faces.lsp.greeting": "faces.jsonrpc.early_initialize",
    "faces.lsp.parent": "faces.jsonrpc.parent_watch",
    "faces.lsp.rpc": "faces.jsonrpc.dispatch",
    "client.asking": "client.client",
}
CLASSES = {
    "Surroundings": "StoreContext",
    "Lane": "SerialExecutor",
    "ThreadLane": "ThreadExecutor",
    "ThreadLanes": "ThreadExecutors",
    "Beginning": "TurnStarter, RootCommit or EarlyInitialize",
    "Beginnings": "RootCommits",
    "Opening": "SessionOpener",
    "Opened": "OpenResult, OpenSource or OpenChat",
    "Asking": "ModelCall or ClientRequests",
    "Glances": "CheckoutSnapshot",
    "Looking": "Prefetching",
    "Pokes": "Wakeups",
    "Place": "CursorKey or JsonPath",
    "Once": "IdempotencyKey",
    "AnsweredBefore": "Replayed",
    "News": "ChangeCounter",
    "Reads": "ConsistentReader",
    "Aside": "BackgroundTasks or SideAnswer",
    "Beside": "AnswerExtras",
    "OwnFormat": "LosslessFormat",
    "UseCases": "Application",
    "RunningTurn": "TurnRunner",
    "RunningTurns": "TurnRegistry",
    "PrivateStore": "RoutingStore",
    "Bedside": "RepairContext",
    "Marks": "Annotations",
    "Retelling": "MarkdownRoundTrip",
    "Telling": "MessageTexts",
    "AlreadyTold": "AlreadyReported",
}
FUNCTIONS = {
    "foreseen": "predicted",
    "looked_at_session": "prefetched_for_session",
    "looked_at_place": "prefetched",
    "poke": "wake",
    "poked": "wakeup_fd",
    "heard": "drain",
    "settle": "interrupt_orphan, record_match, make_durable or flush",
    "tidy": "run_maintenance",
    "recall": "replay",
    "said_beside": "answer_side_request",
    "begin_beside": "begin_alternative",
    "with_beside": "with_extras",
    "heed": "request_cancel",
    "bury": "reap_dead_owners",
    "hurry": "wake",
    "meet": "probe_if_new",
    "own_formats": "lossless_formats",
    "meant": "resolve",
    "chosen": "resolve_or_create",
    "bedside": "context",
    "nonsense": "unexpected_response",
    "told": "message, label or reporting",
    "tell": "announce or report",
    "tell_end": "announce_end",
    "tell_session": "announce_session",
    "tell_emptied": "announce_emptied",
    "hints_told": "showing_hints",
    "warnings_told": "showing_warnings",
}


OF_FILES = ("adapters/histories/chatgpt.py", "tell")
"""Python's own name of where a file is read."""


def definitions() -> Iterator[tuple[str, str, str]]:
    """Of each class and function the file, its kind and its name."""
    for path in sorted(SERVER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield path.relative_to(SERVER).as_posix(), "class", node.name
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path.relative_to(SERVER).as_posix(), "function", node.name


@pytest.mark.parametrize("module", MODULES)
def test_a_module_that_was_renamed_stays_gone(module: str) -> None:
    assert not (SERVER / f"{module.replace('.', '/')}.py").exists(), f"it is {MODULES[module]} now"


def test_the_modules_that_took_their_places_are_there() -> None:
    for module in MODULES.values():
        path = SERVER / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__init__.py").exists(), module


@pytest.mark.parametrize(("kind", "gone"), [("class", CLASSES), ("function", FUNCTIONS)])
def test_a_class_or_function_that_was_renamed_stays_gone(kind: str, gone: dict[str, str]) -> None:
    found = [(file, name) for file, is_kind, name in definitions() if is_kind == kind and name in gone]
    assert [(*each, gone[each[1]]) for each in found if each != OF_FILES] == []
