"""What the clean-up tells."""

from threadkeep.cli.bulk import clean_up_lines
from threadkeep.protocol.types.organise import CleanUpResult
from threadkeep.values import evolve

RESULT = CleanUpResult(count=0, sample=(), kept=0, purged=0, bytes=1_500_000)


def test_a_rehearsal_says_how_to_do_it() -> None:
    lines = clean_up_lines(evolve(RESULT, count=21, kept=1, purged=2), is_applied=False)
    assert lines == [
        "… and 21 more",
        "Would go into the trash: 21 sessions",
        "Old, and kept as favourite, tagged or busy: 1 session",
        "Would be erased: 2 sessions",
        "The store takes 1.5 MB",
        "Nothing was changed: say --apply to do it",
    ]


def test_what_was_done_is_told_in_the_past() -> None:
    assert clean_up_lines(evolve(RESULT, count=1, purged=1), is_applied=True)[1:] == [
        "Into the trash: 1 session",
        "Erased: 1 session",
        "The store takes 1.5 MB",
    ]
