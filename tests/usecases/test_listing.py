import pytest

from tests.support.world import FOLDER, World
from threadkeep.domain.errors import InvalidCursor, InvalidValue, RepositoryNotFound
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.usecases.repositories.repositories import RepositoryChoice
from threadkeep.usecases.sessions.listing import MOST_COUNTS, Facet
from threadkeep.values import evolve

ALL = SessionFilter()
LATEST = SessionSort()


def titles(listed) -> list[str]:
    return [view.session.title for view in listed.views]


def world_with(*names: str) -> World:
    world = World()
    for name in names:
        world.new_session(title=name)
    return world


def test_the_latest_change_comes_first():
    assert titles(world_with("a", "b", "c").listing.by_cursor(ALL, LATEST, limit=10)) == ["c", "b", "a"]


async def test_the_session_talked_in_last_comes_first():
    world = World()
    talked, other = world.new_session(title="a"), world.new_session(title="b")
    await world.say(talked.id)
    assert titles(world.listing.by_cursor(ALL, LATEST, limit=10)) == ["a", "b"]
    since = SessionFilter(updated_after=other.updated_at)
    assert titles(world.listing.by_cursor(since, LATEST, limit=10)) == ["a"]


def test_cursors_lead_through_all_and_end():
    world = world_with("a", "b", "c", "d", "e")
    seen, cursor = [], None
    while True:
        listed = world.listing.by_cursor(ALL, LATEST, limit=2, cursor=cursor)
        seen += titles(listed)
        cursor = listed.next_cursor
        if cursor is None:
            break
    assert seen == ["e", "d", "c", "b", "a"]


@pytest.mark.parametrize("by", ["updatedAt", "createdAt", "title", "messageCount"])
@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_every_order_pages_without_gap_or_repeat(by, order):
    world = world_with("B", "a", "Ä", "c")
    sort = SessionSort(by=by, order=order)
    whole = titles(world.listing.by_cursor(ALL, sort, limit=10))
    first = world.listing.by_cursor(ALL, sort, limit=3)
    rest = world.listing.by_cursor(ALL, sort, limit=3, cursor=first.next_cursor)
    assert titles(first) + titles(rest) == whole
    if by == "title":
        assert [title.lower() for title in whole if title in "Bc"] == sorted(
            "bc", reverse=order == "descending"
        )


def test_a_cursor_of_another_list_is_refused():
    world = world_with("a", "b")
    cursor = world.listing.by_cursor(ALL, LATEST, limit=1).next_cursor
    for bad in ("", "nonsense", "é", cursor[:-3]):
        with pytest.raises(InvalidCursor):
            world.listing.by_cursor(ALL, LATEST, limit=1, cursor=bad)
    with pytest.raises(InvalidCursor):
        world.listing.by_cursor(ALL, SessionSort(by="title"), limit=1, cursor=cursor)


def test_pages_tell_the_total():
    world = world_with("a", "b", "c")
    page = world.listing.by_page(ALL, LATEST, page=2, per_page=2)
    assert (titles(page), page.total) == (["a"], 3)
    assert titles(world.listing.by_page(ALL, LATEST, page=9, per_page=2)) == []
    with pytest.raises(InvalidValue):
        world.listing.by_page(ALL, LATEST, page=0, per_page=2)


def test_the_total_counts_what_matches():
    world = world_with("a", "b", "c")
    listed = world.listing.by_cursor(ALL, LATEST, limit=1, with_total=True)
    assert (len(listed.views), listed.total) == (1, 3)


def test_filters_apply_before_the_limit():
    world = world_with("a", "b")
    world.new_session(title="other task", task="other")
    listed = world.listing.by_cursor(SessionFilter(task="main"), LATEST, limit=1)
    assert titles(listed) == ["b"]


def test_a_repository_can_be_named_in_every_way():
    world = world_with("here")
    there = world.new_session(title="there", repository=RepositoryChoice(name="notes"))
    for choice, expected in (
        (RepositoryChoice(uri=FOLDER), ["here"]),
        (RepositoryChoice(name="notes"), ["there"]),
        (RepositoryChoice(id=there.key.repository_id), ["there"]),
        (RepositoryChoice(name="never seen"), []),
        (None, ["there", "here"]),
    ):
        assert titles(world.listing.by_cursor(ALL, LATEST, limit=9, repository=choice)) == expected
    with pytest.raises(RepositoryNotFound):
        world.listing.by_cursor(ALL, LATEST, limit=9, repository=RepositoryChoice(id="nothing"))


def test_listing_a_repository_that_was_never_seen_does_not_make_it():
    world = World()
    listed = world.listing.by_page(ALL, LATEST, page=1, per_page=5, repository=RepositoryChoice(name="new"))
    assert (listed.views, listed.total) == ((), 0)
    assert world.store.facts().repositories == 0


async def test_archived_sessions_are_listed_only_on_request():
    world = world_with("kept", "archived")
    archived = world.listing.by_cursor(ALL, LATEST, limit=1).views[0].session
    world.sessions.set_archived(archived.id, archived=True)
    assert titles(world.listing.by_cursor(ALL, LATEST, limit=9)) == ["kept"]
    only = SessionFilter(archived="only")
    assert titles(world.listing.by_cursor(only, LATEST, limit=9)) == ["archived"]
    both = SessionFilter(archived="include")
    assert len(titles(world.listing.by_cursor(both, LATEST, limit=9))) == 2


def test_facets_count_all_that_match_whatever_the_page():
    world = world_with("a", "b")
    there = world.new_session(title="there", repository=RepositoryChoice(name="notes"), tags=("x", "y"))
    world.new_session(title="tagged", tags=("x",))
    listed = world.listing.by_cursor(
        ALL, LATEST, limit=1, facets=("tag", "repository", "status", "tag", "agent", "task", "day")
    )
    counted = {facet.by: [(each.label, each.count) for each in facet.counts] for facet in listed.facets}
    assert [facet.by for facet in listed.facets] == ["tag", "repository", "status", "agent", "task", "day"]
    assert counted["tag"] == [("x", 2), ("y", 1)]
    assert counted["repository"] == [("app", 3), ("notes", 1)]
    assert counted["status"] == [("active", 4)]
    assert listed.facets[1].counts[1].value == there.key.repository_id
    only_x = SessionFilter(tags=frozenset({"x"}))
    page = world.listing.by_page(only_x, LATEST, page=5, per_page=1, facets=("task",))
    assert sum(each.count for each in page.facets[0].counts) == page.total == 2


def test_facets_have_the_most_frequent_first_and_end_somewhere():
    world = World()
    for number in range(MOST_COUNTS + 5):
        world.new_session(task=f"t{number:03}")
    world.new_session(task="t104")
    (facet,) = world.listing.by_cursor(ALL, LATEST, limit=1, facets=("task",)).facets
    assert len(facet.counts) == MOST_COUNTS
    assert [each.value for each in facet.counts[:3]] == ["t104", "t000", "t001"]


def test_days_come_the_newest_first():
    world = World()
    days = ("2026-03-01", "2026-03-03", "2026-03-02")
    for day in days:
        session = world.new_session(title=day)
        with world.store.writing() as changes:
            changes.put_session(evolve(session, created_at=f"{day}T10:00:00.000Z"))
    (facet,) = world.listing.by_cursor(ALL, LATEST, limit=9, facets=("day",)).facets
    assert [each.value for each in facet.counts] == ["2026-03-03", "2026-03-02", "2026-03-01"]


def test_facets_of_a_repository_that_was_never_seen_are_empty():
    listed = World().listing.by_cursor(
        ALL, LATEST, limit=1, facets=("task",), repository=RepositoryChoice(name="new")
    )
    assert listed.facets == (Facet(by="task"),)


def test_no_facets_are_counted_unasked():
    assert world_with("a").listing.by_cursor(ALL, LATEST, limit=1).facets == ()
