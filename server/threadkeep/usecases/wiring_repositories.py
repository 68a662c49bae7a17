"""What finds repositories, put together from ports: the part of the use cases that all others rest on."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from threadkeep.usecases.beginnings import Beginnings
from threadkeep.usecases.hints import Hints
from threadkeep.usecases.lazy import lazy
from threadkeep.usecases.order import News
from threadkeep.usecases.repositories import Repositories
from threadkeep.values import Value

if TYPE_CHECKING:
    from threadkeep.ports.checkouts import Checkouts
    from threadkeep.ports.store import Store
    from threadkeep.ports.surroundings import Audience, Clock, Ids, Lane


class RepositoryCases(Value):
    """Each made when it is first asked for."""

    __slots__ = ("__dict__",)  # of what is made lazily

    store: "Store"
    clock: "Clock"
    ids: "Ids"
    lane: "Lane"
    checkouts: "Checkouts"
    announce: "Audience"
    folders: Callable[[], Sequence[str]]
    """The URIs that the editor has open, as of now."""
    folders_are_named: Callable[[], bool] = lambda: True
    """Whether an editor named them, or the client just stands in one."""

    @lazy
    def news(self) -> News:
        return News(self.announce)

    @lazy
    def beginnings(self) -> Beginnings:
        return Beginnings(
            store=self.store,
            lane=self.lane,
            clock=self.clock,
            checkouts=self.checkouts,
            learned=lambda repository, commit: self.hints.learned(repository, commit),  # noqa: PLW0108 - made later
        )

    @lazy
    def hints(self) -> Hints:
        return Hints(store=self.store, repositories=self.repositories, announce=self.news)

    @lazy
    def repositories(self) -> Repositories:
        return Repositories(
            checkouts=self.checkouts,
            ids=self.ids,
            folders=self.folders,
            are_named=self.folders_are_named,
            learn=self.beginnings.note,
        )
