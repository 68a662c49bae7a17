"""What `initialize` takes and what it is answered, as JSON; imports next to nothing."""

from collections.abc import Mapping
from typing import Any

from threadkeep.faces.jsonrpc.messages import Request

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


def initialize_result(name: str, version: str, *, experimental: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to `initialize`, whoever asks: what pygls works out for this server, worked out beforehand.

    experimental: the JSON of `capabilities.experimental`, what the server offers beyond the language server protocol.
    """
    return {
        "capabilities": {
            "positionEncoding": "utf-16",
            "textDocumentSync": {"openClose": True, "change": 2, "save": False},
            "workspace": {
                "workspaceFolders": {"supported": True, "changeNotifications": True},
                "fileOperations": {},
            },
            "experimental": dict(experimental),
        },
        "serverInfo": {"name": name, "version": version},
    }


def early_result(request: Request, *, result: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The result of a first request, if it is an `initialize` that can be accepted."""
    params = request.params
    is_acceptable = (
        request.method == "initialize" and isinstance(params, dict) and not initialize_problems(params)
    )
    return result if is_acceptable else None
