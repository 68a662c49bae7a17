import pytest

from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.labels import (
    MAX_LINK,
    MAX_LINKS,
    MAX_NOTE,
    MAX_TAG,
    MAX_TAGS,
    MAX_TITLE,
    clean_links,
    clean_note,
    clean_tags,
    clean_title,
)
from threadkeep.domain.sessions import Link, title_from
from threadkeep.protocol import limits
from threadkeep.values import evolve

ISSUE = Link(kind="issue", value="7")


def with_url(url: str) -> tuple[Link, ...]:
    return clean_links([Link(kind="issue", value="7", url=url)])


def test_the_limits_are_those_of_the_protocol():
    ours = (MAX_TITLE, MAX_NOTE, MAX_TAGS, MAX_TAG, MAX_LINKS, MAX_LINK)
    theirs = (
        limits.MAX_TITLE,
        limits.MAX_NOTE,
        limits.MAX_TAGS,
        limits.MAX_TAG,
        limits.MAX_LINKS,
        limits.MAX_LINK,
    )
    assert ours == theirs


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("  My\n  title\t", "My title"),
        ("bill\u202efdp.exe\u202c", "billfdp.exe"),
        ("a\x00b\x1b[31mc\u2066d\ufeff", "ab[31mcd"),
        ("\u202e \u200b", ""),
        ("👩\u200d💻 नमस्ते שלום", "👩\u200d💻 नमस्ते שלום"),
        ("x" * MAX_TITLE, "x" * MAX_TITLE),
    ],
)
def test_a_title_stands_on_one_line_without_signs_that_nobody_sees(title, kept):
    assert clean_title(title) == kept


def test_a_title_made_of_a_message_is_as_clean():
    assert title_from("# bill\u202efdp.exe\x07\nmore") == "billfdp.exe"


@pytest.mark.parametrize(
    ("told", "change"),
    [
        ("title: must have at most 1,000 characters, not 1,001", lambda: clean_title("x" * 1_001)),
        ("note: must have at most 100,000 characters, not 100,001", lambda: clean_note("x" * 100_001)),
        ("tags: a tag must have at most 100 characters, not 101", lambda: clean_tags(["x" * 101])),
        ("tags: a tag must not be blank", lambda: clean_tags(["\u202e"])),
        ("tags: a session has at most 100 tags, not 101", lambda: clean_tags(map(str, range(101)))),
        ("links: a session has at most 100 links", lambda: clean_links(Link(kind="k", value=f"{n}") for n in range(101))),
        ("links[1].value: must have at most 2,000 characters, not 2,001", lambda: clean_links([ISSUE, Link(kind="k", value="x" * 2_001)])),
        ("links[0].kind: must not be blank", lambda: clean_links([Link(kind=" ", value="7")])),
        ("links[0].url: must have at most 2,000 characters, not 2,001", lambda: with_url("x" * 2_001)),
    ],
)  # fmt: skip
def test_what_is_too_much_is_refused_with_the_limit(told, change):
    with pytest.raises(InvalidValue) as refused:
        change()
    assert refused.value.message == told


def test_a_note_stays_as_it_is():
    assert (clean_note(None), clean_note(" a\n\u202eb ")) == (None, " a\n\u202eb ")


def test_tags_are_sorted_and_each_is_there_once():
    assert clean_tags([" b", "a", "b\u202e"]) == ("a", "b")


def test_tags_that_are_the_same_as_before_stay_in_their_order():
    assert clean_tags(["a", "b"], kept=("b", "a")) == ("b", "a")


LONG = "x" * (MAX_TAG + 1)
MANY = tuple(f"{number:04}" for number in range(MAX_TAGS + 2))
OLD = Link(kind="k", value="v", url="old-app://x")
MANY_LINKS = tuple(Link(kind="k", value=tag) for tag in MANY)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda: clean_title("x" * 1_001, kept="x" * 1_001), "x" * 1_001),
        (lambda: clean_note("x" * 100_001, kept="x" * 100_001), "x" * 100_001),
        (lambda: clean_tags([LONG, "n"], kept=("k", LONG)), ("n", LONG)),
        (lambda: clean_tags(["\u200b", "n"], kept=("\u200b",)), ("n",)),
        (lambda: clean_tags(MANY[1:], kept=MANY), MANY[1:]),
        (lambda: clean_tags(["new", *MANY[1:]], kept=MANY), (*MANY[1:], "new")),
        (lambda: clean_links([OLD, ISSUE], kept=(OLD,)), (OLD, ISSUE)),
        (lambda: clean_links(MANY_LINKS[1:], kept=MANY_LINKS), MANY_LINKS[1:]),
    ],
)
def test_what_is_kept_from_a_version_with_other_limits_hinders_no_change(change, expected):
    assert change() == expected


@pytest.mark.parametrize(
    "change",
    [
        lambda: clean_title("x" * 1_002, kept="x" * 1_001),
        lambda: clean_note("x" * 100_002, kept="x" * 100_001),
        lambda: clean_tags([LONG, f"{LONG}y"], kept=(LONG,)),
        lambda: clean_tags(["new", *MANY], kept=MANY),
        lambda: clean_links([evolve(OLD, url="old-app://y")], kept=(OLD,)),
        lambda: clean_links([ISSUE, *MANY_LINKS], kept=MANY_LINKS),
    ],
)
def test_what_is_new_holds_to_the_limits_beside_what_does_not(change):
    with pytest.raises(InvalidValue):
        change()


def test_of_two_links_to_the_same_the_later_one_holds():
    other, newer = Link(kind="task", value="7"), Link(kind="issue", value="7", url="https://x.org/7")
    assert clean_links([ISSUE, other, ISSUE, newer]) == (newer, other)


@pytest.mark.parametrize(
    "url",
    [
        "https://x.org/a%20b?c=d#e",
        "HTTP://x.org",
        "file:///home/me/a.py",
        "mailto:me@x.org",
        "vscode://file/a.py:3",
        "/relative/path",
        "x.org/7",
        "",
    ],
)
def test_a_link_may_lead_to_places(url):
    assert with_url(url)[0].url == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\nscript:alert(1)",
        " javascript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "search-ms:query=x",
        "https://x.org/a b",
        "localhost:3000/x",
    ],
)
def test_a_link_may_hold_no_program(url):
    with pytest.raises(InvalidValue, match=r"^links\[0\].url: must"):
        with_url(url)
