import pytest

from threadkeep.domain.transfer import Words


def words(*texts: str, role: str = "assistant", minute: str | None = None) -> Words:
    return Words(role=role, texts=tuple(("text", text) for text in texts), minute=minute)


@pytest.mark.parametrize(
    ("whole", "cut"),
    [
        (words("one", "two"), words("one", "tw")),
        (words("one", "two"), words("one")),
        (words("one"), words()),
        (words(), words()),
    ],
)
def test_what_was_cut_off_is_gone_on_with(whole: Words, cut: Words) -> None:
    assert whole.goes_on(cut)


@pytest.mark.parametrize(
    ("whole", "cut"),
    [
        (words("one"), words("one", "two")),
        (words("other", "two"), words("one", "two")),
        (words("one", "other"), words("one", "two")),
        (words("one"), words("one", role="user")),
        (words("one"), words("one", minute="12:00")),
        (Words(role="assistant", texts=(("reasoning", "one"),)), words("one")),
    ],
)
def test_other_words_do_not_go_on_with_it(whole: Words, cut: Words) -> None:
    assert not whole.goes_on(cut)
