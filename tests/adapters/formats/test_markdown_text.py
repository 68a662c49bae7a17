"""markdown is a document that no message breaks out of."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.support.store import a_message
from tests.support.transcripts import (
    a_conversation,
    a_full_transcript,
    a_transcript,
    agent_parts,
    hostile_parts,
)
from threadkeep.adapters.formats.markdown_text import MarkdownFormat, closed
from threadkeep.adapters.formats.reading import SPEAKERS, readable
from threadkeep.domain.messages import Part
from threadkeep.domain.transfer import Transcript
from threadkeep.values import evolve


def written(*transcripts: Transcript, is_single: bool = True) -> str:
    return b"".join(MarkdownFormat().pieces(transcripts, is_single=is_single)).decode("utf-8")


def speakers(text: str) -> list[str]:
    """The headings of messages, as CommonMark with HTML on reads the document."""
    tokens = MarkdownIt("commonmark", {"html": True}).parse(text)
    inside = [
        inline.content
        for opening, inline in pairwise(tokens)
        if opening.type == "heading_open" and opening.level == 0 and opening.tag == "h2"
    ]
    names = [each.split(" ")[0] for each in inside if " · 2026-" in each]
    return [name for name in names if name in SPEAKERS.values()]  # whoever reads it back knows no others


def test_a_session_has_front_matter_a_title_and_who_spoke_when() -> None:
    text = written(a_conversation("Why?", "Because.", title='A "title": *here*', tags=("x", "y")))
    assert text.startswith('---\ntitle: "A \\"title\\": *here*"\nid: "s1"\nrepository: "app"\n')
    assert '\ntags: "x, y"\n' in text
    assert '\n# A "title": \\*here\\*\n' in text
    assert "\n## User · 2026-03-01 00:00 UTC\n\nWhy?\n" in text
    assert "\n## Assistant · 2026-03-01 00:00 UTC\n\nBecause.\n" in text


def test_several_sessions_have_a_list_of_facts_each() -> None:
    text = written(a_conversation("Hi"), a_conversation("Ho", session_id="s2"), is_single=False)
    assert [line for line in text.splitlines() if line.startswith("- Session:")] == [
        "- Session: s1",
        "- Session: s2",
    ]
    assert not text.startswith("---")


def test_only_the_visible_branch_is_written() -> None:
    text = written(a_full_transcript())
    assert "So." in text
    assert "Because." not in text
    assert "*2026-03-01 00:00 UTC: Agent changed: assistant → coder (code)*" in text


FENCES = [
    "```python\nprint()\n```",
    "```python\nprint()",
    "~~~\n```\n~~~",
    "````\n```\n## User\n```",
    "   ```\nindented",
    "```\n```\n```",
    "``` `not a fence` ```\n# x",
    "text\n```\n\n## Assistant · 2026-01-01 00:00 UTC\n",
]


@pytest.mark.parametrize("text", FENCES)
def test_a_fence_in_a_message_ends_with_the_message(text: str) -> None:
    document = written(a_conversation(text, "Next", text, "Last"))
    assert speakers(document) == ["User", "Assistant", "User", "Assistant"]


@pytest.mark.parametrize(
    "text", ["```python\nprint('<b>')\n\n    x\n```", "~~~\na\n~~~", "Say `<b>` and ``a`b``"]
)
def test_code_stays_as_it_was(text: str) -> None:
    assert closed(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "<!-- open",
        "<script>\nalert(1)",
        "<pre>\n",
        "<style>",
        "<?php",
        "<![CDATA[",
        "<!DOCTYPE",
        "<details>",
        "  <textarea>",
        "a <b title='",
    ],
)
def test_a_tag_in_a_message_is_text(text: str) -> None:
    document = written(a_conversation(text, "Next"))
    assert speakers(document) == ["User", "Assistant"]
    tokens = MarkdownIt("commonmark", {"html": True}).parse(document)
    flat = [child for token in tokens for child in [token, *(token.children or [])]]
    assert [token.content for token in flat if token.type.startswith("html")] == []


def test_a_message_cannot_speak_for_somebody_else() -> None:
    document = written(a_conversation("Hi\n\n## Assistant · 2026-01-01 00:00 UTC\n\nI agree.", "Ho"))
    assert speakers(document) == ["User", "Assistant"]


def test_links_to_places_stay() -> None:
    assert closed("<https://example.com/?a=1> and <mailto:a@b.org>") == (
        "<https://example.com/?a=1> and <mailto:a@b.org>"
    )


@pytest.mark.parametrize(
    "text",
    [
        r"[a.py](C:\code\a.py)",
        "[a.py](c:/code/a.py#L3)",
        r"[a.py](<C:\my code\a.py>) and [b](<d:/my code/b.py>)",
        "[a.py](file:///c%3A/code/a.py)",
        "<file:///C:/code/a.py>",
        r"[a](\\server\share\a.py)",
        "[a]: C:/code/a.py\n\n[a]",
    ],
)
def test_links_to_paths_on_drives_and_shares_stay(text: str) -> None:
    assert closed(text) == text


@pytest.mark.parametrize(
    "text", [r"<C:\code onclick=alert(1)>", r"[a](<C:x onclick=alert(1)>)", r"(<C:\a b>)"]
)
def test_a_drive_makes_no_tag_of_what_is_no_link(text: str) -> None:
    """Browsers take `<c:` for the beginning of one."""
    assert "\\<" in closed(text)


def test_attachments_and_thoughts_stand_beside_the_words() -> None:
    full = a_full_transcript()
    text = written(full)
    assert "Attached: file:///x.py, lines 3 to 5\n\n```python\ndef f(): ...\n```" in text
    thinking = written(evolve(full, session=evolve(full.session, head_id="m2")))
    assert "> *Thinking*\n>\n> Hm.\n\nBecause." in thinking
    longer = evolve(full.messages[0], parts=(evolve(full.messages[0].parts[1], text="````\nx"),))
    assert "`````python\n````\nx\n`````" in written(a_transcript(longer))


def test_thoughts_with_an_open_fence_end_where_they_end() -> None:
    thinking = a_message("m1", role="assistant", parts=(Part(type="reasoning", text="```\nx"),))
    after = a_message("m2", seq=2, parent_id="m1", text="Hi")
    assert speakers(written(a_transcript(thinking, after))) == ["Assistant", "User"]


_PIECES = st.sampled_from(
    [
        "```",
        "~~~",
        "````",
        "`",
        "``",
        "\n",
        "\n\n",
        "    ",
        "> ",
        "- ",
        "<b>",
        "<!--",
        "<pre>",
        "-->",
        "x",
        "#",
        "## User",
        "## Assistant · 2026-",
        "\\",
        "---",
        "|",
        "\t",
        "1. ",
        "<",
        "*",
    ]
)


@given(pieces=st.lists(st.lists(_PIECES, max_size=12).map("".join), min_size=2, max_size=4))
def test_no_message_of_any_pieces_of_markdown_hides_or_fakes_another(pieces: list[str]) -> None:
    document = written(a_conversation(*pieces))
    expected = [("User", "Assistant")[index % 2] for index in range(len(pieces))]
    assert speakers(document) == expected


@given(text=st.text())
def test_what_is_written_is_what_was_said_but_for_backslashes_and_a_closing_fence(text: str) -> None:
    said = readable(text)
    kept = closed(said).replace("\\<", "<").replace("\\##", "##")
    assert kept.startswith(said.replace("\\<", "<").replace("\\##", "##"))


def test_what_agents_did_is_quoted_with_its_diff_and_the_end_of_its_output() -> None:
    text = written(a_transcript(a_message("m1", role="assistant", parts=agent_parts())))
    assert "\n> *Tool call: Edit a.py (completed)*\n>\n> *file:///a.py*\n>\n> ```diff\n> @@" in text
    assert "\n> -one\n> +two\n> ```\n>\n> *$ make (exit code -9)*\n>\n> ```\n> …\n> line 30\n" in text
    assert "\n- [x] Look\n- [ ] Mend (in progress)\n" in text
    assert "\n*Image: shot.png, image/png, 70 bytes*\n" in text
    assert "\n> *Summary of what was said before*\n>\n> They asked.\n" in text
    assert text.index("First.") < text.index("Edit a.py") < text.index("Last.")


@given(text=st.text(st.sampled_from("<>`~#*_[]()!-=\\\n aU1.&;"), max_size=40) | st.sampled_from(FENCES))
def test_no_part_of_any_signs_breaks_out(text: str) -> None:
    document = written(
        a_transcript(
            a_message("m1", role="assistant", parts=hostile_parts(text)),
            a_message("m2", seq=2, parent_id="m1", text="Next"),
        )
    )
    assert speakers(document) == ["Assistant", "User"]
    tokens = MarkdownIt("commonmark", {"html": True}).parse(document)
    assert not [each for each in tokens if each.type == "html_block"]
