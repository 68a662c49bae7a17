import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from threadkeep.adapters.git.origins import normalised_origin, origin_url

SEGMENT = st.text(st.characters(categories=["L", "N"], include_characters="-_ +%"), min_size=1, max_size=10)
SEGMENTS = st.lists(SEGMENT.filter(lambda text: text.strip() == text), min_size=1, max_size=4)

URLS = st.lists(
    st.sampled_from(
        [
            "file:",
            "https:",
            "ssh:",
            "//",
            "/",
            "\\",
            "C:",
            ".git",
            "..",
            ".",
            "host",
            "@",
            ":",
            "a",
            "[",
            "]",
            "::1",
            "%20",
            "%2F",
            "%",
            "?",
            "#",
            "~",
            "é",
            "22",
            " ",
        ]
    ),
    max_size=9,
).map("".join)
"""Pieces of URLs in any order."""


def normalised(url: str, *, base: str = "/base", windows: bool = False) -> str | None:
    return normalised_origin(url, base=base, windows=windows)


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/Ann/app.git",
        "https://github.com/Ann/app",
        "https://github.com/Ann/app/",
        "https://github.com/Ann/app.git/",
        "http://github.com/Ann/app.git",
        "https://ann:p@ss@github.com/Ann/app.git",
        "https://token@GitHub.COM:443/Ann/app.git",
        "https://github.com/Ann/app.git?private_token=x",
        "ssh://git@github.com/Ann/app.git",
        "ssh://git@github.com:22/Ann/app.git",
        "git+ssh://git@github.com/Ann/app",
        "SSH://git@github.com/Ann/app",
        "git://github.com/Ann/app.git",
        "git@github.com:Ann/app.git",
        "git@github.com:/Ann/app.git",
        "github.com:Ann/app",
        "[git@github.com:22]:Ann/app.git",
        "git@github.com.:Ann//app",
    ],
)
def test_every_way_to_one_repository_is_one_origin(url: str) -> None:
    assert normalised(url) == "https://github.com/Ann/app"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("ssh://git@[2001:DB8::1]:2222/app.git", "https://[2001:db8::1]/app"),
        ("git@[::1]:app.git", "https://[::1]/app"),
        ("ssh://host/~ann/app", "https://host/~ann/app"),
        ("https://host/a%20b", "https://host/a%20b"),
        ("host:a b", "https://host/a%20b"),
        ("host:.git", "https://host/.git"),
        ("/srv/app.git", "/srv/app"),
        ("/srv/app/.git", "/srv/app"),
        ("/srv/./x/../app/", "/srv/app"),
        ("file:///srv/app.git", "/srv/app"),
        ("../app.git", "/app"),
        ("./a:b/app", "/base/a:b/app"),
        ("C:\\Src\\App.git", "c:\\src\\app"),
        ("c:/src/app", "c:\\src\\app"),
        ("\\\\Server\\share\\app.git", "\\\\server\\share\\app"),
    ],
)
def test_an_origin_is_written_in_one_way(url: str, origin: str) -> None:
    assert normalised(url) == origin


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("file:///C:/Src/app.git", "c:\\src\\app"),
        ("file://server/share/app", "\\\\server\\share\\app"),
        ("..\\app", "c:\\app"),
        ("git@github.com:Ann/app", "https://github.com/Ann/app"),
    ],
)
def test_an_origin_on_windows_may_be_a_folder_there(url: str, origin: str) -> None:
    assert normalised(url, base="C:\\base", windows=True) == origin


@pytest.mark.parametrize(
    "url", ["ext::sh -c evil", "fd::3", " ", "", "https://", "https:///x", "s3://b/x", "h st:x"]
)
def test_what_is_no_place_is_no_origin(url: str) -> None:
    assert normalised(url) is None


@settings(deadline=None)
@example("/:", True)
@example("...git", False)
@example("h:a/..git", False)
@example("C:\\.git", True)
@given(st.text() | URLS, st.booleans())
def test_normalising_twice_changes_nothing_more(url: str, windows: bool) -> None:
    once = normalised(url, windows=windows, base="C:\\b" if windows else "/b")
    if once is not None:
        assert normalised(once, windows=windows) == once


@settings(deadline=None)
@given(SEGMENTS, st.sampled_from(["", ":22", ":8443"]), st.sampled_from(["", "git@", "a:b@"]))
def test_ssh_and_https_and_scp_forms_are_equal(segments: list[str], port: str, user: str) -> None:
    plain = "/".join(segments)
    quoted = plain.replace("%", "%25").replace(" ", "%20")
    forms = {
        normalised(f"https://{user}Host.example{port}/{quoted}"),
        normalised(f"ssh://{user}host.example{port}/{quoted}.git"),
        normalised(f"git@host.example:{plain}.git"),
    }
    assert len(forms) == 1
    assert "b@" not in str(forms)


@pytest.mark.parametrize(
    "config",
    [
        '[remote "origin"]\n\turl = https://host/x\n',
        '[REMOTE "origin"] URL=https://host/x',
        '\ufeff[remote "origin"]\r\n\turl = https://host/x\r\n',
        "[remote.origin]\nurl = https://host/x\n",
        '[remote "origin"] ; note\n# url = https://no/1\n ; url = no\n url = "https://host/x" # why\n',
        '[remote "origin"]\nfetch = +refs/*\nurl = https://\\\nhost/x\n',
        '[remote "origin"]\nurl =\nurl = https://host/x\nurl = https://second/x\n',
        '[remote "other"]\nurl = https://no/x\n[remote "origin"]\nurl = https://host/x\n',
        '[core]\n\tbare = false\n[broken\n= \n[remote "\\origin"]\nurl = https://host/x\n',
    ],
)
def test_the_first_url_of_origin_is_found(config: str) -> None:
    assert origin_url(config) == "https://host/x"


@pytest.mark.parametrize(
    "config",
    [
        "",
        '[remote "Origin"]\nurl = https://host/x',
        '[remote "origin"]\npushurl = https://host/x',
        '[include]\npath = /evil\n[url "https://evil/"]\ninsteadOf = x\nurl = https://no/x',
        "url = https://host/x",
        '[remote "origin"]\nurl',
    ],
)
def test_nothing_else_is_taken_for_the_origin(config: str) -> None:
    assert origin_url(config) is None


def test_quotes_keep_comment_signs_and_spaces() -> None:
    assert origin_url('[remote "origin"]\nurl = "/a # b;\\"c\\\\ "') == '/a # b;"c\\ '


@settings(deadline=None)
@given(st.text())
def test_any_text_can_be_read_as_a_configuration(config: str) -> None:
    assert origin_url(f'{config}\n[remote "origin"]\nurl = x') in ("x", origin_url(config), None)


@pytest.mark.timeout(30)  # each took from minutes to days, with nobody else answered
@pytest.mark.parametrize(
    "config",
    [
        "[a" + " " * 1_000_000 + "x",
        '[a "' + "\\x" * 500_000 + "x",
        '[remote "origin"]\nurl=' + "x" * 1_000_000,
        '[remote "origin"]\nurl=https://a/b' + ".git" * 250_000,
        '[remote "origin"]\nurl=' + "x\\\n" * 300_000,
    ],
    ids=["header", "quoted header", "value", "suffixes", "continued"],
)
def test_a_configuration_that_means_harm_takes_no_time(config: str) -> None:
    url = origin_url(config)
    assert url is None or normalised_origin(url, base="/", windows=False) is None


def test_suffixes_are_taken_off_one_after_the_other() -> None:
    assert normalised_origin("https://a/b.git.GIT/", base="/", windows=False) == "https://a/b"
    assert normalised_origin("https://a/" + "b" * 9_000, base="/", windows=False) is None
