"""Use cases are made when they are asked for, each once, from the ports alone."""

import pytest

from tests.support.world import World
from threadkeep.usecases.application import Application
from threadkeep.usecases.lazy import lazy

MEMBERS = [name for name, member in vars(Application).items() if isinstance(member, lazy)]


@pytest.mark.parametrize("name", MEMBERS)
def test_each_can_be_the_first_to_be_asked_for_and_is_made_once(name: str):
    cases = World().cases
    for made in MEMBERS:
        vars(cases).pop(made, None)
    assert getattr(cases, name) is getattr(cases, name)
    assert name in vars(cases)


def test_those_that_depend_on_each_other_share_what_they_are_made_of():
    cases = World().cases
    assert cases.lifecycle.chat is cases.trash.chat is cases.chat
    assert cases.sessions.repositories is cases.opening.repositories is cases.repositories
