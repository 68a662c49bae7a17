from collections.abc import Sequence

import pytest

from tests.support.agent_files import FakeAgentFiles, Found
from tests.support.fake_models import FakeModel, FakeModels
from tests.support.world import FakePreferences, World
from threadkeep.domain.agents import BUILTIN, Agent, AgentSource, BrokenAgent
from threadkeep.domain.errors import AgentNotFound, ModelNotFound, ProviderNotFound
from threadkeep.domain.repositories import Repository
from threadkeep.domain.sessions import Session, SessionKey
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.usecases.agents import Agents
from threadkeep.usecases.chat.turn_start import Outgoing

ROOT = "/code/app"
APP = Repository(id="r", name="app", aliases=(), roots=(ROOT, "/code/elsewhere"))
OTHER = Repository(id="o", name="other", aliases=(), roots=("/code/other",))
BUILTIN_NAMES = [agent.name for agent in BUILTIN]


def an_agent(name: str, source: AgentSource = "user", **fields: object) -> Agent:
    return Agent(name=name, source=source, **{"description": "", "prompt": f"You are {name}.", **fields})


def broken(name: str, source: AgentSource = "user") -> BrokenAgent:
    return BrokenAgent(name=name, source=source, path=f"/a/{name}.md", line=3, problem="model has no value.")


def a_session(**fields: object) -> Session:
    times = dict.fromkeys(("created_at", "updated_at", "last_activity_at"), "2026-01-01T00:00:00.000Z")
    return Session(
        id="s", key=SessionKey(repository_id="r", task="main"), **{"agent": "coder", **times, **fields}
    )


def the_agents(
    *users: Found,
    settings: Sequence[Agent] = (),
    repository: Sequence[Found] = (),
    trusted: Sequence[str] = (),
    **preferences: object,
) -> Agents:
    return Agents(
        preferences=FakePreferences(agents=(*BUILTIN, *settings), **preferences),
        files=FakeAgentFiles(users=users, by_root={ROOT: repository}),
        trusted_roots=lambda: trusted,
    )


def names(found: Sequence[Found]) -> list[str]:
    return [each.name for each in found]


def test_without_files_the_agents_are_those_of_the_settings():
    agents = Agents(preferences=FakePreferences(agents=(*BUILTIN, an_agent("mine", "settings"))))
    assert names(agents.listed(APP)) == [*BUILTIN_NAMES, "mine"]
    assert agents.get("mine", repository=APP).source == "settings"


def test_agents_from_everywhere_are_listed_once_a_name_and_the_broken_ones_last():
    agents = the_agents(
        broken("bad"),
        an_agent("own"),
        settings=[an_agent("set", "settings")],
        repository=[broken("repo:worse", "repository"), an_agent("repo:style", "repository")],
        trusted=[ROOT],
    )
    expected = [*BUILTIN_NAMES, "own", "set", "repo:style", "bad", "repo:worse"]
    assert names(agents.listed(APP)) == expected


def test_a_users_file_takes_a_built_in_agents_place_and_a_setting_that_of_both():
    filed, set_ = an_agent("coder"), an_agent("coder", "settings")
    assert the_agents(filed).get("coder") == filed
    agents = the_agents(filed, settings=[set_])
    assert agents.get("coder") == set_
    assert names(agents.listed()) == BUILTIN_NAMES


def test_a_repositorys_agent_takes_nobodys_place():
    own, foreign = an_agent("repo:coder"), an_agent("repo:coder", "repository")
    agents = the_agents(own, repository=[foreign, an_agent("coder", "repository")], trusted=[ROOT])
    assert agents.get("repo:coder", repository=APP) == own
    assert agents.get("coder", repository=APP).source == "builtin"


@pytest.mark.parametrize(
    ("repository", "trusted", "asked"),
    [
        (APP, [ROOT], [ROOT]),
        (APP, ["/code/other", ROOT], [ROOT]),
        (APP, [], []),
        (APP, ["/code/other"], []),
        (OTHER, [ROOT], []),
        (None, [ROOT], []),
    ],
)
def test_only_the_given_repository_is_read_and_only_in_a_folder_that_is_trusted(repository, trusted, asked):
    agents = the_agents(repository=[an_agent("repo:style", "repository")], trusted=trusted)
    assert ("repo:style" in names(agents.listed(repository))) == bool(asked)
    assert agents.files.asked == asked


def test_trust_that_is_taken_away_holds_at_once():
    trusted = [ROOT]
    agents = the_agents(repository=[an_agent("repo:style", "repository")], trusted=trusted)
    assert agents.get("repo:style", repository=APP).source == "repository"
    trusted.clear()
    with pytest.raises(AgentNotFound):
        agents.get("repo:style", repository=APP)


def test_an_unknown_agent_is_told_with_the_known_ones_and_what_was_meant():
    with pytest.raises(AgentNotFound) as refused:
        the_agents().get("Revewer")
    assert refused.value.data == {"agent": "Revewer", "known": sorted(BUILTIN_NAMES)}
    assert refused.value.message.startswith("There is no agent 'Revewer'. Did you mean 'reviewer'? Known: ")


def test_nothing_is_meant_where_nothing_is_near():
    with pytest.raises(AgentNotFound) as refused:
        the_agents().get("zzz")
    assert "mean" not in refused.value.message


def test_a_repositorys_agent_without_its_prefix_is_what_was_meant():
    agents = the_agents(repository=[an_agent("repo:qa", "repository")], trusted=[ROOT])
    with pytest.raises(AgentNotFound) as refused:
        agents.get("qa", repository=APP)
    assert "Did you mean 'repo:qa'?" in refused.value.message


def test_an_agent_whose_file_is_broken_is_refused_with_the_problem():
    with pytest.raises(AgentNotFound) as refused:
        the_agents(broken("mine")).get("mine")
    assert "'mine' cannot be used: /a/mine.md:3: model has no value. Known: " in refused.value.message


def test_nobody_answers_in_the_place_of_an_agent_that_is_broken():
    agents = the_agents(broken("coder"), default_agent="coder")
    with pytest.raises(AgentNotFound, match=r"'coder' cannot be used: /a/coder\.md:3: model has no value"):
        agents.get("coder")
    others = [name for name in BUILTIN_NAMES if name != "coder"]
    assert names(agents.listed()) == [*others, "coder"]
    assert agents.default_name() == "coder"


def test_a_broken_agent_of_a_weaker_source_takes_nothing_from_a_stronger_one():
    agents = the_agents(broken("mine"), settings=[an_agent("mine", "settings")])
    assert agents.get("mine").source == "settings"


def test_what_is_wrong_with_the_users_agents_is_told():
    assert the_agents(an_agent("mine")).problems() == ()
    assert the_agents(broken("coder")).problems() == ("/a/coder.md:3: model has no value.",)
    (told,) = the_agents(default_agent="codr").problems()
    assert told == (
        'defaultAgent "codr" is not an agent; until that is fixed new sessions get "assistant". '
        'Did you mean "coder"?'
    )
    assert the_agents(default_agent="repo:style").problems() == ()


def test_a_model_that_the_session_kept_is_not_named_by_a_person():
    agents = the_agents()
    models = agents.preferences.models
    agents.answerer(a_session(provider="fake", model="m"))
    agents.answerer(a_session(), model="fake:m", is_named=False)
    assert models.named == []
    agents.answerer(a_session(), model="fake:m")
    assert models.named == ["fake"]


@pytest.mark.parametrize(("wanted", "name"), [("mine", "mine"), ("gone", "assistant")])
def test_a_new_session_has_the_settings_agent_if_there_is_one(wanted, name):
    assert the_agents(an_agent("mine"), default_agent=wanted).default_name() == name


def test_a_repositorys_agent_may_be_the_default_one_there():
    agents = the_agents(
        repository=[an_agent("repo:style", "repository")], trusted=[ROOT], default_agent="repo:style"
    )
    assert agents.default_name(repository=APP) == "repo:style"
    assert agents.default_name(repository=OTHER) == "assistant"


@pytest.mark.parametrize(
    ("session", "request_", "expected"),
    [
        ({}, {}, ("coder", "fake", "m")),
        ({"agent": "mine"}, {}, ("mine", "work", "big")),
        ({"agent": "mine", "provider": "fake", "model": "x"}, {}, ("mine", "fake", "x")),
        ({"provider": "fake", "model": "x"}, {"model": "work:y"}, ("coder", "work", "y")),
        ({}, {"agent": "mine"}, ("mine", "work", "big")),
        ({"agent": "gone"}, {"agent": "mine"}, ("mine", "work", "big")),
    ],
)
def test_who_answers_is_what_the_request_names_then_the_session_the_agent_the_default(
    session, request_, expected
):
    models = FakeModels(fake=FakeModel(), work=FakeModel())
    agents = the_agents(an_agent("mine", model="work:big"), models=models)
    answerer = agents.answerer(a_session(**session), **request_)
    assert (answerer.agent.name, answerer.provider, answerer.model) == expected


def test_a_repositorys_agent_answers_in_its_own_repository_only():
    agents = the_agents(repository=[an_agent("repo:style", "repository")], trusted=[ROOT])
    session = a_session(agent="repo:style")
    assert agents.answerer(session, repository=APP).agent.name == "repo:style"
    with pytest.raises(AgentNotFound):
        agents.answerer(session, repository=OTHER)
    with pytest.raises(AgentNotFound):
        agents.answerer(session)


@pytest.mark.parametrize(
    ("session", "request_", "error"),
    [
        ({"agent": "gone"}, {}, AgentNotFound),
        ({}, {"agent": "gone"}, AgentNotFound),
        ({"agent": "mine"}, {}, ProviderNotFound),
        ({"provider": "gone", "model": "x"}, {}, ProviderNotFound),
        ({}, {"model": "nocolon"}, ModelNotFound),
    ],
)
def test_what_is_missing_is_named(session, request_, error):
    agents = the_agents(an_agent("mine", model="gone:x"))
    with pytest.raises(error):
        agents.answerer(a_session(**session), **request_)


async def test_a_session_whose_agent_is_gone_can_be_read_and_listed_but_not_sent_to():
    world = World()
    world.preferences.agents = (*BUILTIN, an_agent("mine", "settings"))
    session = world.new_session(agent="mine")
    await world.say(session.id)
    world.preferences.agents = BUILTIN
    before = world.session(session.id)
    assert [message.agent for message in world.messages(session.id)] == [None, "mine"]
    assert before.agent == "mine"
    with pytest.raises(AgentNotFound) as refused:
        await world.chat.send(Outgoing(session_id=session.id, text="Again"))
    assert refused.value.data["known"] == sorted(BUILTIN_NAMES)
    assert world.session(session.id) == before


@pytest.mark.parametrize(
    ("asked", "is_default"),
    [
        ({"model": "m"}, True),
        ({"provider": "fake"}, True),
        ({"model": "m", "provider": "fake"}, True),
        ({"model": "m", "provider": "other"}, False),
        ({"model": "n"}, False),
        ({"provider": "other"}, False),
    ],
)
def test_who_asks_for_the_default_model_means_sessions_without_one_too(asked, is_default):
    agents = the_agents(
        an_agent("own", model="fake:n"), an_agent("none"), models=FakeModels(fake=FakeModel())
    )
    wanted = agents.with_default(SessionFilter(**asked))
    assert wanted == SessionFilter(**asked, unset_but=frozenset({"own"}) if is_default else None)
