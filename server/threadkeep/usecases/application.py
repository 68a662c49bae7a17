"""All use cases, put together from ports; what an editor's start does not need is imported when it is asked for."""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from threadkeep.usecases.agents import Agents
from threadkeep.usecases.chat.turn_registry import TurnRegistry
from threadkeep.usecases.lazy import lazy
from threadkeep.usecases.long_work import LongWork
from threadkeep.usecases.order import ChangeCounter, ConsistentReader, SessionOrder
from threadkeep.usecases.repositories.branch_watch import BranchWatch, NoBranchNews
from threadkeep.usecases.repositories.hints import Hints
from threadkeep.usecases.repositories.repositories import Repositories
from threadkeep.usecases.repositories.root_commits import RootCommits
from threadkeep.usecases.search.embedding import Embedding
from threadkeep.usecases.sessions.following import Following
from threadkeep.usecases.sessions.opening import SessionOpener
from threadkeep.usecases.sessions.sessions import Sessions
from threadkeep.usecases.store_context import NothingOwed, StoreContext
from threadkeep.values import Value, field

if TYPE_CHECKING:
    from threadkeep.domain.turns import Holder
    from threadkeep.domain.workspace_paths import PathRules
    from threadkeep.ports.agents import AgentFiles
    from threadkeep.ports.checkouts import BranchNews, Checkouts
    from threadkeep.ports.documents import Documents
    from threadkeep.ports.embeddings import Embeddings
    from threadkeep.ports.patterns import Patterns
    from threadkeep.ports.pending_records import Pending
    from threadkeep.ports.permissions import PermissionRules
    from threadkeep.ports.preferences import Preferences
    from threadkeep.ports.prices import Prices
    from threadkeep.ports.runtime import Audience, Clock, Ids, SerialExecutor
    from threadkeep.ports.store import Owed, Store
    from threadkeep.ports.transfer import TransferTools
    from threadkeep.ports.upkeep import Upkeep
    from threadkeep.usecases.chat.approvals import Approvals
    from threadkeep.usecases.chat.chat import Chat
    from threadkeep.usecases.repositories.moving import Moving
    from threadkeep.usecases.repositories.repository_lists import RepositoryLists
    from threadkeep.usecases.search.searching import Searching
    from threadkeep.usecases.sessions.branches import Branches
    from threadkeep.usecases.sessions.bulk import Bulk
    from threadkeep.usecases.sessions.history import History
    from threadkeep.usecases.sessions.lifecycle import Lifecycle
    from threadkeep.usecases.sessions.listing import Listing
    from threadkeep.usecases.sessions.marks import Annotations
    from threadkeep.usecases.sessions.retention import Retention
    from threadkeep.usecases.sessions.trash import Trash
    from threadkeep.usecases.steps import Step
    from threadkeep.usecases.transfer.exporting import Exporting
    from threadkeep.usecases.transfer.importing import Importing
    from threadkeep.usecases.upkeep import StoreCare
    from threadkeep.usecases.usage import UsageSummaries


class Application(Value):
    """Everything that a client can do, each made when it is first asked for, and the ports it is made of.

    Any thread may ask.
    """

    __slots__ = ("__dict__",)  # of what is made lazily

    store: "Store"
    clock: "Clock"
    ids: "Ids"
    executor: "SerialExecutor"
    checkouts: "Checkouts"
    announce: "Audience"
    folders: Callable[[], Sequence[str]]
    """The URIs that the editor has open, as of now."""
    folders_are_named: Callable[[], bool] = lambda: True
    """Whether an editor named them, or the client just stands in one."""
    read_executor: "SerialExecutor"
    side_executor: "SerialExecutor"
    upkeep: Callable[[], "Upkeep"]
    """Gives the care for the store, which is loaded then."""
    upkeep_executor: "SerialExecutor"
    search_executor: "SerialExecutor"
    pattern_executor: "SerialExecutor"
    patterns: Callable[[], "Patterns"]
    """Called at each search by a pattern."""
    embeddings: "Embeddings"
    transfer: Callable[[], "TransferTools"]
    """Called at the first export or import."""
    prices: "Prices"
    preferences: "Preferences"
    holder: Callable[[], "Holder"]
    agent_files: "AgentFiles"
    trusted_roots: Callable[[], Sequence[str]]
    """The paths of the open folders whose own agents may be used."""
    permission_rules: Callable[[], "PermissionRules"]
    path_rules: Callable[[], "PathRules"]
    documents: Callable[[], "Documents"]
    """What the editor shows at the moment; called on the event loop."""
    followed: Callable[[], Collection[str]]
    """The sessions that the client wants to hear."""
    branch_news: "BranchNews" = field(factory=NoBranchNews)
    owed: "Owed | None" = None
    """Where an end goes that the store refuses; None where only the turn itself tries again."""

    @lazy
    def news(self) -> ChangeCounter:
        return ChangeCounter(self.announce)

    @lazy
    def root_commits(self) -> RootCommits:
        return RootCommits(
            store=self.store,
            executor=self.executor,
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
            learn=self.root_commits.note,
        )

    @lazy
    def reads(self) -> ConsistentReader:
        return ConsistentReader(read_executor=self.read_executor, executor=self.executor, news=self.news)

    @lazy
    def order(self) -> SessionOrder:
        return SessionOrder()

    @lazy
    def agents(self) -> Agents:
        return Agents(preferences=self.preferences, files=self.agent_files, trusted_roots=self.trusted_roots)

    @lazy
    def context(self) -> StoreContext:
        return StoreContext(
            store=self.store,
            clock=self.clock,
            executor=self.executor,
            side_executor=self.side_executor,
            repositories=self.repositories,
            prices=self.prices,
            announce=self.news,
            owed=self.owed or NothingOwed(),
        )

    @lazy
    def sessions(self) -> Sessions:
        return Sessions(
            store=self.store,
            clock=self.clock,
            ids=self.ids,
            repositories=self.repositories,
            preferences=self.preferences,
            agents=self.agents,
            announce=self.news,
        )

    @lazy
    def opening(self) -> SessionOpener:
        return SessionOpener(
            store=self.store,
            clock=self.clock,
            repositories=self.repositories,
            sessions=self.sessions,
            hints=self.hints,
            announce=self.news,
        )

    @lazy
    def running(self) -> TurnRegistry:
        return TurnRegistry()

    @lazy
    def chat(self) -> "Chat":
        from threadkeep.usecases.chat.chat import Chat
        from threadkeep.usecases.chat.elsewhere import Elsewhere
        from threadkeep.usecases.chat.prompt_context import PromptContext
        from threadkeep.usecases.chat.titles import Titles
        from threadkeep.usecases.chat.turn_start import TurnStarter

        starter = TurnStarter(
            store=self.store,
            clock=self.clock,
            ids=self.ids,
            repositories=self.repositories,
            preferences=self.preferences,
            agents=self.agents,
            holder=self.holder,
        )
        prompt_context = PromptContext(
            context=self.context, preferences=self.preferences, documents=self.documents
        )
        titles = Titles(context=self.context, preferences=self.preferences)
        return Chat(
            self.context,
            starter,
            prompt_context,
            titles,
            order=self.order,
            running=self.running,
            elsewhere=Elsewhere(self.context, announce_end=self.following.announce_end),
            approvals=lambda: self.approvals,
        )

    @lazy
    def approvals(self) -> "Approvals":
        from threadkeep.usecases.chat.approvals import Approvals

        return Approvals(
            context=self.context,
            ids=self.ids,
            running=self.running,
            rules=self.permission_rules,
            paths=self.path_rules,
            trusted_roots=self.trusted_roots,
            holder=self.holder,
        )

    @lazy
    def following(self) -> Following:
        return Following(
            context=self.context,
            followed=self.followed,
            stop=self.running.request_cancel,
            lose=self.running.lose,
            decided=self.running.decided,
        )

    @lazy
    def branch_watch(self) -> BranchWatch:
        return BranchWatch(
            checkouts=self.checkouts,
            repositories=self.repositories,
            store=self.store,
            announce=self.news,
            folders=self.folders,
            news=self.branch_news,
        )

    @lazy
    def embedding(self) -> Embedding:
        return Embedding(
            store=self.store, embeddings=self.embeddings, executor=self.upkeep_executor, holder=self.holder
        )

    @lazy
    def listing(self) -> "Listing":
        from threadkeep.usecases.sessions.listing import Listing

        return Listing(store=self.store, repositories=self.repositories)

    @lazy
    def repository_lists(self) -> "RepositoryLists":
        from threadkeep.usecases.repositories.repository_lists import RepositoryLists

        return RepositoryLists(store=self.store, repositories=self.repositories)

    @lazy
    def usage(self) -> "UsageSummaries":
        from threadkeep.usecases.usage import UsageSummaries

        return UsageSummaries(store=self.store, repositories=self.repositories)

    @lazy
    def searching(self) -> "Searching":
        from threadkeep.usecases.search.searching import Searching

        return Searching(
            store=self.store,
            repositories=self.repositories,
            reads=self.reads,
            search_executor=self.search_executor,
            pattern_executor=self.pattern_executor,
            patterns=self.patterns,
            embeddings=self.embeddings,
        )

    @lazy
    def moving(self) -> "Moving":
        from threadkeep.usecases.repositories.moving import Moving

        return Moving(context=self.context, reads=self.reads, root_commits=self.root_commits, long=self.long)

    @lazy
    def history(self) -> "History":
        from threadkeep.usecases.sessions.history import History

        return History(store=self.store, repositories=self.repositories)

    @lazy
    def lifecycle(self) -> "Lifecycle":
        from threadkeep.usecases.sessions.lifecycle import Lifecycle

        return Lifecycle(context=self.context, ids=self.ids, chat=self.chat)

    @lazy
    def trash(self) -> "Trash":
        from threadkeep.usecases.sessions.trash import Trash

        return Trash(context=self.context, chat=self.chat, long=self.long)

    @lazy
    def long(self) -> LongWork:
        return LongWork(
            context=self.context,
            order=self.order,
            upkeep_executor=self.upkeep_executor,
            holder=self.holder,
            step_of=self._step_of,
        )

    def _step_of(self, pending: "Pending") -> "Step | None":
        """What goes on with pending work that needs more than the store; few processes have any to finish."""
        if pending.kind == "emptying":
            from threadkeep.usecases.emptying import Emptying

            return Emptying(context=self.context, message_id=pending.subject).step
        if pending.kind == "merging":
            from threadkeep.usecases.repositories.merging import Merging

            return Merging(context=self.context, into=pending.source or "", other=pending.subject).step
        return None

    @lazy
    def store_care(self) -> "StoreCare":
        from threadkeep.usecases.upkeep import StoreCare

        return StoreCare(
            upkeep=self.upkeep, store=self.store, executor=self.executor, upkeep_executor=self.upkeep_executor
        )

    @lazy
    def bulk(self) -> "Bulk":
        from threadkeep.usecases.sessions.bulk import Bulk

        return Bulk(context=self.context, trash=self.trash)

    @lazy
    def retention(self) -> "Retention":
        from threadkeep.usecases.sessions.retention import Retention

        return Retention(bulk=lambda: self.bulk, preferences=self.preferences)

    @lazy
    def branches(self) -> "Branches":
        from threadkeep.usecases.sessions.branches import Branches

        return Branches(context=self.context, ids=self.ids, long=self.long)

    @lazy
    def annotations(self) -> "Annotations":
        from threadkeep.usecases.sessions.marks import Annotations

        return Annotations(context=self.context, long=self.long)

    @lazy
    def exporting(self) -> "Exporting":
        from threadkeep.usecases.transfer.exporting import Exporting

        return Exporting(context=self.context, order=self.order, tools=self.transfer())

    @lazy
    def importing(self) -> "Importing":
        from threadkeep.usecases.repositories.foreign_repositories import ForeignRepositories
        from threadkeep.usecases.transfer.import_sources import Sources
        from threadkeep.usecases.transfer.import_storing import Storing
        from threadkeep.usecases.transfer.importing import Importing

        return Importing(
            storing=Storing(context=self.context, ids=self.ids, tools=self.transfer(), long=self.long),
            order=self.order,
            sources=Sources(tools=self.transfer()),
            repositories=ForeignRepositories(store=self.store, repositories=self.repositories, ids=self.ids),
        )
