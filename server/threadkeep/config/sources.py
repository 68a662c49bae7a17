"""Where settings come from: a file, the environment, an editor, flags; each read without trusting it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from threadkeep.config.suggestions import nearest
from threadkeep.config.table import settings_table
from threadkeep.values import Value

EDITORS_OWN = frozenset({"server", "trace"})
"""Tables that editor clients keep beside ours: how to start the server, and what to trace."""


class Source(Value):
    """One origin of settings, in the shape of the settings file."""

    name: str
    """What people are told."""
    tree: Mapping[str, Any]
    base: str
    """What relative paths are relative to."""
    is_client: bool = False


class Unread(Value):
    """A settings file that is there and cannot be read: why, as a sentence."""

    problem: str


def read_file(path: Path) -> Source | Unread | None:
    """The settings file; None where there is none."""
    try:
        written = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        return Unread(problem=f"{path}: cannot be read ({error.strerror or type(error).__name__}).")

    import tomllib  # most people have no settings file

    try:
        tree = tomllib.loads(written.decode("utf-8-sig"))
    except UnicodeDecodeError:
        trouble = "is not UTF-8: save it as UTF-8."
    except RecursionError:
        trouble = "its values are nested too deeply."
    except ValueError as error:  # of TOML's rules, or a whole number of thousands of digits
        trouble = f"{error}.{_backslash_hint(str(error))}"
    else:
        return Source(name=str(path), tree=tree, base=str(path.parent))
    return Unread(problem=f"{path}: {trouble}")


def read_environment(environ: Mapping[str, str], *, home: str, problems: list[str]) -> Iterator[Source]:
    """One source a variable; a variable that is empty says nothing."""
    known = {row.env: row for row in settings_table() if row.env}
    for variable, row in known.items():
        given = environ.get(variable, "").strip()
        if given:
            yield _single(row.path, given, parse=row.shape.parse, name=f"environment {variable}", home=home)
    for variable in environ:
        if variable.startswith("THREADKEEP_") and variable not in known:
            near = nearest(variable, known=known)
            if near:  # other programs may have names of their own that begin like ours
                problems.append(f'environment: unknown variable {variable}. Did you mean "{near}"?')


def read_flags(flags: Mapping[str, Any], *, home: str) -> Iterator[Source]:
    """One source a flag; flags that set nothing here are left to whoever reads them."""
    known = {_bare(row.flag): row for row in settings_table() if row.flag}
    for flag, given in flags.items():
        row = known.get(_bare(flag))
        if row is not None and given is not None:
            parse = row.shape.parse if isinstance(given, str) else None
            yield _single(row.path, given, parse=parse, name=f"flag {row.flag}", home=home)


def read_client(client: object, *, home: str, problems: list[str]) -> Source | None:
    """What an editor said; null means that it said nothing."""
    if client is None:
        return None
    if not isinstance(client, Mapping):
        problems.append("client: the settings must be a table.")
        return None
    tree = {name: value for name, value in client.items() if name not in EDITORS_OWN}
    return Source(name="client", tree=tree, base=home, is_client=True)


class Unparsed(Value):
    """Text from a variable or a flag, with the way to read it."""

    text: str
    parse: Any


def _single(path: tuple[str, ...], given: Any, *, parse: Any, name: str, home: str) -> Source:
    value: Any = given if parse is None else Unparsed(text=given, parse=parse)
    for part in reversed(path):
        value = {part: value}
    return Source(name=name, tree=value, base=home)


def _backslash_hint(problem: str) -> str:
    """What helps who wrote a Windows path between double quotes."""
    if "backslash" in problem or "escape" in problem or "hex value" in problem:
        return (
            " Between double quotes a backslash begins an escape: write paths between single quotes, "
            "like 'C:\\Users\\me'."
        )
    return ""


def _bare(flag: str) -> str:
    return flag.lstrip("-").replace("_", "-")
