"""Finds the session that a chat is about."""

import argparse
from pathlib import Path

from threadkeep.cli.failures import CommandFailed
from threadkeep.client import Client
from threadkeep.protocol.types.hints import RepositoryHint
from threadkeep.protocol.types.lifecycle import CreateSessionParams
from threadkeep.protocol.types.messages import Message
from threadkeep.protocol.types.server import ListModelsParams
from threadkeep.protocol.types.sessions import Session
from threadkeep.values import Value

TAIL_MESSAGES = 6


class OpenChat(Value):
    """A session, and what is needed to show it."""

    session: Session
    """The session."""
    messages: tuple[Message, ...] = ()
    """Its newest messages, oldest first."""
    has_older: bool = False
    """Whether there are more than these."""
    hint: RepositoryHint | None = None
    """What may belong here as well."""
    default_model: str
    """The model that answers where a session sets none."""
    problems: tuple[str, ...] = ()
    """What is wrong with the settings, to be shown before anything is sent."""


def workspace_of(options: argparse.Namespace) -> Path:
    """The folder that `--repo` names, or the current one.

    Raises:
        CommandFailed: there is no such folder.
    """
    folder = Path(options.repo).expanduser() if options.repo else Path.cwd()
    if not folder.is_dir():
        raise CommandFailed(f"there is no folder {options.repo}: give --repo a folder of the repository")
    return folder.resolve()


async def open_for_chat(client: Client, options: argparse.Namespace) -> OpenChat:
    """The current session of the key, or with `--new` a new one."""
    listed = await client.request(ListModelsParams(refresh=False))
    default_model = listed.default
    if options.new:
        made = await client.request(CreateSessionParams(task=options.task, workflow=options.workflow))
        return OpenChat(session=made.session, default_model=default_model, problems=listed.problems or ())
    opened = await client.open_session(task=options.task, workflow=options.workflow, limit=TAIL_MESSAGES)
    if opened.session is None:
        raise CommandFailed("the server opened no session: start a new one with --new")
    return OpenChat(
        session=opened.session,
        messages=opened.messages,
        has_older=opened.before_cursor is not None,
        hint=opened.hint,
        default_model=default_model,
        problems=opened.problems or (),
    )
