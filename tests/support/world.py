"""All use cases on fakes: what a test of a use case needs, in one place."""

import asyncio
from collections.abc import Callable, Sequence

from tests.support.agent_files import FakeAgentFiles
from tests.support.documents import FakeDocuments
from tests.support.fake_embeddings import FakeEmbeddings
from tests.support.fake_models import FakeModel, FakeModels, FakePrices
from tests.support.repositories import FakeCheckouts, checkout
from tests.support.surroundings import FakeAudience, FakeClock, FakeIds, InlineLane
from tests.support.transfer import transfer_tools
from tests.support.upkeep import FakeUpkeep
from threadkeep.adapters.patterns import PatternProcesses
from threadkeep.adapters.store.memory import MemoryStore
from threadkeep.domain.agents import BUILTIN, Agent
from threadkeep.domain.approvals import PermissionRule
from threadkeep.domain.events import TextStreamed
from threadkeep.domain.messages import Message
from threadkeep.domain.sessions import Session
from threadkeep.domain.turns import Holder
from threadkeep.domain.workspace_paths import PathRules
from threadkeep.ports.checkouts import BranchNews
from threadkeep.ports.permissions import KeptRules
from threadkeep.ports.preferences import Titles
from threadkeep.ports.runtime import SerialExecutor
from threadkeep.ports.store import Owed, Store
from threadkeep.usecases.application import Application
from threadkeep.usecases.chat.turn_start import Outgoing
from threadkeep.usecases.repositories.branch_watch import NoBranchNews
from threadkeep.usecases.repositories.repositories import RepositoryChoice, Where
from threadkeep.usecases.sessions.sessions import NewSession
from threadkeep.values import Mutable, field

FOLDER = "file:///code/app"


class FakePreferences(Mutable):
    """Settings that a test may change at any time."""

    models: FakeModels = field(factory=FakeModels)
    is_model_named: bool = True
    agents: Sequence[Agent] = BUILTIN
    default_agent: str = "assistant"
    titles: Titles = "first-message"
    context_messages: int = 50
    redacts: bool = False
    retention_days: int | None = None


class FakePermissionRules:
    """Rules that a test gives, and those that were kept since."""

    def __init__(self) -> None:
        self.rules: list[PermissionRule] = []

    def current(self) -> KeptRules:
        return KeptRules(rules=tuple(self.rules))

    def insert(self, rule: PermissionRule, *, before: Callable[[PermissionRule], bool]) -> None:
        place = next((at for at, each in enumerate(self.rules) if before(each)), len(self.rules))
        self.rules.insert(place, rule)


class World:
    """The product without a wire; `restarted` gives another process on the same store."""

    def __init__(
        self,
        model: FakeModel | None = None,
        *,
        store: Store | None = None,
        clock: FakeClock | None = None,
        checkouts: FakeCheckouts | None = None,
        agent_files: FakeAgentFiles | None = None,
        folders: Sequence[str] = (FOLDER,),
        are_named: bool = True,
        id_prefix: str = "id",
        branch_news: BranchNews | None = None,
        owed: Owed | None = None,
        search_executor: SerialExecutor | None = None,
        pattern_executor: SerialExecutor | None = None,
    ) -> None:
        self.model = model or FakeModel()
        self.store = store or MemoryStore()
        self.clock = clock or FakeClock()
        self.ids = FakeIds(id_prefix)
        self.checkouts = checkouts or FakeCheckouts({FOLDER: checkout()})
        self.folders = list(folders)
        self.audience = FakeAudience()
        self.executor = InlineLane()
        self.preferences = FakePreferences(models=FakeModels(fake=self.model))
        self.followed: set[str] = set()
        self.agent_files = agent_files or FakeAgentFiles()
        self.trusted_roots: list[str] = []
        self.rules = FakePermissionRules()
        self.documents = FakeDocuments()
        self.prices = FakePrices()
        self.upkeep = FakeUpkeep()
        self.embeddings = FakeEmbeddings()
        self.transfer = transfer_tools(self.executor)
        self.cases = Application(
            store=self.store,
            clock=self.clock,
            ids=self.ids,
            executor=self.executor,
            read_executor=self.executor,
            side_executor=self.executor,
            search_executor=search_executor or self.executor,
            pattern_executor=pattern_executor or self.executor,
            patterns=PatternProcesses,
            embeddings=self.embeddings,
            upkeep=lambda: self.upkeep,
            upkeep_executor=self.executor,
            transfer=lambda: self.transfer,
            prices=self.prices,
            checkouts=self.checkouts,
            preferences=self.preferences,
            announce=self.audience,
            holder=self.holder,
            agent_files=self.agent_files,
            trusted_roots=lambda: self.trusted_roots,
            permission_rules=lambda: self.rules,
            path_rules=lambda: PathRules(platform="linux", resolve=lambda path: path, key=lambda path: path),
            documents=lambda: self.documents,
            folders=lambda: self.folders,
            folders_are_named=lambda: are_named,
            followed=lambda: self.followed,
            branch_news=branch_news or NoBranchNews(),
            owed=owed,
        )
        self.sessions = self.cases.sessions
        self.opening = self.cases.opening
        self.listing = self.cases.listing
        self.repository_lists = self.cases.repository_lists
        self.moving = self.cases.moving
        self.root_commits = self.cases.root_commits
        self.history = self.cases.history
        self.lifecycle = self.cases.lifecycle
        self.chat = self.cases.chat
        self.branches = self.cases.branches
        self.branch_watch = self.cases.branch_watch
        self.annotations = self.cases.annotations
        self.following = self.cases.following
        self.exporting = self.cases.exporting
        self.importing = self.cases.importing
        self.repositories = self.sessions.repositories

    def holder(self) -> Holder:
        return Holder(owner=self.store.owner, client="test", pid=1, host="here", since=self.clock.now())

    def new_session(
        self, *, repository: RepositoryChoice | None = None, task: str | None = None, **fields: object
    ) -> Session:
        """A session, by default of the open folder's branch."""
        new = NewSession(where=Where(repository=repository, task=task), **fields)  # type: ignore[arg-type]
        return self.sessions.create(new).session

    def session(self, session_id: str) -> Session:
        """The session as it is stored."""
        return self.sessions.get(session_id).session

    def messages(self, session_id: str) -> tuple[Message, ...]:
        """The visible history."""
        with self.store.reading() as records:
            session = records.session(session_id)
            return tuple(records.path(session, limit=200)) if session else ()

    async def say(self, session_id: str, text: str = "Hi") -> Message:
        """Sends a message and returns the whole answer."""
        begun = await self.chat.send(Outgoing(session_id=session_id, text=text))
        return (await self.chat.wait(session_id, begun.turn.id))[1]

    async def streamed(self, deltas: int = 1) -> None:
        """Waits until so many deltas were announced."""
        async with asyncio.timeout(5):
            while len(self.audience.of(TextStreamed)) < deltas:  # noqa: ASYNC110 - a fake has no event to wait for
                await asyncio.sleep(0)

    async def at_rest(self) -> None:
        """Waits until no turn runs in this process."""
        async with asyncio.timeout(5):
            while self.cases.running:  # noqa: ASYNC110 - a fake has no event to wait for
                await asyncio.sleep(0.01)
