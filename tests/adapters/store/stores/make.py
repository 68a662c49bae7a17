"""Writes the store of the present schema version beside this file: `python -m tests.adapters.store.stores.make`.

Run it once, before a new version of the schema is begun; the files of earlier versions stay as they are.
"""

import gzip
import tempfile
from pathlib import Path
from typing import Final

from tests.support.store import (
    FixedClock,
    a_message,
    a_session,
    a_turn,
    an_attachment,
    an_event,
    an_outcome,
    at,
)
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.migrations import Schema
from threadkeep.domain.messages import Message, Range, TimelineEvent, Usage, text_part
from threadkeep.domain.repositories import Alias, Repository
from threadkeep.domain.sessions import LastMessage, Link
from threadkeep.ports.store import Changes, Draft
from threadkeep.values import evolve

FOLDER: Final = Path(__file__).parent

REPOSITORY: Final = Repository(
    id="r1",
    name="app",
    aliases=(
        Alias(kind="commonDir", value="/code/app/.git"),
        Alias(kind="origin", value="example.com/ann/app"),
    ),
    roots=("/code/app",),
    remote="example.com/ann/app",
)
SESSION: Final = a_session(
    title="Größe 🌊",
    title_source="user",
    head_id="m4",
    message_count=4,
    agent_switch_count=1,
    links=(Link(kind="issue", value="7", url="https://example.com/7"),),
    tags=("a", "b"),
    is_favourite=True,
    note="n",
    metadata={"_meta": [1, None]},
    last_message=LastMessage(role="user", preview="Und der Wal?", at=at(5)),
    usage=Usage(input_tokens=3, output_tokens=5, cost=0.25),
    seq=7,
    running_turn_id="t2",
    activity="running",
)
ENDED: Final = a_session("s2", status="ended", archived_at=at(9), title="Old")


def messages() -> list[Message]:
    """A question with an attachment, its answer, an entry of the timeline, another question, half an answer."""
    place = Range(start_line=1, start_character=0, end_line=2, end_character=3)
    asked = a_message("m1", seq=1, parts=(text_part("How big is a whale?"), an_attachment(range_=place)))
    answer = a_message(
        "m2", seq=2, role="assistant", parent_id="m1", text="Big, 鲸鱼.", turn_id="t1", agent="assistant",
        model="m", provider="p", usage=Usage(input_tokens=3, output_tokens=5, cost=0.25), completed_at=at(3),
    )  # fmt: skip
    event = TimelineEvent(kind="agentSwitched", at=at(4), from_="assistant", to="coder", reason="why not")
    entry = a_message("e1", seq=4, role="event", parent_id="m2", event=event)
    again = a_message("m3", seq=5, parent_id="e1", text="Und der Wal?")
    half = a_message("m4", seq=6, role="assistant", status="streaming", parent_id="m3", turn_id="t2")
    return [asked, answer, entry, again, half]


def fill(changes: Changes) -> None:
    """Everything that a store can hold."""
    changes.put_repository(REPOSITORY)
    changes.put_session(SESSION)
    changes.put_session(ENDED)
    for message in messages():
        changes.put_message(message)
    usage = Usage(input_tokens=3, output_tokens=5, cost=0.25)
    changes.put_turn(a_turn("t1", status="completed", ended_at=at(3), user_message_id="m1", usage=usage))
    changes.put_turn(a_turn("t2", message_id="m4", user_message_id="m3"))
    changes.append_journal("m4", "text", "Der Wal ")
    changes.append_journal("m4", "text", "ist")
    changes.put_event(evolve(an_event(7), kind="turnStarted", message_id="m4", turn_id="t2"))
    changes.put_draft(Draft(session_id="s1", window_id="w", text="and", scroll="3", at=at(6)))
    changes.put_outcome(an_outcome("k", at(6)))
    changes.make_current(SESSION)
    changes.make_current(SESSION, window_id="w")


def main() -> None:
    """Writes the file."""
    file = FOLDER / f"v{Schema().version}.db.gz"
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder), clock=FixedClock())
        with store.writing() as changes:
            fill(changes)
        store.close()
        data = (Path(folder) / "threadkeep.db").read_bytes()
    file.write_bytes(gzip.compress(data, mtime=0))
    print(f"wrote {file.name}, {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
