"""The format `html`: one page that needs nothing else, light or dark as the reader has it."""

import html
from collections.abc import Iterable, Iterator
from typing import Final

from threadkeep.adapters.formats.html_markdown import rendered
from threadkeep.adapters.formats.html_style import STYLE
from threadkeep.adapters.formats.reading import (
    SPEAKERS,
    facts,
    moment,
    one_line,
    place_of,
    readable,
    remark,
    sources,
    what_happened,
)
from threadkeep.domain.messages import Message, Part
from threadkeep.domain.transfer import Transcript

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What the page's own browser is told to refuse: all but the style in it."""


class HtmlFormat:
    """Writes it: the visible history, several sessions with a list of them in front."""

    name = "html"
    label = "HTML"
    extensions = (".html", ".htm")
    is_text = True

    def pieces(self, transcripts: Iterable[Transcript], *, is_single: bool) -> Iterator[bytes]:
        titles: list[str] = []
        for transcript in transcripts:
            title = one_line(transcript.session.title)
            if not titles:
                yield _head(title if is_single else "Sessions")
            titles.append(title)
            yield _session_head(transcript, number=len(titles))
            for message in transcript.visible:
                yield _message(message).encode()
            yield b"</article>\n"
        if not titles:
            yield _head("No sessions")
        if not is_single:
            yield _contents(titles)
        yield b"</main>\n</body>\n</html>\n"


def _head(title: str) -> bytes:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{_escaped(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n"
    ).encode()


def _session_head(transcript: Transcript, *, number: int) -> bytes:
    told = "".join(
        f"<div><dt>{_escaped(name)}</dt><dd>{_escaped(value)}</dd></div>\n"
        for name, value in facts(transcript)
    )
    title = _escaped(one_line(transcript.session.title))
    return (
        f'<article id="session-{number}">\n<header>\n<h1>{title}</h1>\n<dl>\n{told}</dl>\n</header>\n'
    ).encode()


def _contents(titles: list[str]) -> bytes:
    """The list of sessions. It is written last, when they are known, and shown first."""
    if not titles:
        return b"<p>There is no session to show.</p>\n"
    links = "".join(
        f'<li><a href="#session-{number}">{_escaped(title)}</a></li>\n'
        for number, title in enumerate(titles, start=1)
    )
    return f'<nav aria-label="Sessions">\n<h1>Sessions</h1>\n<ol>\n{links}</ol>\n</nav>\n'.encode()


def _message(message: Message) -> str:
    at = f'<time datetime="{_escaped(message.created_at)}">{moment(message.created_at)}</time>'
    if message.event is not None:
        return f'<p class="event">{_escaped(what_happened(message.event))} · {at}</p>\n'
    by = " · ".join(_escaped(each) for each in _answered_by(message))
    star = '<span class="star" title="favourite">★</span>' if message.is_favourite else ""
    head = f'<h2>{SPEAKERS[message.role]}{star}</h2><span class="by">{by}</span>{at}'
    body = "".join(_part(part) for part in message.parts)
    if named := sources(message):
        body += "".join(f'<p class="remark">{_escaped(source)}</p>\n' for source in named)
    if (told := remark(message)) is not None:
        body += f'<p class="remark">{_escaped(told)}</p>\n'
    if message.note:
        body += f'<p class="note">{_escaped(message.note)}</p>\n'
    return f'<section class="{message.role}">\n<div class="head">{head}</div>\n{body}</section>\n'


def _answered_by(message: Message) -> Iterator[str]:
    if message.role == "assistant":
        yield from (one_line(each) for each in (message.agent, message.model) if each)


def _part(part: Part) -> str:
    if part.type == "text":
        return rendered(part.text)
    if not part.text:
        return ""
    if part.type == "reasoning":
        return f"<details>\n<summary>Thinking</summary>\n{rendered(part.text)}</details>\n"
    shown = _escaped(part.text)
    return f"<details>\n<summary>{_escaped(place_of(part))}</summary>\n<pre><code>{shown}</code></pre>\n</details>\n"


def _escaped(text: str) -> str:
    return html.escape(readable(text))
