"""How pieces become deltas."""

from hypothesis import given
from hypothesis import strategies as st

from threadkeep.adapters.models.deltas import CONTROLS, Deltas
from threadkeep.ports.models import ReasoningDelta, TextDelta


def test_a_signature_ends_a_stretch_of_reasoning() -> None:
    deltas = Deltas()
    for text in ("a", "b"):
        deltas.add(ReasoningDelta, text)
    deltas.sign("one")
    deltas.add(ReasoningDelta, "c")
    deltas.sign("two")
    deltas.sign("three")
    assert deltas.take() == [
        ReasoningDelta(text="ab"),
        ReasoningDelta(text="", signature="one"),
        ReasoningDelta(text="c"),
        ReasoningDelta(text="", signature="two"),
        ReasoningDelta(text="", signature="three"),
    ]
    assert deltas.take() == []


@given(st.text(), st.data())
def test_text_that_is_cut_anywhere_is_whole_again(text: str, data: st.DataObject) -> None:
    units = [text.encode("utf-16-le")[at : at + 2] for at in range(0, len(text.encode("utf-16-le")), 2)]
    pieces = [unit.decode("utf-16-le", "surrogatepass") for unit in units]
    deltas, found = Deltas(), []
    for piece in pieces:
        deltas.add(TextDelta, piece)
        if data.draw(st.booleans()):
            found += deltas.take()
    found += deltas.take() + deltas.rest()
    assert "".join(delta.text for delta in found) == CONTROLS.sub("", text)
    assert all(delta.text for delta in found)
