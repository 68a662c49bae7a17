"""The format `html`: one page that needs nothing else, light or dark as the reader has it."""

import base64
import html
from collections.abc import Iterable, Iterator
from typing import Final

from threadkeep.adapters.formats.html_markdown import rendered
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
from threadkeep.adapters.formats.reading_parts import (
    Block,
    blocks_of,
    entry_of,
    file_of,
    in_order,
    title_of,
)
from threadkeep.domain.messages import WORDS, Message, Part
from threadkeep.domain.transfer import Transcript

STYLE: Final = """\
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1c2024; --quiet: #60646c; --line: #dfe2e6;
  --code: #f1f3f5; --accent: #3451b2; --user: #eef3ff; --user-line: #c6d4f9; --warn: #96470a; --star: #ad5700;
  --added: #18794e; --removed: #c62a2f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #111214; --card: #191b1f; --text: #e3e5e8; --quiet: #9ba1a9; --line: #2e3238;
    --code: #22252a; --accent: #9eb1ff; --user: #1b2440; --user-line: #303e6b; --warn: #ffa057; --star: #ffca16;
    --added: #4cc38a; --removed: #ff8589;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--text); line-height: 1.6; font-size: 16px;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, "Noto Sans CJK SC",
    "PingFang SC", "Hiragino Sans", "Microsoft YaHei", "Malgun Gothic", sans-serif;
}
main { display: flex; flex-direction: column; gap: 3rem; max-width: 52rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
nav { order: -1; }
article { min-width: 0; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .6rem 1.5rem; margin: 0 0 2rem; }
dl div { min-width: 0; }
dt { color: var(--quiet); font-size: .75rem; letter-spacing: .02em; }
dd { margin: 0; font-size: .9rem; overflow-wrap: anywhere; }
section {
  background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: .9rem 1.2rem;
  margin: 0 0 1rem; min-width: 0; overflow-wrap: anywhere;
}
section.user { background: var(--user); border-color: var(--user-line); }
section.system, section.tool { border-style: dashed; }
section > :last-child, details > :last-child, li > :last-child, blockquote > :last-child { margin-bottom: 0; }
.head { display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem .7rem; margin-bottom: .5rem; }
.head h2 { font-size: .95rem; margin: 0; }
.head .by { color: var(--quiet); font-size: .85rem; }
.head time { color: var(--quiet); font-size: .85rem; margin-left: auto; }
.star { color: var(--star); margin-left: .35rem; }
.event { color: var(--quiet); font-size: .85rem; text-align: center; margin: 0 0 1rem; overflow-wrap: anywhere; }
.remark { color: var(--warn); font-size: .9rem; }
.note { border-left: 3px solid var(--star); padding-left: .8rem; color: var(--quiet); white-space: pre-wrap; }
section p, section ul, section ol, section blockquote, section pre, section .table, section details {
  margin: 0 0 .8rem;
}
section h1, section h3, section h4, section h5, section h6, .head ~ h2 {
  font-size: 1.1rem; line-height: 1.3; margin: 1.2rem 0 .5rem;
}
section ul, section ol { padding-left: 1.5rem; }
section li > p { margin-bottom: .4rem; }
a { color: var(--accent); }
code, pre {
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Noto Sans Mono", monospace;
  font-size: .875em;
}
code { background: var(--code); border-radius: .3rem; padding: .1em .3em; }
pre { background: var(--code); border-radius: .5rem; padding: .8rem 1rem; overflow-x: auto; line-height: 1.45; tab-size: 4; }
pre code { background: none; padding: 0; font-size: 1em; overflow-wrap: normal; }
blockquote { border-left: 3px solid var(--line); color: var(--quiet); padding-left: 1rem; }
section blockquote { margin-left: 0; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: .95em; }
th, td { border: 1px solid var(--line); padding: .35rem .7rem; text-align: left; overflow-wrap: normal; }
th { background: var(--code); }
hr { border: 0; border-top: 1px solid var(--line); margin: 1.2rem 0; }
details { border: 1px solid var(--line); border-radius: .5rem; padding: .4rem .8rem; }
details[open] { padding-bottom: .8rem; }
summary { color: var(--quiet); font-size: .875rem; cursor: pointer; overflow-wrap: anywhere; }
details[open] > summary { margin-bottom: .5rem; }
.what { color: var(--quiet); font-size: .85rem; }
.plan { list-style: none; padding-left: 0; }
.added { color: var(--added); }
.removed { color: var(--removed); }
img { max-width: 100%; height: auto; }
@media print {
  body { background: none; font-size: 11pt; }
  main { max-width: none; padding: 0; }
  section { break-inside: auto; }
  pre { white-space: pre-wrap; }
}
"""
"""Colours by the reader's preference; nothing is fetched, and nothing wider than the page."""


POLICY: Final = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
"""What the page's own browser is told to refuse: all but the style and the pictures in it."""


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
    body = "".join(_part(part) for part in in_order(message))
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
    if part.type not in WORDS and (told := _beside(part)):
        return told
    if not part.text:
        return ""
    if part.type in _FOLDED:
        return f"<details>\n<summary>{_FOLDED[part.type]}</summary>\n{rendered(part.text)}</details>\n"
    shown = _escaped(part.text)
    return f"<details>\n<summary>{_escaped(place_of(part))}</summary>\n<pre><code>{shown}</code></pre>\n</details>\n"


def _beside(part: Part) -> str:
    if part.call is not None:
        inner = "".join(_block(block) for block in blocks_of(part.call))
        return (
            f'<details class="call">\n<summary>{_escaped(title_of(part.call))}</summary>\n{inner}</details>\n'
        )
    if part.type == "plan":
        entries = (entry_of(entry) for entry in part.plan)
        told = "".join(f"<li>{'☑' if is_done else '☐'} {_escaped(text)}</li>\n" for is_done, text in entries)
        return f'<ul class="plan">\n{told}</ul>\n'
    if part.media is not None:
        return _block(file_of(part))
    return ""


def _block(block: Block) -> str:
    label = _escaped(block.label)
    if block.picture is not None:
        data = base64.b64encode(block.picture.data).decode()
        return f'<p><img alt="{label}" src="data:{block.picture.mime_type};base64,{data}"></p>\n'
    told = f'<p class="what">{label}</p>\n'
    if not block.text:
        return told
    shown = "\n".join(_shown(line, is_diff=block.is_diff) for line in block.text.split("\n"))
    return f"{told}<pre><code>{shown}</code></pre>\n"


def _shown(line: str, *, is_diff: bool) -> str:
    kind = {"+": "added", "-": "removed"}.get(line[:1]) if is_diff else None
    return f'<span class="{kind}">{_escaped(line)}</span>' if kind else _escaped(line)


_FOLDED: Final = {"reasoning": "Thinking", "compaction": "Summary of what was said before"}


def _escaped(text: str) -> str:
    return html.escape(readable(text))
