import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from threadkeep.domain.secrets import redacted
from threadkeep.logs import KEPT, MAX_BYTES, MAX_LENGTH, LogFile, close_logs, set_level, set_up_logs

ours = logging.getLogger("threadkeep.test")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root, package = logging.getLogger(), logging.getLogger("threadkeep")
    levels = root.level, package.level
    yield
    close_logs()
    root.setLevel(levels[0])
    package.setLevel(levels[1])


def own_handler() -> LogFile:
    return next(one for one in logging.getLogger().handlers if isinstance(one, LogFile))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "threadkeep.log"


def test_a_line_tells_time_level_process_and_logger(file: Path) -> None:
    assert set_up_logs(file, level="info") == file
    ours.info("opened %s", "it")
    time, rest = file.read_text().split(" ", 1)
    assert rest == f"INFO {os.getpid()} threadkeep.test: opened it\n"
    assert len(time) == len("2026-01-02T03:04:05.678Z")
    assert time[-1] == "Z"


def test_the_level_is_the_settings_and_can_change(file: Path) -> None:
    set_up_logs(file, level="warning")
    ours.info("one")
    set_level("debug")
    ours.debug("two")
    assert [line.split(": ")[1] for line in file.read_text().splitlines()] == ["two"]


def test_other_packages_are_heard_from_warning_on(file: Path) -> None:
    set_up_logs(file, level="debug")
    logging.getLogger("pygls.protocol").info("a prompt")
    logging.getLogger("pygls.protocol").warning("trouble")
    assert "a prompt" not in file.read_text()
    assert "trouble" in file.read_text()


def test_setting_up_again_replaces_the_file(file: Path, tmp_path: Path) -> None:
    set_up_logs(file, level="info")
    set_up_logs(tmp_path / "second.log", level="info")
    ours.info("x")
    assert file.read_text() == ""
    assert (tmp_path / "second.log").read_text().count("\n") == 1


def test_nothing_goes_to_stdout_or_stderr(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    set_up_logs(file, level="debug")
    ours.error("x")
    assert capfd.readouterr() == ("", "")


def test_a_record_that_cannot_be_formatted_says_where_and_not_what(
    file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    set_up_logs(file, level="info")
    record = ours.makeRecord(
        "threadkeep.test", logging.INFO, "here.py", 7, "%s %s", ("somebody's words",), None
    )
    own_handler().handle(record)
    assert "here.py:7" in file.read_text()
    assert "somebody's words" not in file.read_text()
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_only_the_user_may_read_the_log(file: Path) -> None:
    set_up_logs(file, level="info")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    file.chmod(0o644)
    set_up_logs(file, level="info")
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_log_that_cannot_be_written_costs_only_the_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "occupied").write_text("")
    assert set_up_logs(tmp_path / "occupied" / "threadkeep.log", level="info") is None
    assert "There is no log" in capfd.readouterr().err


def test_a_full_file_is_set_aside_and_the_oldest_goes(file: Path) -> None:
    set_up_logs(file, level="info")
    line = "x" * (MAX_LENGTH - 1000)
    for _ in range(200):
        ours.info(line)
    names = sorted(path.name for path in file.parent.iterdir())
    assert names == ["threadkeep.log", *(f"threadkeep.log.{number}" for number in range(1, KEPT + 1))]
    assert all(path.stat().st_size < MAX_BYTES + 100_000 for path in file.parent.iterdir())
    assert all(path.stat().st_mode & 0o777 == 0o600 or os.name != "posix" for path in file.parent.iterdir())


def test_a_file_that_another_process_set_aside_is_left_for_the_new_one(file: Path) -> None:
    set_up_logs(file, level="info")
    file.write_text("x" * MAX_BYTES)
    file.replace(file.with_name("threadkeep.log.1"))
    file.write_text("theirs\n")
    ours.info("mine")
    assert file.read_text().startswith("theirs\n")
    assert file.read_text().endswith("mine\n")
    assert not file.with_name("threadkeep.log.2").exists()


def test_a_file_that_cannot_be_set_aside_goes_on_growing(file: Path) -> None:
    set_up_logs(file, level="info")
    file.with_name("threadkeep.log.1").mkdir()  # in the way of the new name, as an open file is on Windows
    file.with_name("threadkeep.log.2").write_text("")
    file.write_text("x" * MAX_BYTES)
    ours.info("more")
    ours.info("and more")
    assert file.read_text().endswith("and more\n")
    assert file.stat().st_size > MAX_BYTES


def test_a_log_whose_disk_fails_stops_nobody(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    set_up_logs(file, level="info")
    handler = own_handler()
    assert handler._descriptor is not None
    os.close(handler._descriptor)  # what a failing disk looks like to it
    ours.info("lost")
    handler._descriptor = None
    ours.info("kept")
    assert file.read_text().count("\n") == 1
    assert capfd.readouterr() == ("", "")


def test_records_of_several_processes_stay_whole(file: Path) -> None:
    code = (
        "import logging, pathlib, sys; from threadkeep.logs import set_up_logs;"
        "set_up_logs(pathlib.Path(sys.argv[1]), level='info');"
        "[logging.getLogger('threadkeep').info(sys.argv[2] * 500) for _ in range(300)]"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(file), mark]) for mark in "abc"]
    assert [process.wait(30) for process in running] == [0, 0, 0]
    texts = [line.split(": ")[1] for line in file.read_text().splitlines()]
    assert sorted(texts) == sorted(mark * 500 for mark in "abc" for _ in range(300))


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("key sk-ant-api03-abcdefGHIJKL_mn-op was refused", "abcdefGHIJKL"),
        ("sk_live_abcdefghijklmnop", "abcdefgh"),
        ("ghp_abcdefghijklmnop0123456789", "abcdefgh"),
        ("AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"),
        ("Authorization: Bearer abcd.efgh-ijkl", "efgh"),
        ("'authorization': 'Basic dXNlcjpwYXNz'", "dXNlcjpwYXNz"),
        ("bearer abcdefgh1234", "abcdefgh"),
        ('{"apiKey": "hunter22"}', "hunter22"),
        ("OPENAI_API_KEY=hunter22", "hunter22"),
        ("password = hunter22", "hunter22"),
        ("https://ann:hunter22@proxy:8080/x", "hunter22"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "eyJzdWI"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabcd\n-----END RSA PRIVATE KEY-----", "abcd"),
    ],
)
def test_what_looks_like_a_key_is_not_written(text: str, secret: str) -> None:
    assert secret not in redacted(text)
    assert "[redacted]" in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "opened session 019b7c7e-8f8e-7abc-8def-0123456789ab for https://github.com/ann/app",
        "providers.work.apiKeyEnv is unknown",
        "a skeleton-of-some-long-name and sk-short",
        "commit 0123456789abcdef0123456789abcdef01234567 by ann@example.com",
    ],
)
def test_other_text_is_written_as_it_is(text: str) -> None:
    assert redacted(text) == text


def test_a_record_is_cut_where_nobody_reads_on(file: Path) -> None:
    set_up_logs(file, level="info")
    ours.info("x" * (MAX_LENGTH + 1000))
    assert len(file.read_text()) < MAX_LENGTH + 100
    assert "more characters)" in file.read_text()


def test_keys_in_tracebacks_are_not_written(file: Path) -> None:
    set_up_logs(file, level="info")
    try:
        raise ValueError("api_key=hunter22")
    except ValueError:
        ours.exception("failed")
    assert "ValueError" in file.read_text()
    assert "hunter22" not in file.read_text()
