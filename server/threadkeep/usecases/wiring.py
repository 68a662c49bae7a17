"""All use cases, put together from ports."""

from collections.abc import Callable, Collection, Sequence

import attrs

from threadkeep.domain.turns import Holder
from threadkeep.ports.agents import AgentFiles
from threadkeep.ports.checkouts import Checkouts
from threadkeep.ports.documents import Documents
from threadkeep.ports.embeddings import Embeddings
from threadkeep.ports.preferences import Preferences
from threadkeep.ports.prices import Prices
from threadkeep.ports.store import Store
from threadkeep.ports.surroundings import Audience, Clock, Ids, Lane
from threadkeep.ports.transfer import TransferTools
from threadkeep.ports.upkeep import Upkeep
from threadkeep.usecases.agents import Agents
from threadkeep.usecases.beginning import Beginning
from threadkeep.usecases.beginnings import Beginnings
from threadkeep.usecases.branches import Branches
from threadkeep.usecases.bulk import Bulk
from threadkeep.usecases.chat import Chat
from threadkeep.usecases.context import Context
from threadkeep.usecases.embedding import Embedding
from threadkeep.usecases.exporting import Exporting
from threadkeep.usecases.following import Following
from threadkeep.usecases.foreign_repositories import ForeignRepositories
from threadkeep.usecases.history import History
from threadkeep.usecases.import_sources import Sources
from threadkeep.usecases.importing import Importing
from threadkeep.usecases.lifecycle import Lifecycle
from threadkeep.usecases.listing import Listing
from threadkeep.usecases.marks import Marks
from threadkeep.usecases.moving import Moving
from threadkeep.usecases.opening import Opening
from threadkeep.usecases.order import SessionOrder
from threadkeep.usecases.reading import News, Reads
from threadkeep.usecases.repositories import Repositories
from threadkeep.usecases.repository_lists import RepositoryLists
from threadkeep.usecases.retention import Retention
from threadkeep.usecases.running import Surroundings
from threadkeep.usecases.searching import Searching
from threadkeep.usecases.sessions import Sessions
from threadkeep.usecases.titles import Titles
from threadkeep.usecases.trash import Trash
from threadkeep.usecases.upkeep import StoreCare
from threadkeep.usecases.usage import UsageSummaries
from threadkeep.usecases.workspace import BranchWatch


@attrs.frozen(kw_only=True)
class UseCases:
    """Everything that a client can do, and the ports that a face needs itself."""

    sessions: Sessions
    opening: Opening
    listing: Listing
    repository_lists: RepositoryLists
    usage: UsageSummaries
    moving: Moving
    beginnings: Beginnings
    history: History
    lifecycle: Lifecycle
    chat: Chat
    trash: Trash
    bulk: Bulk
    retention: Retention
    branches: Branches
    marks: Marks
    branch_watch: BranchWatch
    following: Following
    preferences: Preferences
    store: Store
    store_care: StoreCare
    exporting: Exporting
    importing: Importing
    searching: Searching
    embedding: Embedding
    lane: Lane
    reads: Reads
    clock: Clock
    documents: Callable[[], Documents]
    order: SessionOrder


def use_cases(
    *,
    store: Store,
    clock: Clock,
    ids: Ids,
    lane: Lane,
    read_lane: Lane,
    side_lane: Lane,
    upkeep: Upkeep,
    upkeep_lane: Lane,
    search_lane: Lane,
    embeddings: Embeddings,
    transfer: TransferTools,
    prices: Prices,
    checkouts: Checkouts,
    preferences: Preferences,
    announce: Audience,
    holder: Callable[[], Holder],
    agent_files: AgentFiles,
    trusted_roots: Callable[[], Sequence[str]],
    documents: Callable[[], Documents],
    folders: Callable[[], Sequence[str]],
    followed: Callable[[], Collection[str]],
) -> UseCases:
    """The use cases on these ports.

    folders: the URIs that the editor has open, as of now. trusted_roots: the paths of those whose own
    agents may be used. followed: the sessions that the client wants to hear. documents: what the editor shows at the moment; called on the event loop.
    """
    news = News(announce)
    reads = Reads(read_lane=read_lane, lane=lane, news=news)
    agents = Agents(preferences=preferences, files=agent_files, trusted_roots=trusted_roots)
    beginnings = Beginnings(store=store, lane=lane, clock=clock, checkouts=checkouts)
    repositories = Repositories(checkouts=checkouts, ids=ids, folders=folders, learn=beginnings.note)
    sessions = Sessions(
        store=store,
        clock=clock,
        ids=ids,
        repositories=repositories,
        preferences=preferences,
        agents=agents,
        announce=news,
    )
    around = Surroundings(
        store=store,
        clock=clock,
        lane=lane,
        side_lane=side_lane,
        repositories=repositories,
        prices=prices,
        announce=news,
    )
    order = SessionOrder()
    chat = _chat(
        around, order, ids=ids, preferences=preferences, agents=agents, holder=holder, documents=documents
    )
    trash = Trash(around=around, chat=chat)
    store_care = StoreCare(upkeep=upkeep, store=store, lane=lane, upkeep_lane=upkeep_lane)
    bulk = Bulk(around=around, trash=trash, care=store_care)
    return UseCases(
        sessions=sessions,
        opening=Opening(
            store=store, clock=clock, repositories=repositories, sessions=sessions, announce=news
        ),
        listing=Listing(store=store, repositories=repositories),
        repository_lists=RepositoryLists(store=store, repositories=repositories),
        usage=UsageSummaries(store=store, repositories=repositories),
        searching=Searching(
            store=store,
            repositories=repositories,
            reads=reads,
            search_lane=search_lane,
            embeddings=embeddings,
        ),
        embedding=Embedding(store=store, embeddings=embeddings, lane=upkeep_lane, holder=holder),
        moving=Moving(around=around, reads=reads, beginnings=beginnings),
        beginnings=beginnings,
        history=History(store=store, repositories=repositories),
        lifecycle=Lifecycle(around=around, ids=ids, chat=chat),
        chat=chat,
        trash=trash,
        bulk=bulk,
        retention=Retention(bulk=bulk, preferences=preferences),
        branches=Branches(around=around, ids=ids),
        marks=Marks(around=around),
        branch_watch=BranchWatch(
            checkouts=checkouts, repositories=repositories, store=store, announce=news, folders=folders
        ),
        following=Following(around=around, followed=followed, stop=chat.heed),
        preferences=preferences,
        store=store,
        store_care=store_care,
        exporting=Exporting(around=around, order=order, tools=transfer),
        importing=Importing(
            around=around,
            ids=ids,
            order=order,
            sources=Sources(tools=transfer),
            repositories=ForeignRepositories(store=store, repositories=repositories, ids=ids),
        ),
        lane=lane,
        reads=reads,
        clock=clock,
        documents=documents,
        order=order,
    )


def _chat(
    around: Surroundings,
    order: SessionOrder,
    *,
    ids: Ids,
    preferences: Preferences,
    agents: Agents,
    holder: Callable[[], Holder],
    documents: Callable[[], Documents],
) -> Chat:
    beginning = Beginning(
        store=around.store,
        clock=around.clock,
        ids=ids,
        repositories=around.repositories,
        preferences=preferences,
        agents=agents,
        holder=holder,
    )
    context = Context(around=around, preferences=preferences, documents=documents)
    return Chat(around, beginning, context, Titles(around=around, preferences=preferences), order)
