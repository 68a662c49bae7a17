"""text is plain and complete."""

from hypothesis import given
from hypothesis import strategies as st

from tests.support.store import a_message
from tests.support.transcripts import a_conversation, a_full_transcript, a_transcript, agent_parts
from threadkeep.adapters.formats.reading import readable
from threadkeep.adapters.formats.text import TextFormat
from threadkeep.domain.transfer import Transcript
from threadkeep.values import evolve


def written(*transcripts: Transcript) -> str:
    return b"".join(TextFormat().pieces(transcripts, is_single=False)).decode("utf-8")


def test_a_session_is_told_with_its_facts_and_what_was_said() -> None:
    full = a_full_transcript()
    text = written(evolve(full, session=evolve(full.session, head_id="m2")))
    assert text.startswith("Why is it so?\n====")
    for line in (
        "Repository: app",
        "Workflow: review",
        "Model: work:large",
        "Links: issue PROJ-1, mine x",
        "[2026-03-01 00:00 UTC] User:",
        "(attached: file:///x.py, lines 3 to 5)",
        "(note: asked twice)",
        "[2026-03-01 00:00 UTC] Assistant (coder, large):",
        "(thinking)",
        "Because. 😀 \ufffd \ufffd",
        "(The answer failed. Silent.)",
    ):
        assert f"\n{line}\n" in text
    assert "-- 2026-03-01 00:00 UTC: Agent changed: assistant → coder (code)" in written(full)


@given(said=st.text())
def test_any_words_stand_in_it_as_they_were(said: str) -> None:
    assert readable(said) in written(a_conversation(said))


def test_sessions_are_set_apart() -> None:
    text = written(a_conversation("Hi", title="One"), a_conversation("Ho", session_id="s2", title="Two"))
    assert text.index("One") < text.index("Hi") < text.index("Two") < text.index("Ho")


def test_what_agents_did_stands_in_its_place_a_line_each() -> None:
    text = written(a_transcript(a_message("m1", role="assistant", parts=agent_parts())))
    assert (
        "\n(tool call: Edit a.py (completed))\n    file:///a.py\n    | @@ -1 +1 @@\n    | -one\n    | +two\n"
        in text
    )
    assert "    $ make (exit code -9)\n    | …\n    | line 30\n" in text
    assert "\n[x] Look\n[ ] Mend (in progress)\n" in text
    assert "\n(Image: shot.png, image/png, 70 bytes)\n" in text
    assert text.index("First.") < text.index("Edit a.py") < text.index("Last.")
