"""What a person does to get a model, in the words of the client that shows it."""

from collections.abc import Callable
from typing import Final

ClientName = Callable[[], str | None]
"""What the client calls itself in `initialize`, once it has."""

VS_CODE_COMMAND: Final = "Threadkeep: Choose a Model…"
NEOVIM_COMMAND: Final = ":Threadkeep model"
"""Tests hold both equal to what the clients have."""

_VS_CODES: Final = (
    "visual studio code",
    "code - oss",
    "code-server",
    "vscodium",
    "cursor",
    "windsurf",
    "positron",
)
"""How the builds of VS Code call themselves, as the names begin."""

_MODELS_HERE: Final = "what runs on this machine (Ollama, LM Studio)"
_KEYS: Final = "a key for OpenAI, Anthropic, OpenRouter or Gemini"

_ANYWHERE: Final = """\
To get answers from a model, set `OPENAI_API_KEY`, `ANTHROPIC_API_KEY`, `OPENROUTER_API_KEY` or `GEMINI_API_KEY` in \
the environment that {place} starts from. Or name any OpenAI-compatible endpoint in `settings.toml`; Ollama on \
this machine needs one line:

```toml
defaultModel = "ollama:MODEL"
```

and any other provider:

```toml
defaultModel = "work:MODEL"

[providers.work]
kind = "openai"
baseUrl = "https://models.example.com/v1"
apiKeyEnv = "WORK_API_KEY"
```"""


def how_to(client: str | None) -> str:
    """How to get answers from a model, in Markdown."""
    if _is_vs_code(client):
        return (
            f"To get answers from a model, run **{VS_CODE_COMMAND}** from the command palette, or choose the model "
            f"below the prompt: it lists {_MODELS_HERE} and takes {_KEYS}, which stays in VS Code's secret storage. "
            "Any other OpenAI-compatible endpoint goes into the setting `threadkeep.providers`."
        )
    if _is_neovim(client):
        return (
            f"To get answers from a model, use `{NEOVIM_COMMAND}`: it lists {_MODELS_HERE} and takes {_KEYS}, which "
            "stays in the system's keyring. Any other OpenAI-compatible endpoint goes into `settings.providers` of "
            '`require("threadkeep").setup()`.'
        )
    return _ANYWHERE.format(place="your terminal" if _is_terminal(client) else "your editor")


def key_remedy(client: str | None) -> str | None:
    """How to give a key, as the rest of a sentence; None where the client has no way of its own."""
    if _is_vs_code(client):
        return f"run “{VS_CODE_COMMAND}” and enter one"
    if _is_neovim(client):
        return f"use {NEOVIM_COMMAND} and enter one"
    return None


def start_place(client: str | None) -> str:
    """Where the environment of the server comes from, as people see it."""
    return "in this terminal" if _is_terminal(client) else "where your editor starts"


def nobody() -> None:
    """The client of a server that has none yet."""
    return


def _is_vs_code(client: str | None) -> bool:
    return (client or "").casefold().startswith(_VS_CODES)


def _is_neovim(client: str | None) -> bool:
    return (client or "").casefold() == "neovim"


def _is_terminal(client: str | None) -> bool:
    return client == "threadkeep-cli"
