import pytest

from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.times import kept_time


@pytest.mark.parametrize(
    ("at", "kept"),
    [
        ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00.000Z"),
        ("2026-03-01T12:00:00.123Z", "2026-03-01T12:00:00.123Z"),
        ("2026-03-01T12:00:00+02:00", "2026-03-01T10:00:00.000Z"),
        ("2026-03-01T00:30:00.5-01:00", "2026-03-01T01:30:00.500Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
    ],
)
def test_a_time_is_kept_in_utc_with_milliseconds(at: str, kept: str) -> None:
    assert kept_time("at", at) == kept


def test_what_is_finer_is_cut_off_or_rounded_up() -> None:
    assert kept_time("at", "2026-03-01T12:00:00.0009Z") == "2026-03-01T12:00:00.000Z"
    assert kept_time("at", "2026-03-01T12:00:00.9991Z", rounds_up=True) == "2026-03-01T12:00:01.000Z"
    assert kept_time("at", "2026-03-01T12:00:00.001Z", rounds_up=True) == "2026-03-01T12:00:00.001Z"


@pytest.mark.parametrize(
    "at", ["", "soon", "2026-03-01", "2026-03-01T12:00:00", "\ud800", "0001-01-01T00:00:00+01:00"]
)
def test_what_is_no_time_is_refused(at: str) -> None:
    with pytest.raises(InvalidValue, match="at"):
        kept_time("at", at)
