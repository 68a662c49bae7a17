"""The errors table and the named failures of the domain say the same."""

import inspect

import pytest

from threadkeep.domain import errors as domain
from threadkeep.protocol.errors import BY_KIND, ERRORS

FAILURES = [
    cls
    for _, cls in inspect.getmembers(domain, inspect.isclass)
    if issubclass(cls, domain.ThreadkeepError) and "kind" in vars(cls)
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda cls: cls.__name__)
def test_a_failure_of_the_domain_has_a_row_and_is_as_retryable(failure: type[domain.ThreadkeepError]) -> None:
    assert BY_KIND[failure.kind].retryable is failure.retryable


def test_codes_of_our_own_are_positive_and_each_stands_for_one_kind() -> None:
    standard = {-32700, -32600, -32601, -32602, -32603, -32800, -32002}
    assert {error.code for error in ERRORS if error.code < 0} == standard
    assert len({error.code for error in ERRORS}) == len({error.kind for error in ERRORS}) == len(ERRORS)
