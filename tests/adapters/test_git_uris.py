import contextlib
import ntpath
import posixpath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from threadkeep.adapters.git.uris import path_from_uri, uri_from_path
from threadkeep.domain.errors import InvalidValue

NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='/\\<>:"|'), min_size=1, max_size=12
).filter(lambda name: name not in (".", ".."))
DRIVES = st.sampled_from("ABCXYZ")


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///home/me/code", "/home/me/code"),
        ("file://localhost/home", "/home"),
        ("FILE:///home", "/home"),
        ("file:/home", "/home"),
        ("file:////home", "/home"),
        ("file:///", "/"),
        ("file:///a%20b/%C3%A9t%C3%A9/%23%3F%25", "/a b/été/#?%"),
        ("file:///été/a b", "/été/a b"),
        ("file:///a#L3", "/a"),
        ("file:///a?x=1", "/a"),
        ("file:///100%", "/100%"),
        ("file:///%ff", "/\udcff"),
    ],
)
def test_a_file_uri_names_a_path_on_posix(uri: str, path: str) -> None:
    assert path_from_uri(uri, windows=False) == path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///c%3A/x", "C:\\x"),
        ("file:///C:/x", "C:\\x"),
        ("file:///c|/x", "C:\\x"),
        ("file://C:/x", "C:\\x"),
        ("file:/C:/x/y", "C:\\x\\y"),
        ("file:///D:", "D:\\"),
        ("file:///C:/a%20b/%23", "C:\\a b\\#"),
        ("file://server/share/x", "\\\\server\\share\\x"),
        ("file:////server/share/x", "\\\\server\\share\\x"),
        ("file://wsl%24/Ubuntu/home", "\\\\wsl$\\Ubuntu\\home"),
        ("file://wsl.localhost/Ubuntu/home", "\\\\wsl.localhost\\Ubuntu\\home"),
        ("file://server/share", "\\\\server\\share"),
        ("file://///server/share/x", "\\\\server\\share\\x"),
    ],
)
def test_a_file_uri_names_a_path_on_windows(uri: str, path: str) -> None:
    assert path_from_uri(uri, windows=True) == path


@pytest.mark.parametrize(
    ("path", "windows", "uri"),
    [
        ("/a b/é#?", False, "file:///a%20b/%C3%A9%23%3F"),
        ("/\udcff", False, "file:///%FF"),
        ("C:\\a b\\c", True, "file:///C:/a%20b/c"),
        ("\\\\server\\share\\x", True, "file://server/share/x"),
        ("\\\\?\\C:\\x", True, "file:///C:/x"),
        ("\\\\?\\UNC\\server\\share", True, "file://server/share"),
    ],
)
def test_a_path_has_a_file_uri(path: str, windows: bool, uri: str) -> None:
    assert uri_from_path(path, windows=windows) == uri


@pytest.mark.parametrize(
    ("uri", "windows"),
    [
        ("untitled:Untitled-1", False),
        ("vscode-vfs://github/a/b", False),
        ("https://example.com/a", True),
        ("/home/me", False),
        ("C:\\x", True),
        ("", False),
        ("file:relative", False),
        ("file:", False),
        ("file://server/share", False),
        ("file:///no/drive", True),
        ("file:///a%00b", False),
    ],
)
def test_anything_but_a_local_file_uri_is_refused(uri: str, windows: bool) -> None:
    with pytest.raises(InvalidValue) as refused:
        path_from_uri(uri, windows=windows)
    assert refused.value.data["problems"][0]["field"] == "uri"


@settings(deadline=None)
@given(st.lists(NAMES, max_size=4))
def test_a_posix_path_survives_the_way_through_a_uri(names: list[str]) -> None:
    path = posixpath.join("/", *names)
    assert path_from_uri(uri_from_path(path, windows=False), windows=False) == path


@settings(deadline=None)
@given(DRIVES, st.lists(NAMES, max_size=4))
def test_a_windows_path_survives_the_way_through_a_uri(drive: str, names: list[str]) -> None:
    path = ntpath.join(f"{drive}:\\", *names)
    assert path_from_uri(uri_from_path(path, windows=True), windows=True) == path


@settings(deadline=None)
@given(st.sampled_from(["server", "10.0.0.1", "wsl$"]), st.lists(NAMES, min_size=1, max_size=4))
def test_a_share_survives_the_way_through_a_uri(server: str, names: list[str]) -> None:
    path = "\\".join(["\\\\" + server, *names])
    assert path_from_uri(uri_from_path(path, windows=True), windows=True) == path


@settings(deadline=None)
@given(st.text(), st.booleans())
def test_any_text_is_a_path_or_refused(text: str, windows: bool) -> None:
    with contextlib.suppress(InvalidValue):
        path = path_from_uri(f"file:{text}", windows=windows)
        assert path[:1] == "/" or path[1:3] == ":\\" or path[:2] == "\\\\"
