"""What a renamed folder or branch left behind, on one line with what to type."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from shlex import quote

from threadkeep.cli import formats
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client, ClientError
from threadkeep.protocol.types.hints import RepositoryHint, RepositoryHinted


def hint_lines(hint: RepositoryHint) -> Sequence[str]:
    """One line for each moved repository and each former name of the branch."""
    here = next((formats.path_of(root.uri) for root in hint.repository.roots), str(Path.cwd()))
    elsewhere = "" if Path(here) == Path.cwd() else quote(here)
    repo = f" --repo {elsewhere}" if elsewhere else ""
    lines = []
    for each in hint.repositories:
        if each.kind == "moved":
            root = next(iter(each.repository.roots), None)
            place = f" from {formats.path_of(root.uri)}" if root else ""
            many = formats.plural(each.session_count + each.archived_count, "session")
            bring = f"threadkeep repositories relocate {each.repository.id} {elsewhere}".rstrip()
            lines.append(
                f"Was this folder moved{place}, where you have {many}? `{bring}` brings them along, "
                f"`threadkeep repositories dismiss --other {each.repository.id}{repo}` says no."
            )
    for task in hint.former_tasks:
        again = ", as another branch is now" if task.branch_exists else ""
        many = formats.plural(task.session_count + task.archived_count, "session")
        old, new = quote(task.task), quote(hint.task or "")
        lines.append(
            f"This branch was called {formats.one_line(task.task)}{again}; you have {many} there. "
            f"`threadkeep repositories rename-task {old} {new}{repo}` brings them along, "
            f"`threadkeep repositories dismiss --task {old}{repo}` says no."
        )
    return lines


@asynccontextmanager
async def showing_hints(client: Client, terminal: Terminal) -> AsyncIterator[None]:
    """Writes hints that come while the context is entered."""
    events = client.notifications()

    async def show() -> None:
        with suppress(ClientError):
            async for event in events:
                if isinstance(event, RepositoryHinted):
                    for line in hint_lines(event.hint):
                        terminal.note(line)

    telling = asyncio.create_task(show())
    try:
        yield
    finally:
        telling.cancel()
