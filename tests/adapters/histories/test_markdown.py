"""Transcripts in Markdown: which forms are one, and what belongs to a message."""

from pathlib import Path

import pytest

from tests.support.histories import content, problems, said, session, sessions, thought
from tests.support.store import a_message, a_session
from threadkeep.adapters.formats.markdown_text import MarkdownFormat
from threadkeep.adapters.histories.markdown import MarkdownTranscripts
from threadkeep.domain.repositories import Repository
from threadkeep.domain.transfer import Transcript

READER = MarkdownTranscripts()


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tea.md"


@pytest.mark.parametrize(
    "text",
    [
        "# Tea\n\n## User\n\nGreen?\n\n## Assistant\n\nYes.\n",
        "# Tea\n\n### **You:**\nGreen?\n\n### ChatGPT:\nYes.\n",
        "# Tea\n**User:** Green?\n\n**Assistant:** Yes.",
        "# Tea\n\n**Human**: Green?\n\n**AI**:\n\nYes.\n",
        "---\nid: 1\ntitle: x\n---\n# Tea\r\n## 👤 User (02:56 UTC)\r\nGreen?\r\n\r\n---\r\n## 🤖 Claude · opus\r\nYes.\r\n",
        "# Tea\n\n## Prompt:\nGreen?\n\n## Response:\nYes.\n",
    ],
)
def test_the_usual_forms_are_read(path, text):
    found = session(READER, written(path, text))
    assert found.title == "Tea"
    assert said(found) == [("user", "Green?"), ("assistant", "Yes.")]
    assert READER.recognises(path)


@pytest.mark.parametrize(
    "text",
    [
        "# Manual\n\n## User guide\n\n## Assistants\n",
        "**User** stories\n\n**Note:** no",
        "",
        "## User\n\nonly one side",
    ],
)
def test_a_text_that_names_people_is_no_transcript(path, text):
    assert not READER.recognises(written(path, text))


def test_an_export_of_ours_is_known_although_only_one_side_speaks(path):
    front = '---\ntitle: "t"\nid: "s1"\nrepository: "r"\ntask: "main"\n---\n\n# t\n\n'
    assert READER.recognises(written(path, front + "## User · 2026-01-02 03:04 UTC\n\nWhy?\n"))
    assert not READER.recognises(written(path, front + "Nothing was said.\n"))


def test_names_inside_code_are_code(path):
    text = (
        "## User\n\nParse this:\n\n````md\n```\n## Assistant\n```\n## User\n````\n\n## Assistant\n\nDone.\n"
    )
    found = session(READER, written(path, text))
    assert [message.role for message in found.messages] == ["user", "assistant"]
    assert content(found.messages[0]) == "Parse this:\n\n````md\n```\n## Assistant\n```\n## User\n````"


def test_emphasis_in_a_transcript_with_headings_is_text(path):
    found = session(READER, written(path, "## User\n**User:** is bold\n\n## Assistant\nYes"))
    assert content(found.messages[0]) == "**User:** is bold"


def test_times_beside_the_names_are_kept(path):
    text = "## User · 2025-01-02 03:04 UTC\nA\n\n## Assistant (2025-01-02T03:05:06Z)\nB\n"
    found = session(READER, written(path, text))
    assert [message.at for message in found.messages] == [
        "2025-01-02T03:04:00.000Z",
        "2025-01-02T03:05:06.000Z",
    ]
    assert (found.created_at, found.updated_at) == ("2025-01-02T03:04:00.000Z", "2025-01-02T03:05:06.000Z")


def test_a_transcript_that_grew_is_the_same_session(path):
    first = session(READER, written(path, "# Tea\n## User\nA\n## Assistant\nB\n")).origin_id
    again = session(
        READER, written(path.with_name("b.md"), "# Tea\n## User\nA\n## Assistant\nB\n## User\nC\n")
    )
    assert again.origin_id == first


def test_what_is_no_transcript_tells_what_to_do(path):
    assert problems(READER, written(path, "hello")) == [
        "No message was found: put a heading such as `## User` or `## Assistant` before each."
    ]
    path.write_bytes(b"## User\n\x00")
    assert problems(READER, path) == ["The file is no text."]


OWN = """\
---
title: "Tea & <b>"
id: "s-1"
repository: "app"
task: "main"
created: "2026-03-01 10:00 UTC"
---

# Tea & \\<b\\>

## User · 2026-03-01 10:00 UTC

\\## User is a heading of mine, \\<b>bold\\</b>

## Assistant (assistant, gpt-x) · 2026-03-01 10:01 UTC

> *Thinking*
>
> Hm.
>
> Yes.

```
\\## User
```
"""


def test_our_own_export_comes_back(path):
    found = session(READER, written(path, OWN))
    assert (found.origin_id, found.title, found.branch) == ("s-1", "Tea & <b>", "main")
    assert content(found.messages[0]) == "## User is a heading of mine, <b>bold</b>"
    assert thought(found.messages[1]) == "Hm.\n\nYes."
    assert content(found.messages[1]) == "```\n\\## User\n```"
    assert found.messages[1].model == "gpt-x"
    assert found.created_at == "2026-03-01T10:00:00.000Z"


def test_several_sessions_of_our_own_export_come_back_one_by_one(path):
    one = "# {0}\n\n- Session: {0}-id\n- Repository: app\n- Task: a\\_b\n\n## User · 2026-03-01 10:00 UTC\n\nHi {0}\n"
    found = sessions(READER, written(path, "\n---\n\n".join(one.format(name) for name in ("x", "y"))))
    assert [(each.origin_id, each.title, each.branch) for each in found] == [
        ("x-id", "x", "a_b"),
        ("y-id", "y", "a_b"),
    ]
    assert [said(each) for each in found] == [[("user", "Hi x")], [("user", "Hi y")]]


def test_what_the_export_writes_is_read(path):
    texts = ["## User\nis <b>my</b> heading\n\n```html\n<p>\n", "So:\n\n    ## Assistant\n\n`<x>` # all"]
    question = a_message("m1", text=texts[0])
    answer = a_message("m2", seq=2, text=texts[1], role="assistant", parent_id="m1", agent="a", model="m")
    repository = Repository(id="r1", name="app", aliases=())
    kept = a_session(title="Tea *and* <b>", head_id="m2")
    transcript = Transcript(session=kept, repository=repository, messages=(question, answer))
    path.write_bytes(b"".join(MarkdownFormat().pieces([transcript], is_single=True)))
    found = session(READER, path)
    assert (found.origin_id, found.title, found.branch) == ("s1", "Tea *and* <b>", "main")
    assert [content(message) for message in found.messages] == [f"{texts[0]}```", texts[1]]
    assert found.messages[1].model == "m"


def test_a_heading_inside_of_an_answer_is_text(path):
    text = "## User\nA\n## Assistant\nB\n### Prompt\nC\n# You\nD\n"
    found = session(READER, written(path, text))
    assert [content(message) for message in found.messages] == ["A", "B\n### Prompt\nC\n# You\nD"]
    own = OWN + "\n## Prompt\n\n## User\n"
    assert len(session(READER, written(path, own)).messages) == 2


@pytest.mark.timeout(30)  # it took hours, with nobody else answered
def test_a_heading_that_means_harm_takes_no_time(path: Path) -> None:
    text = "# a" + " " * 1_000_000 + "b\n\n# c # #\n\n## User\n\nHi\n"
    (found,) = sessions(READER, written(path, text))
    assert (found.title or "").startswith("a")
