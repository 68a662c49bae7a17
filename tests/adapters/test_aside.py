"""Looking at folders aside, with file systems that hang."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hanging_share import hanging
from tests.support.repositories import FakeCheckouts
from threadkeep.adapters.aside import BackgroundTasks, PatientCheckouts, PatientDocuments, SharedPlaces
from threadkeep.domain.folders import FolderAway
from threadkeep.domain.repositories import Checkout
from threadkeep.ports.documents import Document


class Share(FakeCheckouts):
    """Folders under /share answer when they are let to; each look is counted."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = threading.Event()
        self.looks: list[str] = []

    def _hang(self, path: str) -> None:
        self.looks.append(path)
        if path.startswith("/share"):
            self.answers.wait(20)

    def is_present(self, root: str) -> bool:
        self._hang(root)
        return super().is_present(root)

    def read(self, uri: str) -> Checkout:
        self._hang(uri.removeprefix("file://"))
        return super().read(uri)


@pytest.fixture
def share() -> Iterator[Share]:
    share = Share()
    yield share
    share.answers.set()


def patient(share: Share, **aside: object) -> PatientCheckouts:
    options = {"place": lambda path: path, "quick": 0.1} | aside
    return PatientCheckouts(
        checkouts=share,
        aside=BackgroundTasks(**options),  # type: ignore[arg-type]
        path_of=lambda uri: uri.removeprefix("file://"),
    )


def test_a_folder_that_does_not_answer_is_unknown_and_holds_up_no_other(share: Share) -> None:
    checkouts = patient(share)
    share.missing = {"/code/gone"}
    away = [f"/share/{number}" for number in range(3)]

    found = checkouts.presence([*away, "/code/app", "/code/gone"])

    assert found == dict.fromkeys(away) | {"/code/app": True, "/code/gone": False}


def test_more_hanging_folders_than_threads_leave_a_thread_for_the_next(share: Share) -> None:
    checkouts = patient(share, quick=0.3)
    checkouts.presence([f"/share/{number}" for number in range(8)])
    assert checkouts.presence(["/code/app"]) == {"/code/app": True}


def test_what_hangs_is_waited_for_once(share: Share) -> None:
    checkouts = patient(share, quick=0.3)
    checkouts.presence(["/share/a"])
    before = time.monotonic()
    for _ in range(20):
        assert checkouts.presence(["/share/a"]) == {"/share/a": None}
    assert time.monotonic() - before < 0.3
    assert share.looks == ["/share/a"]


def aside_threads() -> set[int | None]:
    return {each.ident for each in threading.enumerate() if each.name == "threadkeep-aside"}


def test_folders_of_one_share_hang_in_one_thread(share: Share) -> None:
    checkouts = patient(share, place=lambda path: "/share" if path.startswith("/share") else path)
    before = aside_threads()
    roots = [f"/share/{number}" for number in range(50)]
    assert set(checkouts.presence(roots).values()) == {None}
    assert len(aside_threads() - before) == 1


def test_the_number_of_threads_is_bounded(share: Share) -> None:
    checkouts = patient(share, most=3)
    before = aside_threads()
    for number in range(10):
        checkouts.presence([f"/share/{number}"])
    assert len(aside_threads() - before) <= 3


def test_what_answered_late_is_known_to_the_next_list(share: Share) -> None:
    checkouts = patient(share)
    share.missing = {"/share/gone"}
    assert checkouts.presence(["/share/a", "/share/gone"]) == {"/share/a": None, "/share/gone": None}
    time.sleep(0.2)
    share.answers.set()
    time.sleep(0.1)
    assert checkouts.presence(["/share/a", "/share/gone"]) == {"/share/a": True, "/share/gone": False}


def test_a_quick_disk_is_looked_at_each_time(share: Share) -> None:
    checkouts = patient(share)
    assert checkouts.presence(["/code/app"]) == {"/code/app": True}
    share.missing = {"/code/app"}
    assert checkouts.presence(["/code/app"]) == {"/code/app": False}
    assert not checkouts.is_present("/code/app")


def test_who_needs_the_folder_is_told_that_it_is_away_and_when_it_answers(share: Share) -> None:
    checkouts = patient(share)
    with pytest.raises(FolderAway, match="/share/app does not answer") as raised:
        checkouts.read("file:///share/app")
    assert raised.value.answer is not None
    time.sleep(0.2)
    share.answers.set()
    assert raised.value.answer.result(5).root == "/share/app"
    assert checkouts.read("file:///share/app").root == "/share/app"
    assert share.looks == ["/share/app"], "the late answer was not used"


def test_a_thread_that_hung_works_on(share: Share) -> None:
    checkouts = patient(share, most=1)
    assert checkouts.presence(["/share/a"]) == {"/share/a": None}
    assert checkouts.presence(["/code/app"]) == {"/code/app": None}
    share.answers.set()
    time.sleep(0.1)
    assert checkouts.presence(["/code/app"]) == {"/code/app": True}


def test_open_folders_that_answer_are_told_without_the_others(share: Share) -> None:
    assert patient(share).answering(["file:///share/a", "file:///code/app"]) == ["/code/app"]


def test_what_a_look_raises_is_raised(share: Share) -> None:
    with pytest.raises(ValueError, match="no text"):
        patient(share).aside.get("key", "/code/app", lambda: int("no text, this"))


class HangingDocuments:
    def __init__(self, answers: threading.Event) -> None:
        self.answers = answers

    def read(self, uri: str) -> Document:
        self.answers.wait(20)
        return Document(text=uri)

    def name(self, uri: str, *, root: str | None) -> str:
        return f"{root}:{uri}"


def test_a_file_that_cannot_be_read_in_time_is_away(share: Share) -> None:
    documents = PatientDocuments(
        documents=HangingDocuments(share.answers),
        aside=BackgroundTasks(quick=0.05),
        path_of=lambda uri: uri.removeprefix("file://"),
    )
    with pytest.raises(FolderAway):
        documents.read("file:///share/a.txt")
    share.answers.set()
    assert documents.name("file:///share/a.txt", root="r") == "r:file:///share/a.txt"


def disk(path: str) -> str | None:
    """All but /far lies on a disk of this computer, also what hangs there."""
    return path if path.startswith("/far") else None


def test_one_folder_on_a_local_disk_is_looked_at_at_once(share: Share) -> None:
    checkouts = patient(share, place=disk)
    before = aside_threads()
    assert checkouts.is_present("/code/app")
    assert aside_threads() == before


def test_a_list_of_folders_on_a_local_disk_is_one_look(share: Share) -> None:
    checkouts = patient(share, place=disk)
    share.missing = {"/code/gone"}
    folders = [f"/code/{number}" for number in range(200)]
    before = aside_threads()
    assert checkouts.presence([*folders, "/code/gone"]) == dict.fromkeys(folders, True) | {
        "/code/gone": False
    }
    assert len(aside_threads() - before) == 1
    assert len(share.looks) == 201


def test_a_local_disk_that_hangs_holds_up_no_list(share: Share) -> None:
    """As one that fails does, or a link on it that has come to lead to a share."""
    checkouts = patient(share, place=disk)
    share.missing = {"/code/gone"}
    roots = ["/code/app", "/share/a", "/code/gone", "/far/b"]
    expected = {"/code/app": True, "/share/a": None, "/code/gone": False, "/far/b": True}
    before = time.monotonic()
    for _ in range(20):
        assert checkouts.presence(roots) == expected
    assert time.monotonic() - before < 5
    share.answers.set()
    deadline = time.monotonic() + 10
    while checkouts.presence(roots)["/share/a"] is None:
        assert time.monotonic() < deadline


@pytest.mark.skipif("not sys.platform.startswith('linux')", reason="needs Linux's table of mounts")
def test_a_share_that_is_mounted_is_known_at_once(tmp_path: Path) -> None:
    place = SharedPlaces()
    before = place(str(tmp_path))
    with hanging(tmp_path):
        assert place(str(tmp_path / "app")) == str(tmp_path)
    assert place(str(tmp_path)) == before


def test_paths_of_a_network_mount_share_its_place_and_those_of_a_disk_none(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "20 1 8:1 / / rw - ext4 /dev/sda rw\n"
        "21 20 0:5 / /mnt/my\\040share rw - nfs4 host:/x rw\n"
        "22 21 8:2 / /mnt/my\\040share/disk rw shared:1 - ext4 /dev/sdb rw\n"
        "a line that means nothing\n"
    )
    place = SharedPlaces(windows=False, mounts=mounts)
    assert place("/code/app") is None
    assert place("/mnt/my share/a/b") == place("/mnt/my share") == "/mnt/my share"
    assert place("/mnt/my shared") is None
    assert place("/mnt/my share/disk/a") is None
    assert SharedPlaces(windows=False, mounts=tmp_path / "none")("/a") == "/a"
    assert SharedPlaces(windows=True)("\\\\host\\Share\\a") == "\\\\host\\share"
    assert SharedPlaces(windows=True)("C:\\a") == "C:\\a"
