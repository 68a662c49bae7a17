"""What goes through pipes and consoles, whatever encoding the system gives them."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

from tests.support.fake_chat import FAKE_CHAT
from threadkeep.cli import terminal as terminal_module
from threadkeep.cli.streams import argument_text, incoming, outgoing, read_all, shows_all
from threadkeep.cli.terminal import process_terminal

TEXT = "Größe 🌹 – “ok”"
PIPES = {
    "windows": {"PYTHONIOENCODING": "cp1252"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "ascii": {"PYTHONIOENCODING": "ascii:strict"},
    "C": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "utf-8": {"PYTHONIOENCODING": "utf-8"},
}
"""Variables that make Python's streams what they are on some system."""


class Pipe(io.TextIOWrapper):
    """A pipe of a system that gives it an encoding."""

    def __init__(self, encoding: str, data: bytes = b"", *, newline: str | None = None) -> None:
        super().__init__(io.BytesIO(data), encoding=encoding, newline=newline)

    @property
    def written(self) -> bytes:
        self.flush()
        held = self.buffer
        assert isinstance(held, io.BytesIO)
        return held.getvalue()


class Console(Pipe):
    """A console of a system that gives it an encoding."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_a_pipe_gets_utf_8_and_plain_line_ends(encoding: str) -> None:
    pipe = Pipe(encoding, newline="\r\n")  # as Windows writes a line end
    stream = outgoing(pipe)
    stream.write(f"{TEXT}\nhalf: \ud83c\n")
    assert pipe.written == f"{TEXT}\nhalf: ?\n".encode()


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("cp437", b"Gr\x94\xe1e ? ? ?ok?\r\nnext\r\n"),
        ("ascii", b"Gr??e ? ? ?ok?\r\nnext\r\n"),
    ],
)
def test_a_console_loses_the_character_that_it_cannot_show_and_no_other(encoding: str, shown: bytes) -> None:
    console = Console(encoding, newline="\r\n")
    stream = outgoing(console)
    stream.write(f"{TEXT}\nnext\n")
    assert console.written == shown


def test_streams_that_are_closed_take_and_give_nothing() -> None:
    with outgoing(None) as nowhere, incoming(None) as nothing:
        nowhere.write(TEXT)
        assert read_all(nothing) == ("", None)


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-8", "utf8", "utf_8"])
def test_utf_8_has_several_names(encoding: str) -> None:
    assert shows_all(Pipe(encoding))


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-16"])
def test_other_encodings_do_not_show_all(encoding: str) -> None:
    assert not shows_all(Pipe(encoding))


@pytest.mark.parametrize(
    "data",
    [TEXT.encode(), b"\xef\xbb\xbf" + TEXT.encode(), TEXT.encode("utf-16"), TEXT.encode("utf-16-le")],
    ids=["utf-8", "marked", "utf-16", "utf-16 unmarked"],
)
@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_what_is_piped_in_is_unicode_first(data: bytes, encoding: str) -> None:
    assert read_all(Pipe(encoding, data)) == (TEXT, None)


def test_what_is_piped_in_and_no_unicode_is_of_the_systems_encoding() -> None:
    assert read_all(Pipe("cp1252", "Größe – “ok”".encode("cp1252"))) == ("Größe – “ok”", None)


def test_behind_pythons_utf_8_the_locale_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locale.getencoding", lambda: "cp1251")
    assert read_all(Pipe("utf-8", "Привет".encode("cp1251"))) == ("Привет", None)


def test_it_is_told_when_nothing_explains_what_was_piped_in() -> None:
    assert read_all(Pipe("ascii", b"a\xffb")) == ("a\ufffdb", "ascii")


def test_line_ends_of_other_systems_are_plain() -> None:
    assert read_all(Pipe("cp1252", b"a\r\nb\rc\n")) == ("a\nb\nc\n", None)


def test_a_stream_without_bytes_is_read_as_it_is() -> None:
    assert read_all(io.StringIO(TEXT)) == (TEXT, None)


def test_an_argument_that_the_locale_did_not_explain_is_looked_at_again() -> None:
    garbled = TEXT.encode().decode("ascii", "surrogateescape")
    assert argument_text(f"{garbled} plain") == f"{TEXT} plain"
    assert argument_text(TEXT) == TEXT


@pytest.mark.parametrize("kind", [Pipe, Console])
def test_json_is_ascii_where_its_reader_may_not_take_it_for_utf_8(
    kind: type[Pipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = {name: kind("cp437") for name in ("stdin", "stdout", "stderr")}
    for name, stream in streams.items():
        monkeypatch.setattr(sys, name, stream)
    monkeypatch.setattr(terminal_module, "_escapes_are_understood", lambda: False)
    process_terminal({}).say_json({"title": TEXT})
    assert json.loads(streams["stdout"].written.decode("ascii")) == {"title": TEXT}


def ran(
    *arguments: str, environ: dict[str, str], stdin: bytes = b"", server: Sequence[str] = ()
) -> "subprocess.CompletedProcess[bytes]":
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LC_", "LANG"))
    }
    done = subprocess.run(
        [*FAKE_CHAT, *server, "--", *arguments],
        input=stdin,
        capture_output=True,
        env={**kept, **environ},
        timeout=60,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    return done


@pytest.mark.parametrize("environ", PIPES.values(), ids=PIPES)
def test_a_file_that_is_piped_in_is_sent_and_answered_as_it_is(environ: dict[str, str]) -> None:
    done = ran("chat", environ=environ, stdin=TEXT.encode())
    assert f"You said {TEXT!r}" in done.stdout.decode()


@pytest.mark.parametrize("data", [TEXT.encode("utf-16"), b"\xef\xbb\xbf" + TEXT.encode()])
def test_a_file_that_powershell_wrote_is_sent_as_it_is(data: bytes) -> None:
    done = ran("chat", environ=PIPES["windows"], stdin=data)
    assert f"You said {TEXT!r}" in done.stdout.decode()


def test_a_file_in_the_encoding_of_windows_is_sent_as_it_is() -> None:
    done = ran("chat", environ=PIPES["windows"], stdin="Größe – “ok”".encode("cp1252"))
    assert "You said 'Größe – “ok”'" in done.stdout.decode()
    assert done.stderr == b""


def test_what_cannot_be_read_is_told_and_the_rest_is_sent() -> None:
    done = ran("chat", environ=PIPES["ascii"], stdin=b"a\xffb")
    assert "You said 'a�b'" in done.stdout.decode()
    assert "what was piped in is neither UTF-8 nor" in done.stderr.decode()


@pytest.mark.skipif(os.name == "nt", reason="Windows gives arguments in Unicode")
@pytest.mark.parametrize("environ", PIPES.values(), ids=PIPES)
def test_words_on_the_command_line_are_sent_as_they_are(environ: dict[str, str]) -> None:
    done = ran("chat", TEXT, environ=environ)
    assert f"You said {TEXT!r}" in done.stdout.decode()


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX terminal")
def test_a_terminal_that_cannot_show_a_character_loses_that_one_only() -> None:
    from tests.support.screen import Screen

    environ = {"NO_COLOR": "1", **PIPES["ascii"]}
    with Screen([*FAKE_CHAT, "--", "chat"], environ=environ) as screen:
        screen.expect("garden ? main ? New chat")
        screen.expect("> ")
        screen.type("cut\r")
        screen.expect("You said 'cut'")
        assert "Traceback" not in screen.raw
