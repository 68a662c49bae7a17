"""Making sessions and changing their fields. Blocking: run in the executor."""

from collections.abc import Mapping
from typing import Any

from threadkeep.domain.agents import Agent, BrokenAgent, switch_agent
from threadkeep.domain.approvals import Mode
from threadkeep.domain.errors import AlreadyExists, InvalidValue
from threadkeep.domain.events import SessionChanged
from threadkeep.domain.labels import clean_links, clean_note, clean_tags, clean_title
from threadkeep.domain.messages import TimelineEvent
from threadkeep.domain.repositories import Repository
from threadkeep.domain.sessions import DEFAULT_TITLE, Link, Session, SessionKey, title_from
from threadkeep.domain.views import SessionView
from threadkeep.ports.preferences import Preferences
from threadkeep.ports.runtime import Audience, Clock, Ids
from threadkeep.ports.store import Changes, Store
from threadkeep.usecases import timeline
from threadkeep.usecases.agents import Agents
from threadkeep.usecases.order import IdempotencyKey, record, replay
from threadkeep.usecases.repositories.prefetch import prefetching, ready_for_session
from threadkeep.usecases.repositories.repositories import Repositories, RepositoryChoice, Where
from threadkeep.values import Value, field

MARKS = frozenset({"tags", "is_favourite", "note"})
"""Fields that stay a person's to change when a session has ended."""

FIRST_MESSAGES = 20
"""Messages and entries among which the first question is looked for."""

MAX_ID_LENGTH = 200


class NewSession(Value):
    """What a client gives a session at its birth."""

    where: Where = Where()
    links: tuple[Link, ...] = ()
    title: str | None = None
    agent: str | None = None
    model: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(factory=dict)
    id: str | None = None
    is_private: bool = False
    make_current: bool = True
    window_id: str | None = None


class SessionPatch(Value):
    """Fields to set, by name; what is not in `fields` is kept.

    Names: title, workflow, links, tags, is_favourite, note, metadata, task.
    """

    fields: Mapping[str, Any] = field(factory=dict)
    repository: RepositoryChoice | None = None
    """Moves the session; None keeps it."""


class Switched(Value):
    """A session with its agent; the event is None if it was the agent already."""

    view: SessionView
    event: TimelineEvent | None


class Sessions(Value):
    """Creates, reads and changes sessions; each change is announced once it is stored."""

    store: Store
    clock: Clock
    ids: Ids
    repositories: Repositories
    preferences: Preferences
    agents: Agents
    announce: Audience

    def create(self, new: NewSession, *, once: IdempotencyKey | None = None) -> SessionView:
        """A new session. Raises AlreadyExists, AgentNotFound, ModelNotFound, ProviderNotFound,
        RepositoryNotFound, InvalidValue, IdempotencyConflict."""
        ready = prefetching(self, new.where)
        with self.store.writing() as changes:
            replay(changes, once)
            view = ready.create_in(changes, new)
            record(changes, once, view, at=view.session.created_at)
        self.announce(SessionChanged(view=view))
        return view

    def create_in(self, changes: Changes, new: NewSession) -> SessionView:
        """A new session, within a transaction and unannounced."""
        at = self.clock.now()
        key = self.repositories.key(changes, new.where)
        repository = changes.repository(key.repository_id)
        provider, model = self._named(new.model) if new.model else (None, None)
        title = clean_title(new.title or "")
        session = Session(
            id=self._free_id(changes, new.id),
            key=key,
            links=clean_links(new.links),
            title=title or DEFAULT_TITLE,
            title_source="user" if title else "default",
            agent=self._agent_name(new.agent, repository),
            model=model,
            provider=provider,
            is_private=new.is_private,
            tags=clean_tags(new.tags),
            metadata=new.metadata,
            created_at=at,
            updated_at=at,
            last_activity_at=at,
            seq=1,
        )
        timeline.put_changed(changes, session, origin=self.store.owner)
        if new.make_current:
            changes.make_current(session, window_id=new.window_id)
        return self.repositories.view(changes, session)

    def get(self, session_id: str) -> SessionView:
        """One session. Raises SessionNotFound."""
        with self.store.reading() as records:
            return self.repositories.view(records, timeline.found(records, session_id))

    def update(
        self,
        session_id: str,
        patch: SessionPatch,
        *,
        expected_revision: int | None = None,
        once: IdempotencyKey | None = None,
    ) -> SessionView:
        """Changes fields; a patch that changes nothing counts no revision.

        An ended session takes only a person's marks on it: tags, is_favourite, note. Raises
        SessionNotFound, SessionEnded, RevisionConflict, RepositoryNotFound, InvalidValue,
        IdempotencyConflict.
        """
        ready = ready_for_session(self, session_id)
        if patch.repository is not None:
            ready = prefetching(ready, Where(repository=patch.repository))
        with self.store.writing() as changes:
            replay(changes, once)
            session = timeline.found(changes, session_id)
            session.check_revision(expected_revision)
            if patch.repository is not None or patch.fields.keys() - MARKS:
                session.check_not_ended()
            view = ready._changed(changes, session, ready._patched(changes, session, patch))
            record(changes, once, view, at=self.clock.now())
        self._announce(session, view)
        return view

    def set_archived(
        self,
        session_id: str,
        *,
        archived: bool,
        expected_revision: int | None = None,
        once: IdempotencyKey | None = None,
    ) -> SessionView:
        """Takes a session out of the ordinary lists, or puts it back; in any state, and again does nothing.

        Raises SessionNotFound, RevisionConflict, IdempotencyConflict.
        """
        ready = ready_for_session(self, session_id)
        with self.store.writing() as changes:
            replay(changes, once)
            session = timeline.found(changes, session_id)
            session.check_revision(expected_revision)
            fields: dict[str, Any] = {}
            if archived != (session.archived_at is not None):
                fields["archived_at"] = self.clock.now() if archived else None
            view = ready._changed(changes, session, fields)
            record(changes, once, view, at=self.clock.now())
        self._announce(session, view)
        return view

    def set_model(
        self,
        session_id: str,
        model: str,
        *,
        expected_revision: int | None = None,
        once: IdempotencyKey | None = None,
    ) -> SessionView:
        """Sets the model (`provider:model`) of the answers to come, with an entry in the history.

        Raises SessionNotFound, SessionEnded, ModelNotFound, ProviderNotFound, RevisionConflict.
        """
        ready = ready_for_session(self, session_id)
        with self.store.writing() as changes:
            replay(changes, once)
            session = timeline.found(changes, session_id)
            session.check_revision(expected_revision)
            session.check_not_ended()
            provider, name = self._named(model)
            view = ready._with_model(changes, session, provider, name)
            record(changes, once, view, at=self.clock.now())
        self._announce(session, view)
        return view

    def set_mode(
        self,
        session_id: str,
        mode: Mode,
        *,
        expected_revision: int | None = None,
        once: IdempotencyKey | None = None,
    ) -> SessionView:
        """Sets what agents may do in the session without asking; of what already asks nothing changes.

        Raises SessionNotFound, SessionEnded, RevisionConflict.
        """
        ready = ready_for_session(self, session_id)
        with self.store.writing() as changes:
            replay(changes, once)
            session = timeline.found(changes, session_id)
            session.check_revision(expected_revision)
            session.check_not_ended()
            if session.mode != mode:
                at = self.clock.now()
                changed = session.changed(at=at, mode=mode)
                session = timeline.put_changed(changes, changed, origin=self.store.owner)
            view = ready.repositories.view(changes, session)
            record(changes, once, view, at=self.clock.now())
        self.announce(SessionChanged(view=view))
        return view

    def switch_agent(
        self,
        session_id: str,
        agent: str,
        *,
        reason: str | None = None,
        expected_revision: int | None = None,
        once: IdempotencyKey | None = None,
    ) -> Switched:
        """Sets who answers from now on, with an entry in the history; the agent it has already changes nothing.

        Raises SessionNotFound, SessionEnded, AgentNotFound, RevisionConflict, IdempotencyConflict.
        """
        ready = ready_for_session(self, session_id)
        with self.store.writing() as changes:
            replay(changes, once)
            before = timeline.found(changes, session_id)
            before.check_revision(expected_revision)
            before.check_not_ended()
            name = ready._agent_name(agent, changes.repository(before.key.repository_id))
            at = self.clock.now()
            session, event = switch_agent(before, to=name, reason=reason, at=at)
            if event is not None:
                noted = self._noted(changes, before, event)
                session, _ = switch_agent(noted, to=name, reason=reason, at=at)
                timeline.put_changed(changes, session, origin=self.store.owner)
            switched = Switched(view=ready.repositories.view(changes, session), event=event)
            record(changes, once, switched, at=at)
        self._announce(before, switched.view)
        return switched

    def agents_of(self, choice: RepositoryChoice | None) -> tuple[tuple[Agent | BrokenAgent, ...], str]:
        """The agents that can be asked in a repository, by default the open folder's, then what is broken;
        and the name of the default one. Raises RepositoryNotFound."""
        with self.store.reading() as records:
            repository = self.repositories.resolve(records, choice)
        listed = self.agents.listed(repository)
        return listed, self.agents.default_name(repository=repository)

    def _named(self, model: str) -> tuple[str, str]:
        provider, name = self.preferences.models.split(model)
        self.preferences.models.check(provider, is_named=True)
        return provider, name

    def _agent_name(self, wanted: str | None, repository: Repository | None) -> str:
        if wanted is None:
            return self.agents.default_name(repository=repository)
        return self.agents.get(wanted, repository=repository).name

    def _with_model(self, changes: Changes, session: Session, provider: str, name: str) -> SessionView:
        if (session.provider, session.model) == (provider, name):
            return self._changed(changes, session, {})
        old = f"{session.provider}:{session.model}" if session.provider else None
        event = TimelineEvent(kind="modelChanged", at=self.clock.now(), from_=old, to=f"{provider}:{name}")
        session = self._noted(changes, session, event)
        return self._changed(changes, session, {"provider": provider, "model": name})

    def _noted(self, changes: Changes, session: Session, event: TimelineEvent) -> Session:
        entry = timeline.timeline_entry(session, id_=self.ids.new(), event=event)
        return timeline.put_message(changes, session, entry, origin=self.store.owner)

    def _patched(self, changes: Changes, session: Session, patch: SessionPatch) -> dict[str, Any]:
        fields = dict(patch.fields)
        if "title" in fields:
            title = clean_title(fields["title"] or "", kept=session.title)
            fields["title_source"] = "user" if title else "default"
            fields["title"] = title or self._first_words(changes, session)
        if "tags" in fields:
            fields["tags"] = clean_tags(fields["tags"] or (), kept=session.tags)
        if "links" in fields:
            fields["links"] = clean_links(fields["links"] or (), kept=session.links)
        if "metadata" in fields:
            fields["metadata"] = fields["metadata"] or {}
        if "note" in fields:
            clean_note(fields["note"], kept=session.note)
        key = self._moved_key(changes, session.key, patch, fields)
        return {**fields, "key": key}

    def _first_words(self, changes: Changes, session: Session) -> str:
        """The title that a session has while nobody gives it one."""
        if self.preferences.titles == "off":
            return DEFAULT_TITLE
        beginning = changes.path_after(session, limit=FIRST_MESSAGES, after_seq=0)
        asked = next((message for message in beginning if message.role == "user"), None)
        return title_from(asked.content) if asked is not None else DEFAULT_TITLE

    def _moved_key(
        self, changes: Changes, key: SessionKey, patch: SessionPatch, fields: dict[str, Any]
    ) -> SessionKey:
        for name in ("task", "workflow"):
            if fields.get(name) is not None and not fields[name].strip():
                raise InvalidValue(name, "must not be blank")
        task = fields.pop("task", key.task)
        workflow = fields.pop("workflow", key.workflow)
        repository_id = key.repository_id
        if patch.repository is not None:
            repository_id = self.repositories.resolve_or_create(changes, patch.repository).id
        return SessionKey(repository_id=repository_id, task=task, workflow=workflow)

    def _changed(self, changes: Changes, session: Session, fields: Mapping[str, Any]) -> SessionView:
        different = {name: value for name, value in fields.items() if getattr(session, name) != value}
        if different:
            session = session.changed(at=self.clock.now(), **different)
            timeline.put_changed(changes, session, origin=self.store.owner)
        return self.repositories.view(changes, session)

    def _announce(self, before: Session, view: SessionView) -> None:
        if view.session.seq != before.seq:
            self.announce(SessionChanged(view=view))

    def _free_id(self, changes: Changes, wanted: str | None) -> str:
        if wanted is None:
            return self.ids.new()
        if not wanted.strip() or len(wanted) > MAX_ID_LENGTH or not wanted.isprintable():
            raise InvalidValue("id", f"must be 1 to {MAX_ID_LENGTH} printable characters")
        if changes.session(wanted) is not None:
            raise AlreadyExists(wanted)
        return wanted
