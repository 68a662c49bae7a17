import pytest

from tests.support.world import FOLDER, World
from threadkeep.domain.errors import (
    AgentNotFound,
    AlreadyExists,
    IdempotencyConflict,
    InvalidValue,
    ModelNotFound,
    ProviderNotFound,
    RepositoryNotFound,
    RevisionConflict,
    SessionEnded,
    SessionNotFound,
)
from threadkeep.domain.events import SessionChanged
from threadkeep.domain.sessions import DEFAULT_TITLE, Link
from threadkeep.usecases.order import IdempotencyKey, Replayed
from threadkeep.usecases.repositories.repositories import RepositoryChoice, Where
from threadkeep.usecases.sessions.sessions import NewSession, SessionPatch
from threadkeep.values import evolve


def patch(**fields: object) -> SessionPatch:
    return SessionPatch(fields=fields)


def key(fingerprint="same", key="k") -> IdempotencyKey:
    return IdempotencyKey(
        method="session/create", key=key, fingerprint=fingerprint, encode=lambda view: {"id": view.session.id}
    )


def test_a_new_session_belongs_to_the_open_folder_and_its_branch():
    world = World()
    view = world.sessions.create(NewSession())
    assert (view.repository.repository.name, view.session.key.task) == ("app", "main")
    assert (view.session.title, view.session.title_source) == (DEFAULT_TITLE, "default")
    assert (view.session.status, view.session.revision, view.session.seq) == ("active", 1, 1)


def test_a_new_session_keeps_what_it_was_given():
    world = World()
    links = (Link(kind="issue", value="PROJ-1"),)
    metadata = {"a": None, "class": [1, {"b": "c"}]}
    session = world.new_session(
        task="review",
        links=links,
        title="  My   title ",
        tags=("b", "a", "b "),
        metadata=metadata,
        model="fake:m",
    )
    stored = world.session(session.id)
    assert (stored.links, stored.metadata, stored.tags) == (links, metadata, ("a", "b"))
    assert (stored.title, stored.title_source, stored.key.task) == ("My title", "user", "review")
    assert (stored.provider, stored.model) == ("fake", "m")


def test_a_client_may_choose_an_id_that_is_free():
    world = World()
    assert world.new_session(id="mine").id == "mine"
    with pytest.raises(AlreadyExists):
        world.new_session(id="mine")
    with pytest.raises(InvalidValue):
        world.new_session(id="\n")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"agent": "nobody"}, AgentNotFound),
        ({"model": "nocolon"}, ModelNotFound),
        ({"model": "nobody:m"}, ProviderNotFound),
        ({"repository": RepositoryChoice(id="nothing")}, RepositoryNotFound),
        ({"repository": RepositoryChoice(uri="untitled:1")}, InvalidValue),
        ({"task": " "}, InvalidValue),
        ({"tags": ("",)}, InvalidValue),
        ({"tags": tuple(str(n) for n in range(101))}, InvalidValue),
    ],
)
def test_a_bad_value_is_refused_and_nothing_is_stored(fields, error):
    world = World()
    with pytest.raises(error):
        world.new_session(**fields)
    assert world.store.facts().sessions == 0
    assert world.store.facts().repositories == 0


def test_an_unknown_session_is_named():
    with pytest.raises(SessionNotFound) as refused:
        World().session("nobody")
    assert "nobody" in refused.value.message


def test_a_patch_changes_what_it_names_and_keeps_the_rest():
    world = World()
    session = world.new_session(title="Old", tags=("a",), metadata={"x": 1})
    view = world.sessions.update(session.id, patch(note="Look", is_favourite=True))
    changed = view.session
    assert (changed.note, changed.is_favourite, changed.title, changed.tags) == ("Look", True, "Old", ("a",))
    assert (changed.metadata, changed.revision, changed.seq) == ({"x": 1}, 2, 2)


def test_null_clears():
    world = World()
    session = world.new_session(title="Old", tags=("a",), metadata={"x": 1})
    fields = {"title": None, "tags": None, "metadata": None, "links": None, "note": None}
    changed = world.sessions.update(session.id, SessionPatch(fields=fields)).session
    assert (changed.title, changed.title_source) == (DEFAULT_TITLE, "default")
    assert (changed.tags, changed.metadata, changed.links, changed.note) == ((), {}, (), None)


@pytest.mark.parametrize("blank", [None, "", " \n", "\u202e"])
async def test_a_title_taken_away_is_made_of_the_first_message_again(blank):
    world = World()
    session = world.new_session()
    await world.say(session.id, "Why is the build slow?")
    await world.say(session.id, "And now?")
    before = world.session(session.id)
    world.sessions.update(session.id, patch(title="Mine"))
    after = world.sessions.update(session.id, patch(title=blank)).session
    assert (after.title, after.title_source) == ("Why is the build slow?", "default")
    assert (before.title, before.title_source) == (after.title, after.title_source)


async def test_without_titles_of_first_messages_it_is_the_default_one():
    world = World()
    world.preferences.titles = "off"
    session = world.new_session(title="Mine")
    await world.say(session.id, "Why is the build slow?")
    after = world.sessions.update(session.id, patch(title=None)).session
    assert (after.title, after.title_source) == (DEFAULT_TITLE, "default")


def test_a_blank_title_is_none():
    session = World().new_session(title=" \u202e ")
    assert (session.title, session.title_source) == (DEFAULT_TITLE, "default")


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "x" * 1_001},
        {"note": "x" * 100_001},
        {"tags": ("x" * 101,)},
        {"links": tuple(Link(kind="issue", value=f"{n}") for n in range(101))},
        {"links": (Link(kind="issue", value="1", url="javascript:alert(1)"),)},
    ],
)
def test_what_is_too_long_or_could_run_is_refused_and_the_session_kept(fields):
    world = World()
    session = world.new_session()
    with pytest.raises(InvalidValue):
        world.sessions.update(session.id, patch(**fields))
    assert world.session(session.id) == session
    if "note" not in fields:
        with pytest.raises(InvalidValue):
            world.new_session(**fields)


def test_links_to_the_same_are_kept_once():
    world = World()
    links = (Link(kind="issue", value="1"), Link(kind="issue", value="1", url="https://x.org/1"))
    assert world.new_session(links=links).links == links[1:]


def test_a_patch_that_changes_nothing_counts_no_revision():
    world = World()
    session = world.new_session(title="Same")
    world.audience.forget()
    assert world.sessions.update(session.id, patch(title="Same")).session == world.session(session.id)
    assert world.session(session.id).revision == 1
    assert world.audience.events == []


def test_a_session_can_move_to_another_task_and_repository():
    world = World()
    session = world.new_session()
    moved = world.sessions.update(
        session.id, SessionPatch(fields={"task": "other"}, repository=RepositoryChoice(name="notes"))
    )
    assert (moved.repository.repository.name, moved.session.key.task) == ("notes", "other")
    with pytest.raises(InvalidValue):
        world.sessions.update(session.id, patch(task=" "))


def test_a_stale_revision_is_refused_and_nothing_changes():
    world = World()
    session = world.new_session()
    world.sessions.update(session.id, patch(note="one"), expected_revision=1)
    with pytest.raises(RevisionConflict):
        world.sessions.update(session.id, patch(note="two"), expected_revision=1)
    assert world.session(session.id).note == "one"


async def test_an_ended_session_takes_a_persons_marks_and_nothing_else():
    world = World()
    session = world.new_session()
    await world.lifecycle.move(session.id, "ended")
    marked = world.sessions.update(session.id, patch(tags=("keep",), is_favourite=True, note="n")).session
    assert (marked.tags, marked.is_favourite, marked.note) == (("keep",), True, "n")
    for refused in (
        patch(title="x"),
        patch(metadata={}),
        SessionPatch(repository=RepositoryChoice(name="n")),
    ):
        with pytest.raises(SessionEnded):
            world.sessions.update(session.id, refused)
    with pytest.raises(SessionEnded):
        world.sessions.set_model(session.id, "fake:m")


def test_archiving_twice_is_archiving_once():
    world = World()
    session = world.new_session()
    first = world.sessions.set_archived(session.id, archived=True).session
    again = world.sessions.set_archived(session.id, archived=True).session
    assert first.archived_at is not None
    assert again == first
    back = world.sessions.set_archived(session.id, archived=False).session
    assert (back.archived_at, back.revision) == (None, 3)


def test_setting_the_model_leaves_an_entry_in_the_history():
    world = World()
    session = world.new_session()
    changed = world.sessions.set_model(session.id, "fake:big:v2").session
    assert (changed.provider, changed.model) == ("fake", "big:v2")
    (entry,) = world.messages(session.id)
    assert (entry.role, entry.event.kind, entry.event.from_, entry.event.to) == (
        "event",
        "modelChanged",
        None,
        "fake:big:v2",
    )
    world.sessions.set_model(session.id, "fake:big:v2")
    assert len(world.messages(session.id)) == 1


def test_the_same_request_twice_takes_effect_once_and_gets_the_stored_result():
    world = World()
    first = world.sessions.create(NewSession(), once=key())
    world.sessions.update(first.session.id, patch(note="later"))
    with pytest.raises(Replayed) as before:
        world.sessions.create(NewSession(), once=key())
    assert before.value.result == {"id": first.session.id}
    assert world.store.facts().sessions == 1


def test_an_idempotency_key_is_not_for_other_params():
    world = World()
    world.sessions.create(NewSession(), once=key())
    with pytest.raises(IdempotencyConflict):
        world.sessions.create(NewSession(title="other"), once=key("other"))
    assert world.store.facts().sessions == 1


def test_an_idempotency_key_is_kept_for_seven_days():
    world = World()
    world.sessions.create(NewSession(), once=key())
    world.clock.advance(days=8)
    world.sessions.create(NewSession(), once=key(key="another"))
    world.sessions.create(NewSession(), once=key())
    assert world.store.facts().sessions == 3


def test_a_failed_request_may_be_repeated_with_its_key():
    world = World()
    with pytest.raises(AgentNotFound):
        world.sessions.create(NewSession(agent="nobody"), once=key())
    world.sessions.create(NewSession(), once=key())
    assert world.store.facts().sessions == 1


def test_every_change_is_announced_once_it_is_stored():
    world = World()
    session = world.new_session()
    world.sessions.update(session.id, patch(note="x"))
    told = [event.view.session for event in world.audience.of(SessionChanged)]
    assert [(one.id, one.seq) for one in told] == [(session.id, 1), (session.id, 2)]
    assert told[-1] == world.session(session.id)


def test_a_session_without_any_folder_belongs_to_none():
    world = World(folders=())
    view = world.sessions.create(NewSession(where=Where()))
    assert (view.repository.repository.name, view.session.key.task) == ("none", "default")
    assert view.repository.roots == ()
    named = world.sessions.create(NewSession(where=Where(repository=RepositoryChoice(uri=FOLDER))))
    assert named.session.key.repository_id != view.session.key.repository_id


def test_what_an_older_version_took_hinders_no_change_of_now():
    world = World()
    old = Link(kind="app", value="1", url="my-app://x")
    new = Link(kind="issue", value="7")
    long = "x" * 150
    session = world.new_session()
    with world.store.writing() as changes:
        changes.put_session(
            evolve(session, tags=("keep", long), links=(old,), title="t" * 2_000, note="n" * 200_000)
        )
    fields = {"tags": ("keep", long, "n"), "links": (old, new), "title": "t" * 2_000, "note": "n" * 200_000}
    after = world.sessions.update(session.id, patch(**fields)).session
    assert (after.tags, after.links) == (("keep", "n", long), (old, new))
    assert (len(after.title), len(after.note or "")) == (2_000, 200_000)
    for worse in ({"tags": (f"{long}y",)}, {"links": (evolve(old, value="2"),)}):
        with pytest.raises(InvalidValue):
            world.sessions.update(session.id, patch(**worse))
    assert world.session(session.id) == after
