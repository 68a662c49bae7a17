"""Putting away by itself what nobody has used for long, where the settings ask for it; never silently."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from threadkeep.domain.events import StoreWarned
from threadkeep.ports.preferences import Preferences
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.values import Value

if TYPE_CHECKING:
    from threadkeep.usecases.sessions.bulk import Bulk

logger = logging.getLogger(__name__)


class Retention(Value):
    """What `store/cleanup` does on request, done as the settings say."""

    bulk: Callable[[], "Bulk"]
    preferences: Preferences

    async def keep(self) -> None:
        """Puts old sessions into the trash and erases what lay there for `TRASH_DAYS`; tells what it did."""
        days = self.preferences.retention_days
        if days is None:
            return
        from threadkeep.usecases.sessions.bulk import TRASH_DAYS  # few ask for this

        bulk = self.bulk()
        swept = await bulk.clean_up(
            timedelta(days=days), SessionFilter(archived="include"), dry_run=False, purge_trash=True
        )
        told = []
        if swept.count:
            told.append(
                f"Put into the trash, because nobody has used them for {days} days: {_sessions(swept.count)}. They "
                f"can be restored for {TRASH_DAYS} days."
            )
        if swept.purged:
            told.append(
                f"Erased, because they lay in the trash for {TRASH_DAYS} days: {_sessions(swept.purged)}."
            )
        if told:
            logger.info("%s", " ".join(told))
            bulk.context.announce(StoreWarned(kind="retention", message=" ".join(told)))


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"
