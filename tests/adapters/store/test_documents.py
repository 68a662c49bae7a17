"""Documents hold what differs from its default, and read as what they were made of."""

import pytest

from tests.support.store import a_message, a_turn, an_attachment
from threadkeep.adapters.store.tables.documents import message_document, turn_document, value_of
from threadkeep.domain.messages import Failure, Message, TimelineEvent, Usage
from threadkeep.domain.turns import Turn
from threadkeep.values import members

USAGE = Usage(input_tokens=7)


@pytest.mark.parametrize(
    "message",
    [
        a_message(usage=USAGE),
        a_message(usage=Usage()),
        a_message(usage=Usage(cost=0.0)),
        a_message(error=Failure(kind="providerTimeout", message="late")),
        a_message(event=TimelineEvent(kind="paused", at="now")),
        a_message(parts=(an_attachment(range_=None),)),
    ],
)
def test_nothing_that_is_its_default_is_stored_with_a_message(message: Message) -> None:
    document = message_document(message)
    assert value_of(document, Message) == message
    left = [document, *(part for part in document.get("parts", ()))]
    left += [value for each in left for value in each.values() if isinstance(value, dict)]
    for each in left:
        assert None not in each.values()
        assert False not in [value for value in each.values() if isinstance(value, bool)]


def test_tokens_that_were_not_used_are_not_stored() -> None:
    assert message_document(a_message(usage=USAGE))["usage"] == {"input_tokens": 7}
    assert turn_document(a_turn(usage=USAGE))["usage"] == {"input_tokens": 7}


def test_what_older_programs_stored_reads_alike() -> None:
    turn = a_turn(usage=USAGE)
    document = turn_document(turn) | {"usage": members(USAGE)}
    assert value_of(document, Turn) == turn
