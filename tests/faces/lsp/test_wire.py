"""Sessions as clients get them."""

from tests.support.store import a_session
from threadkeep.domain.repositories import Repository
from threadkeep.domain.views import RepositoryView, Root, SessionView
from threadkeep.faces.lsp import wire
from threadkeep.values import evolve

HERE = RepositoryView(
    repository=Repository(id="r", name="code", aliases=()), roots=(Root(uri="file:///code", is_present=True),)
)
GONE = evolve(HERE, roots=(Root(uri="file:///code", is_present=False),))


def test_what_did_not_change_is_made_for_the_wire_once() -> None:
    session = a_session()
    first = wire.session(SessionView(session=session, repository=HERE))
    assert wire.session(SessionView(session=session, repository=evolve(HERE))) is first


def test_a_session_is_shown_with_its_repository_as_it_is_now() -> None:
    session = a_session()
    for view in (HERE, GONE, HERE):
        shown = wire.session(SessionView(session=session, repository=view))
        assert [root.present for root in shown.repository.roots] == [view.roots[0].is_present]


def test_sessions_that_differ_are_never_taken_for_each_other() -> None:
    titles = [
        wire.session(SessionView(session=a_session(title=str(number)), repository=HERE)).title
        for number in range(500)
    ]
    assert titles == [str(number) for number in range(500)]


def test_what_may_be_large_is_not_kept() -> None:
    for fields in ({"note": "n"}, {"metadata": {"a": 1}}, {"context_summary": "s"}):
        view = SessionView(session=a_session(**fields), repository=HERE)
        assert wire.session(view) == wire.session(view)
        assert wire.session(view) is not wire.session(view)
