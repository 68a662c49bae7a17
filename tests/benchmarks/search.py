"""Searching a big store, in this process.

Alone: `python -m tests.benchmarks.search`, by default on 200,000 messages; `--messages 1000000` for the
size that the goals are meant for.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import apsw

from tests.benchmarks.figures import Figure, Yardstick, timed
from tests.benchmarks.filling import TEMPLATES, Filling, session_id, session_key
from tests.benchmarks.report import Report, machine, markdown
from threadkeep.adapters.runtime import SystemClock
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.opening import DATABASE
from threadkeep.domain.search import parse_words, snippet
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.ports.store import Store

FOUND: Final = 20
LISTED: Final = SessionFilter()
RARE: Final = 1_000
"""Messages that a word to be ranked by stands in, at least where the store is big enough."""


class Words:
    """Words of the store by how many of its messages they stand in."""

    def __init__(self, filling: Filling) -> None:
        with filling.store.reading() as records:
            texts = [
                message.content
                for number in range(min(TEMPLATES, filling.sessions))
                for message in records.all_messages(session_id(number))
            ]
        counted = Counter(word for text in texts for word in set(text.split()))
        self._share = {word: count / len(texts) for word, count in counted.items()}
        self._messages = filling.messages

    def near(self, share: float) -> str:
        """A word that stands in about that share of all messages."""
        return min(self._share, key=lambda word: (abs(self._share[word] - share), word))


def figures(filling: Filling, *, count: int) -> list[Figure]:
    """On the store as it is filled now; the yardstick is SQLite's index alone on the same file."""
    words = Words(filling)
    common, usual, rare = words.near(1.0), words.near(0.01), words.near(RARE / max(filling.messages, 1))
    key = session_key(filling.sessions // 2)
    repository = SessionFilter(repository_id=key.repository_id)
    actions: Mapping[str, tuple[str, str, Callable[[], object], float]] = {
        "newest": ("newest 20 with a common word", common, newest(filling.store, common), 5),
        "words": (
            "newest 20 with two words",
            f"{common} {usual}",
            newest(filling.store, f"{common} {usual}"),
            5,
        ),
        "rare": ("newest 20 with a rare word", rare, newest(filling.store, rare), 5),
        "prefix": ("newest 20 with a beginning", usual, newest(filling.store, f"{usual[:3]}*"), 5),
        "filtered": (
            "newest 20 in one repository of many",
            usual,
            newest(filling.store, usual, repository),
            50,
        ),
        "task": (
            "newest 20 in one task of many",
            common,
            newest(filling.store, common, SessionFilter(repository_id=key.repository_id, task=key.task)),
            50,
        ),
        "none": (
            "none, where a common word is in no wanted session",
            common,
            newest(filling.store, common, SessionFilter(status=frozenset({"paused"}))),
            50,
        ),
        "ranked": ("best 20 with a rare word", rare, _ranked(filling.store, rare), 20),
        "too_common": ("a word too common to be ranked", common, _ranked(filling.store, common), 20),
    }
    raw = apsw.Connection(str(filling.folder / DATABASE), flags=apsw.SQLITE_OPEN_READONLY)
    found = []
    for id_, (what, word, ours, goal) in actions.items():
        taken = timed({"ours": ours, "raw": raw_newest(raw, word)}, count, unit="ms")
        yardstick = Yardstick(what="ids of the newest 20 with a word, raw", values=taken["raw"])
        found.append(
            Figure(
                id=f"search.{id_}", what=what, unit="ms", values=taken["ours"], yardstick=yardstick, goal=goal
            )
        )
    raw.close()
    return found


def common_word(filling: Filling) -> str:
    """The word that stands in more messages than any other."""
    return Words(filling).near(1.0)


def newest(store: Store, query: str, wanted: SessionFilter = LISTED) -> Callable[[], object]:
    """A search for the newest, and what is shown of each."""
    parsed = parse_words(query)

    def search() -> None:
        with store.reading() as records:
            for text in records.found_texts(parsed, wanted, limit=FOUND):
                snippet(text.text, parsed.ranges(text.text))

    return search


def _ranked(store: Store, query: str) -> Callable[[], object]:
    parsed = parse_words(query)

    def search() -> None:
        with store.reading() as records:
            texts = records.ranked_texts(parsed, LISTED, limit=FOUND, most=2_000)
            if texts is None:
                texts = records.found_texts(parsed, LISTED, limit=FOUND)
            for text in texts:
                snippet(text.text, parsed.ranges(text.text))

    return search


def raw_newest(connection: apsw.Connection, words: str) -> Callable[[], object]:
    """What the index alone says."""
    sql = "SELECT rowid FROM message_text WHERE message_text MATCH ? ORDER BY rowid DESC LIMIT 20"
    return lambda: connection.execute(sql, (words,)).fetchall()


def main() -> None:
    """Fills a store and measures."""
    parser = argparse.ArgumentParser(description="Searching, on a store of its own.")
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--count", type=int, default=100, help="repetitions of each search")
    parser.add_argument("--folder", type=Path, help="where to work: a real disk, not one in memory")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder, ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        filling = Filling(folder=folder / "store", store=open_store(folder / "store", clock=SystemClock()))
        filling.begin()
        filling.grow_to(given.messages)
        found = figures(filling, count=given.count)
        filling.store.close()
        seconds = {"filling": filling.seconds}
        stored = f"{filling.messages:,} messages in {filling.sessions:,} sessions"
        print(markdown(Report(machine=machine(), stored=stored, seconds=seconds, figures=found, tables=[])))


if __name__ == "__main__":
    main()
