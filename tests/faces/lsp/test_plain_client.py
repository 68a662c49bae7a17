"""A plain LSP client, as any editor has one, gets a correct server."""

from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pygls.exceptions import JsonRpcMethodNotFound
from pytest_lsp import ClientServerConfig, LanguageClient

from tests.support.wire import python

SERVER = Path(__file__).parents[2] / "support" / "wire_server.py"
URI = "file:///w/a.py"


@pytest_lsp.fixture(config=ClientServerConfig(server_command=python(str(SERVER))))
async def client(lsp_client: LanguageClient):  # type: ignore[no-untyped-def] # the plug-in drives the generator
    params = types.InitializeParams(capabilities=pytest_lsp.client_capabilities("visual-studio-code"))
    await lsp_client.initialize_session(params)
    yield
    await lsp_client.shutdown_session()


@pytest.mark.medium
async def test_a_document_is_opened_changed_and_closed_without_an_error(client: LanguageClient) -> None:
    document = types.TextDocumentItem(uri=URI, language_id="python", version=1, text="one\n")
    client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=document))
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            text_document=types.VersionedTextDocumentIdentifier(uri=URI, version=2),
            content_changes=[types.TextDocumentContentChangeWholeDocument(text="two\n")],
        )
    )
    with pytest.raises(JsonRpcMethodNotFound):  # it is not announced, so no client asks in earnest
        await client.text_document_hover_async(
            types.HoverParams(
                text_document=types.TextDocumentIdentifier(uri=URI),
                position=types.Position(line=0, character=0),
            )
        )
    closed = types.TextDocumentIdentifier(uri=URI)
    client.text_document_did_close(types.DidCloseTextDocumentParams(text_document=closed))
    assert client.messages == []
    assert client.log_messages == []
