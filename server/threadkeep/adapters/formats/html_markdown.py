"""A message's Markdown as HTML in which nothing can run and nothing is fetched."""

import functools
import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from threadkeep.adapters.formats.reading import readable

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.tree import SyntaxTreeNode

MAX_CHARACTERS: Final = 500_000
"""Longer texts are shown as they are: nobody reads them, and parsing them would take seconds."""
MAX_SIGNS: Final = 60_000
"""The same for what may mean something in Markdown, which is what takes the time."""
_SIGNS: Final = "\n![]*_`<&\\|~"

_ALLOWED: Final = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)


def rendered(text: str) -> str:
    """HTML of the text. Tags in it are text; links lead to http, https and mailto only; of an image its
    description is left, and a link to where it is."""
    text = readable(text)
    if is_too_much(text):
        return f"<pre>{html.escape(text)}</pre>\n"
    return str(_markdown().render(text))


def is_too_much(text: str) -> bool:
    """Whether the text is shown as it is."""
    return len(text) > MAX_CHARACTERS or sum(map(text.count, _SIGNS)) > MAX_SIGNS


def parse(text: str) -> "SyntaxTreeNode":
    """The tree of the text, with the same links."""
    from markdown_it.tree import SyntaxTreeNode

    return SyntaxTreeNode(_markdown().parse(readable(text)))


@functools.cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20})
    markdown.enable(["table", "strikethrough"])
    setattr(markdown, "validateLink", _is_allowed)  # noqa: B010 - it is meant to be replaced
    markdown.add_render_rule("image", _image)
    markdown.add_render_rule("link_open", _link)
    markdown.add_render_rule("table_open", lambda *_: '<div class="table"><table>\n')
    markdown.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return markdown


def _is_allowed(url: str) -> bool:
    return _ALLOWED.match(url.strip()) is not None


def _image(renderer: "RendererHTML", tokens: Sequence["Token"], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    told = html.escape(renderer.renderInlineAsText(token.children, options, env) or "image")
    url = str(token.attrGet("src") or "")
    if not _is_allowed(url):
        return f"[{told}]"
    return f'[<a href="{html.escape(url)}" rel="{_REL}">{told}</a>]'


def _link(renderer: "RendererHTML", tokens: Sequence["Token"], index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("rel", _REL)
    return renderer.renderToken(tokens, index, options, env)


_REL: Final = "noopener noreferrer nofollow"
