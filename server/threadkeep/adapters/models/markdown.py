"""Quotes foreign text in Markdown so that none of it acts as Markdown."""

import re

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!~])")


def fenced(text: str, info: str = "text") -> str:
    """A code block; its fence is longer than any run of backticks in the text."""
    fence = "`" * max(3, 1 + _longest_run(text))
    return f"{fence}{info}\n{text}\n{fence}"


def inline_code(text: str) -> str:
    """A piece of code inside a line."""
    line = " ".join(text.split())
    ticks = "`" * (1 + _longest_run(line))
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{space}{line}{space}{ticks}"


def escaped(text: str) -> str:
    """Plain words on one line."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
