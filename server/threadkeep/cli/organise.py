"""The commands of the trash, of tags, and of the clean-up."""

import argparse
import json
from typing import Any

from threadkeep.cli import formats
from threadkeep.cli.failures import CommandFailed
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client
from threadkeep.client.reading import read
from threadkeep.protocol.types.lifecycle import SessionResult
from threadkeep.protocol.types.organise import CleanUpResult
from threadkeep.protocol.types.sessions import Session

Actions = Any
"""What argparse gives for adding commands to a command."""

_STATES = {
    "delete": ("session/delete", "put sessions into the trash", "is in the trash"),
    "restore": ("session/restore", "take sessions out of the trash", "is back"),
    "archive": ("session/archive", "take sessions out of the ordinary lists", "is archived"),
    "unarchive": ("session/unarchive", "put archived sessions back", "is back in the lists"),
    "end": ("session/end", "end sessions for good: they can be read, exported, forked", "has ended"),
}


def add_session_commands(actions: Actions, listing: argparse.ArgumentParser) -> None:
    """Adds `sessions delete`, `restore`, `purge`, `tag`, ..."""
    for name, (_, text, _) in _STATES.items():
        state = actions.add_parser(name, parents=[listing], help=text)
        _add_ids(state)
        state.set_defaults(command=f"sessions {name}", show=_change_states)
    purge = actions.add_parser("purge", parents=[listing], help="erase sessions of the trash for good")
    _add_ids(purge)
    purge.add_argument("--yes", action="store_true", help="do not ask")
    purge.set_defaults(command="sessions purge", show=_purge)
    tag = actions.add_parser("tag", parents=[listing], help="label and mark sessions")
    _add_ids(tag)
    tag.add_argument("--add", action="append", default=[], metavar="TAG", help="label them; repeatable")
    tag.add_argument("--remove", action="append", default=[], metavar="TAG", help="take a label away")
    tag.add_argument(
        "--favourite", action=argparse.BooleanOptionalAction, help="mark them as favourites, or not"
    )
    tag.set_defaults(command="sessions tag", show=_tag)


def add_store_commands(actions: Actions, listing: argparse.ArgumentParser) -> None:
    """Adds `store cleanup`."""
    cleanup = actions.add_parser(
        "cleanup",
        parents=[listing],
        help="put sessions into the trash that nobody has used for long",
        description="Tells which sessions are old; with --apply they go into the trash, where they can be taken "
        "out for 30 days. Favourites and tagged sessions always stay.",
    )
    cleanup.add_argument(
        "--older-than", required=True, metavar="AGE", help="hours or days without use, e.g. 12h or 90d"
    )
    cleanup.add_argument("--apply", action="store_true", help="do it; without, it is only told")
    cleanup.add_argument(
        "--purge-trash", action="store_true", help="also erase what has been in the trash for 30 days"
    )
    cleanup.set_defaults(command="store cleanup", show=_clean_up)


async def _change_states(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    method, _, told = _STATES[options.command.removeprefix("sessions ")]
    results = [await client.call(method, {"sessionId": session_id}) for session_id in options.ids]
    _tell(results, told, options, terminal)
    return 0


async def _purge(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    if not options.yes:
        many = formats.plural(len(options.ids), "session")
        if not terminal.is_interactive:
            raise CommandFailed(f"this erases {many} for good: say --yes")
        terminal.write(f"Erase {many} for good? [y/N] ")
        if terminal.keyboard.readline().strip().lower() not in {"y", "yes"}:
            return 1
    for session_id in options.ids:
        await client.purge_session(session_id)
        terminal.note(f"{session_id} is erased")
    return 0


async def _tag(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    if not (options.add or options.remove or options.favourite is not None):
        raise CommandFailed("say what to change: --add TAG, --remove TAG, --favourite or --no-favourite")
    results = [await _tagged(client, session_id, options) for session_id in options.ids]
    _tell(results, "is changed", options, terminal)
    return 0


async def _tagged(client: Client, session_id: str, options: argparse.Namespace) -> Any:
    session = (await client.get_session(session_id)).session
    patch: dict[str, Any] = {"sessionId": session_id, "expectedRevision": session.revision}
    if options.add or options.remove:
        patch["tags"] = sorted({*session.tags, *options.add} - set(options.remove))
    if options.favourite is not None:
        patch["isFavourite"] = options.favourite
    return await client.call("session/update", patch)


async def _clean_up(client: Client, options: argparse.Namespace, terminal: Terminal) -> int:
    params = {
        "olderThan": options.older_than,
        "dryRun": not options.apply,
        "purgeTrash": options.purge_trash,
    }
    result = await client.call("store/cleanup", params)
    if options.json:
        terminal.say(json.dumps(result, ensure_ascii=False, indent=2))
        return 0
    for line in clean_up_lines(result, is_applied=options.apply):
        terminal.say(formats.one_line(line))
    return 0


def clean_up_lines(result: Any, *, is_applied: bool) -> list[str]:
    """What was done, or would be."""
    found = read(result, CleanUpResult)
    trashed, erased = (
        ("Into the trash", "Erased") if is_applied else ("Would go into the trash", "Would be erased")
    )
    lines = [_line(session) for session in found.sample]
    if found.count > len(found.sample):
        lines.append(f"… and {found.count - len(found.sample):,} more")
    lines.append(f"{trashed}: {formats.plural(found.count, 'session')}")
    if found.kept:
        lines.append(f"Old, and kept as favourite, tagged or busy: {formats.plural(found.kept, 'session')}")
    if found.purged:
        lines.append(f"{erased}: {formats.plural(found.purged, 'session')}")
    lines.append(f"The store takes {formats.size(found.bytes)}")
    if not is_applied and (found.count or found.purged):
        lines.append("Nothing was changed: say --apply to do it")
    return lines


def _add_ids(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="+", metavar="ID", help="a session's id, as `sessions list` shows it")


def _tell(results: list[Any], told: str, options: argparse.Namespace, terminal: Terminal) -> None:
    if options.json:
        terminal.say(json.dumps(results, ensure_ascii=False, indent=2))
        return
    for result in results:
        terminal.say(f"{_line(read(result, SessionResult).session)} {told}")


def _line(session: Session) -> str:
    return f"{session.id}  {formats.one_line(session.title)}"
