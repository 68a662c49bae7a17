"""The life cycle and text documents of LSP: raw messages into pygls' own types, and back."""

import enum
import re
from collections.abc import Mapping
from typing import Any

import attrs
from lsprotocol import types

MIRRORED = frozenset(
    {
        types.SET_TRACE,
        types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS,
        types.WINDOW_WORK_DONE_PROGRESS_CANCEL,
    }
)
"""Notifications that pygls itself takes note of; open documents are kept by `open_buffers`."""
UNSUPPORTED = frozenset(
    {
        types.WORKSPACE_EXECUTE_COMMAND,
        types.NOTEBOOK_DOCUMENT_DID_OPEN,
        types.NOTEBOOK_DOCUMENT_DID_CHANGE,
        types.NOTEBOOK_DOCUMENT_DID_CLOSE,
    }
)
"""Methods that pygls would announce or handle and this server has no use for."""

Problem = dict[str, str]


def initialize_problems(params: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the params of `initialize`: only the members that are used are looked at."""
    expected = {
        "processId": (int, "must be an integer or null"),
        "rootUri": (str, "must be a string or null"),
        "capabilities": (dict, "must be an object"),
        "clientInfo": (dict, "must be an object"),
        "workspaceFolders": (list, "must be an array or null"),
    }
    problems = [
        {"field": name, "message": message}
        for name, (kind, message) in expected.items()
        if params.get(name) is not None
        and (not isinstance(params[name], kind) or isinstance(params[name], bool))
    ]
    folders = params.get("workspaceFolders")
    for index, folder in enumerate(folders if isinstance(folders, list) else ()):
        if not isinstance(folder, dict) or not isinstance(folder.get("uri"), str):
            problems.append(
                {"field": f"workspaceFolders[{index}]", "message": "must be an object with a uri"}
            )
    return problems


def initialize_params(params: Mapping[str, Any]) -> types.InitializeParams:
    """What pygls needs of checked params, made without the converter: structuring them all takes its time,
    and a value of a newer LSP in some capability must not fail the handshake.
    """
    return types.InitializeParams(
        root_uri=params.get("rootUri"),
        workspace_folders=[
            types.WorkspaceFolder(uri=folder["uri"], name=str(folder.get("name", "")))
            for folder in params.get("workspaceFolders") or ()
        ],
        # no position encodings: everything here counts UTF-16 code units, which every client must know
        capabilities=types.ClientCapabilities(),
    )


def to_json(value: Any) -> Any:
    """The JSON of lsprotocol's and pygls' own objects; only None is left out, never False, 0 or a tag."""
    if isinstance(value, enum.Enum):
        return value.value
    if attrs.has(type(value)):
        members = ((field.name, getattr(value, field.name)) for field in attrs.fields(type(value)))
        return {_camel(name): to_json(member) for name, member in members if member is not None}
    if isinstance(value, Mapping):
        return {name: to_json(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(member) for member in value]
    return value


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)
