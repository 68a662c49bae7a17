import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadkeep.domain.errors import ProviderAuth, ProviderOverloaded
from threadkeep.usecases.chat.listening import FIRST_SECONDS, MOST_SECONDS, retry_seconds


def seconds(error=None, *, attempt=1, retries=5, random=0.5) -> float | None:
    error = error or ProviderOverloaded("Busy.", provider="p")
    return retry_seconds(error, attempt=attempt, retries=retries, random=random)


def test_each_wait_is_twice_as_long_as_the_one_before():
    assert [seconds(attempt=n) for n in (1, 2, 3)] == [FIRST_SECONDS, FIRST_SECONDS * 2, FIRST_SECONDS * 4]


def test_what_the_provider_asks_for_is_kept_to_if_a_person_would_wait_for_it():
    assert seconds(ProviderOverloaded("Busy.", provider="p", retry_after_ms=1500)) == pytest.approx(1.5)
    assert seconds(ProviderOverloaded("Busy.", provider="p", retry_after_ms=600_000)) is None


def test_there_is_an_end():
    assert seconds(attempt=6, retries=5) is None
    assert seconds(retries=0) is None
    assert seconds(ProviderAuth("No.", provider="p")) is None


@given(st.integers(min_value=1, max_value=2000), st.floats(min_value=0, max_value=1))
def test_no_wait_is_longer_than_a_person_has_patience(attempt, random):
    wait = seconds(attempt=min(attempt, 1000), retries=2000, random=random)
    assert wait is not None
    assert 0 < wait <= MOST_SECONDS
