"""All use cases, put together from ports."""

from collections.abc import Callable, Sequence

import attrs

from threadkeep.domain.turns import Holder
from threadkeep.ports.checkouts import Checkouts
from threadkeep.ports.preferences import Preferences
from threadkeep.ports.store import Store
from threadkeep.ports.surroundings import Audience, Clock, Ids, Lane
from threadkeep.usecases.beginning import Beginning
from threadkeep.usecases.chat import Chat
from threadkeep.usecases.history import History
from threadkeep.usecases.lifecycle import Lifecycle
from threadkeep.usecases.listing import Listing
from threadkeep.usecases.opening import Opening
from threadkeep.usecases.repositories import Repositories
from threadkeep.usecases.running import Surroundings
from threadkeep.usecases.sessions import Sessions
from threadkeep.usecases.workspace import BranchWatch


@attrs.frozen(kw_only=True)
class UseCases:
    """Everything that a client can do, and the ports that a face needs itself."""

    sessions: Sessions
    opening: Opening
    listing: Listing
    history: History
    lifecycle: Lifecycle
    chat: Chat
    branches: BranchWatch
    preferences: Preferences
    store: Store
    lane: Lane
    clock: Clock


def use_cases(
    *,
    store: Store,
    clock: Clock,
    ids: Ids,
    lane: Lane,
    checkouts: Checkouts,
    preferences: Preferences,
    announce: Audience,
    holder: Callable[[], Holder],
    folders: Callable[[], Sequence[str]],
) -> UseCases:
    """The use cases on these ports. `folders` are the URIs that the editor has open, as of now."""
    repositories = Repositories(checkouts=checkouts, ids=ids, folders=folders)
    sessions = Sessions(
        store=store,
        clock=clock,
        ids=ids,
        repositories=repositories,
        preferences=preferences,
        announce=announce,
    )
    around = Surroundings(store=store, clock=clock, lane=lane, repositories=repositories, announce=announce)
    beginning = Beginning(
        store=store, clock=clock, ids=ids, repositories=repositories, preferences=preferences, holder=holder
    )
    chat = Chat(around, beginning)
    return UseCases(
        sessions=sessions,
        opening=Opening(
            store=store, clock=clock, repositories=repositories, sessions=sessions, announce=announce
        ),
        listing=Listing(store=store, repositories=repositories),
        history=History(store=store, repositories=repositories),
        lifecycle=Lifecycle(
            store=store,
            clock=clock,
            ids=ids,
            lane=lane,
            repositories=repositories,
            chat=chat,
            announce=announce,
        ),
        chat=chat,
        branches=BranchWatch(
            checkouts=checkouts, repositories=repositories, store=store, announce=announce, folders=folders
        ),
        preferences=preferences,
        store=store,
        lane=lane,
        clock=clock,
    )
