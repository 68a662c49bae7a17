"""What the commands that look after the store tell."""

from threadkeep.cli.upkeep import backup_lines, doctor_lines
from threadkeep.protocol.types.upkeep import BackUpStoreResult, CheckStoreResult, StoreProblem


def problem(*, is_repaired: bool = False) -> StoreProblem:
    return StoreProblem(kind="counters", message="wrong", count=1200, is_repaired=is_repaired)


def test_a_healthy_store_is_one_line() -> None:
    assert doctor_lines(CheckStoreResult(is_healthy=True, problems=())) == ["The store is healthy."]


def test_a_problem_is_told_with_what_to_do() -> None:
    assert doctor_lines(CheckStoreResult(is_healthy=False, problems=(problem(),))) == [
        "wrong: counters (1,200): wrong",
        "`threadkeep store doctor --repair` makes a backup and repairs what can be repaired.",
    ]


def test_what_was_repaired_is_told_with_its_backup() -> None:
    result = CheckStoreResult(is_healthy=True, problems=(problem(is_repaired=True),), backup="/b/x.db")
    assert doctor_lines(result) == [
        "repaired: counters (1,200): wrong",
        "The store is healthy now.",
        "How it was before is kept in /b/x.db",
    ]


def test_what_could_not_be_repaired_points_at_the_backups() -> None:
    result = CheckStoreResult(is_healthy=False, problems=(problem(),), backup="/b/x.db")
    assert "threadkeep store restore PATH" in doctor_lines(result)[1]


def test_a_backup_is_told_with_its_size() -> None:
    assert backup_lines(BackUpStoreResult(path="/b/x.db", bytes=1_500_000)) == ["/b/x.db (1.5 MB)"]
