"""html is one page in which nothing of a message runs, and which fetches nothing."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.store import a_message
from tests.support.transcripts import (
    a_conversation,
    a_full_transcript,
    a_picture,
    a_transcript,
    agent_parts,
    hostile_parts,
)
from threadkeep.adapters.formats import html_markdown
from threadkeep.adapters.formats.html_page import HtmlFormat
from threadkeep.domain.messages import text_part
from threadkeep.domain.sessions import Link
from threadkeep.domain.transfer import Transcript
from threadkeep.values import evolve

TAGS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "article",
        "header",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "dl",
        "div",
        "dt",
        "dd",
        "section",
        "span",
        "time",
        "p",
        "a",
        "nav",
        "ol",
        "ul",
        "li",
        "details",
        "summary",
        "pre",
        "code",
        "strong",
        "em",
        "s",
        "blockquote",
        "hr",
        "br",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "img",
    ]
)
ATTRIBUTES = frozenset(
    [
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "id",
        "class",
        "datetime",
        "title",
        "href",
        "rel",
        "aria-label",
        "style",
        "start",
        "alt",
        "src",
    ]
)


class Page(HTMLParser):
    """What a browser would find."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.depth: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in {"meta", "br", "hr", "img"}:
            self.depth.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.depth.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def links(self) -> list[str]:
        return [str(given["href"]) for tag, given in self.tags if tag == "a"]

    def check_harmless(self) -> None:
        assert {tag for tag, _ in self.tags} <= TAGS
        assert {name for _, given in self.tags for name in given} <= ATTRIBUTES
        styles = {given["style"] for _, given in self.tags if "style" in given}
        assert styles <= {"text-align:left", "text-align:right", "text-align:center"}
        assert all(link.lower().startswith(("http://", "https://", "mailto:", "#")) for link in self.links)
        sources = [str(given.get("src")) for tag, given in self.tags if tag == "img" or "src" in given]
        assert all(re.fullmatch(r"data:image/(png|jpeg|gif|webp);base64,[\w+/]+=*", each) for each in sources)
        assert self.depth == []


def written(*transcripts: Transcript, is_single: bool = True) -> str:
    return b"".join(HtmlFormat().pieces(transcripts, is_single=is_single)).decode("utf-8")


HOSTILE = [
    "<script>alert(1)</script>",
    "</style></section></article></body><script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "![x](https://example.com/track.png)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    '![x"onerror="alert(1)](https://example.com/" onload="alert(1))',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x) [y](file:///etc/passwd) [z](//example.com)",
    "<javascript:alert(1)>",
    '[x](https://example.com/"onmouseover="alert(1))',
    '```"><script>alert(1)</script>\nx\n```',
    "`</code><script>`",
    "| <script> |\n|---|\n| </td><b onclick=x> |",
    "\x00<\x00script>",
    "[a]: javascript:alert(1)\n\n[a]",
    "&lt;script&gt; &#60;script&#62;",
    "\u202e<b>\u2028",
    "<svg/onload=alert(1)>",
    "<!--><script>-->",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_message_becomes_more_than_text(text: str) -> None:
    plain = a_conversation(text, text, title=text, note=text, tags=(text,), agent=text, model=text)
    full = a_full_transcript()
    question, answer = full.messages[0], full.messages[1]
    attachment = evolve(
        question.parts[1], text=text, attachment=evolve(question.parts[1].attachment, uri=text)
    )  # type: ignore[type-var]  # it has one
    poisoned = a_transcript(
        evolve(question, parts=(text_part(text), attachment), note=text),
        evolve(answer, parts=(evolve(answer.parts[0], text=text),), model=text, agent=text),
        links=(Link(kind=text, value=text, url=text),),
    )
    page = Page(written(a_transcript(a_message("m1", role="assistant", parts=hostile_parts(text)))))
    page.check_harmless()
    assert sum(tag == "img" for tag, _ in page.tags) == 2
    for page in (Page(written(plain)), Page(written(poisoned)), Page(written(plain, is_single=False))):
        page.check_harmless()


@given(text=st.text(st.sampled_from("<>\"'&`[]()!:/\\\n*_|-~ ajvscript:h#={}x\x00"), max_size=80))
def test_no_message_of_any_signs_becomes_more_than_text(text: str) -> None:
    Page(written(a_conversation(text, text, title=text))).check_harmless()


def test_links_lead_to_the_web_and_to_mail_only() -> None:
    text = (
        "[a](https://x.org/?a=1&b=2) <http://y.org> <mailto:a@b.org> [b](ftp://z) ![i](https://x.org/i.png)"
    )
    page = Page(written(a_conversation(text)))
    assert page.links == ["https://x.org/?a=1&b=2", "http://y.org", "mailto:a@b.org", "https://x.org/i.png"]
    assert all(given["rel"] == "noopener noreferrer nofollow" for tag, given in page.tags if tag == "a")


def test_the_browser_is_told_to_refuse_everything_but_the_style_and_pictures() -> None:
    policies = [
        given["content"] for tag, given in Page(written(a_conversation("Hi"))).tags if "http-equiv" in given
    ]
    assert policies == [
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    ]


def test_the_style_fetches_nothing_and_knows_light_and_dark() -> None:
    text = written(a_conversation("Hi"))
    assert "prefers-color-scheme: dark" in text
    assert "url(" not in text
    assert "@import" not in text


def test_a_message_is_shown_as_markdown_with_who_and_when() -> None:
    text = written(
        a_transcript(
            a_message("m1", text="**Why** `x<y`?\n\n```py\na < b\n```\n\n| a | b |\n|---|--:|\n| 1 | 2 |"),
            a_message(
                "m2",
                seq=2,
                parent_id="m1",
                role="assistant",
                text="So.",
                agent="coder",
                model="large",
                status="cancelled",
            ),
        )
    )
    assert "<strong>Why</strong> <code>x&lt;y</code>?" in text
    assert '<pre><code class="language-py">a &lt; b\n</code></pre>' in text
    assert '<td style="text-align:right">2</td>' in text
    assert '<h2>Assistant</h2><span class="by">coder · large</span>' in text
    assert '<time datetime="2026-03-01T00:00:02.000Z">2026-03-01 00:00 UTC</time>' in text
    assert '<p class="remark">The answer was cancelled.</p>' in text


def test_several_sessions_have_a_list_that_leads_to_each() -> None:
    page = Page(written(a_conversation("Hi"), a_conversation("Ho", session_id="s2"), is_single=False))
    assert page.links == ["#session-1", "#session-2"]
    assert [given["id"] for tag, given in page.tags if tag == "article"] == ["session-1", "session-2"]


def test_without_a_session_there_is_a_page_that_says_so() -> None:
    page = Page(written(is_single=False))
    page.check_harmless()
    assert "There is no session to show." in page.text


def test_a_text_too_long_to_be_parsed_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_markdown, "MAX_CHARACTERS", 10)
    assert "<pre># &lt;b&gt; **long text**</pre>" in written(a_conversation("# <b> **long text**"))


@pytest.mark.medium
def test_a_text_of_signs_is_shown_as_it_is() -> None:
    assert html_markdown.rendered("![" * 40_000) == f"<pre>{'![' * 40_000}</pre>\n"
    assert html_markdown.rendered("*a* " * 10_000).startswith("<p><em>a</em>")


@pytest.mark.parametrize(
    "target",
    ["C:/code/a.py#L3", "c:\\code\\a.py", "file:///C:/code/a.py", "//server/share/a.py", "\\\\server\\a.py"],
)
def test_a_link_to_a_path_is_shown_with_its_path_and_leads_nowhere(target: str) -> None:
    """On a phone or another computer there is no such drive, and a share would be signed in to."""
    shown = html_markdown.rendered(f"[a.py]({target})")
    assert "<a " not in shown
    assert "a.py](" in shown
    assert target.replace("\\\\", "\\") in shown


def test_what_agents_did_is_folded_with_its_diff_and_the_end_of_its_output() -> None:
    text = written(a_transcript(a_message("m1", role="assistant", parts=agent_parts())))
    page = Page(text)
    page.check_harmless()
    assert "<summary>Edit a.py (completed)</summary>" in text
    assert '<span class="removed">-one</span>\n<span class="added">+two</span>' in text
    assert "$ make (exit code -9)" in page.text
    assert "…\nline 30\n" in page.text
    assert "line 49" in page.text
    assert "line 29\n" not in page.text
    assert "☑ Look" in page.text
    assert "☐ Mend (in progress)" in page.text
    assert '<img alt="Image: shot.png, image/png, 70 bytes" src="data:image/png;base64,iVBOR' in text
    assert "<summary>Summary of what was said before</summary>" in text
    assert text.index("First.") < text.index("Edit a.py") < text.index("Last.")


@pytest.mark.parametrize("mime_type", ["image/svg+xml", "text/html", 'image/png" onload="alert(1)'])
def test_a_file_that_is_no_picture_is_a_line(mime_type: str) -> None:
    page = Page(written(a_transcript(a_message("m1", parts=(a_picture(mime_type=mime_type),)))))
    page.check_harmless()
    assert "Image: shot.png" in page.text
    assert not [tag for tag, _ in page.tags if tag == "img"]


def test_bytes_that_are_not_what_they_are_called_are_a_line() -> None:
    page = Page(written(a_transcript(a_message("m1", parts=(a_picture(b"<svg onload=alert(1)>"),)))))
    page.check_harmless()
    assert not [tag for tag, _ in page.tags if tag == "img"]
