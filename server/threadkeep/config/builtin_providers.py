"""The providers that need no settings but their usual environment key, with their default models."""

from collections.abc import Mapping, Sequence

from threadkeep.ports.provider_settings import ProviderSettings
from threadkeep.values import Value, evolve

OFFLINE = "offline"

BUILTIN_PROVIDERS: tuple[ProviderSettings, ...] = (
    ProviderSettings(
        name="openai",
        kind="openai",
        base_url="https://api.openai.com/v1",
        api_key_env="OPENAI_API_KEY",
        models=("gpt-5-mini", "gpt-5", "gpt-4.1"),
    ),
    ProviderSettings(
        name="anthropic",
        kind="anthropic",
        base_url="https://api.anthropic.com",
        api_key_env="ANTHROPIC_API_KEY",
        models=("claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-5-5"),
    ),
    ProviderSettings(
        name="openrouter",
        kind="openai",
        base_url="https://openrouter.ai/api/v1",
        api_key_env="OPENROUTER_API_KEY",
        models=("openrouter/auto",),
    ),
    ProviderSettings(
        name="gemini",
        kind="openai",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai",
        api_key_env="GEMINI_API_KEY",
        models=("gemini-flash-latest", "gemini-2.5-flash", "gemini-2.5-pro"),
    ),
    ProviderSettings(name="ollama", kind="openai", base_url="http://127.0.0.1:11434/v1"),
    ProviderSettings(name="lmstudio", kind="openai", base_url="http://127.0.0.1:1234/v1"),
    ProviderSettings(name=OFFLINE, kind="offline", models=(OFFLINE,)),
)
"""In the order in which a default is looked for. Each provider's first model is its default."""


class Shown(Value):
    """How a built-in provider is shown to people."""

    label: str
    key_page: str | None = None
    """Where a person gets a key."""


SHOWN: Mapping[str, Shown] = {
    "openai": Shown(label="OpenAI", key_page="https://platform.openai.com/api-keys"),
    "anthropic": Shown(label="Anthropic", key_page="https://console.anthropic.com/settings/keys"),
    "openrouter": Shown(label="OpenRouter", key_page="https://openrouter.ai/settings/keys"),
    "gemini": Shown(label="Google Gemini", key_page="https://aistudio.google.com/apikey"),
    "ollama": Shown(label="Ollama"),
    "lmstudio": Shown(label="LM Studio"),
    OFFLINE: Shown(label="Offline: searches, and asks no model"),
}


def shown(settings: ProviderSettings) -> Shown:
    """How a provider is shown; one that the settings lead elsewhere goes by its name."""
    builtin = next((each for each in BUILTIN_PROVIDERS if each.name == settings.name), None)
    is_itself = builtin is not None and builtin.base_url == settings.base_url
    return SHOWN[settings.name] if is_itself else Shown(label=settings.name)


def merged(providers: Sequence[ProviderSettings]) -> list[ProviderSettings]:
    """The user's providers first, completed from the built-in ones of the same name; then the others."""
    builtin = {each.name: each for each in BUILTIN_PROVIDERS}
    own = [_completed(each, builtin.pop(each.name, None)) for each in providers]
    return [*own, *builtin.values()]


def _completed(own: ProviderSettings, builtin: ProviderSettings | None) -> ProviderSettings:
    if builtin is None or builtin.kind != own.kind:
        return own
    names_a_key = own.api_key or own.api_key_command or own.api_key_env
    return evolve(
        own,
        base_url=own.base_url or builtin.base_url,
        api_key_env=own.api_key_env if names_a_key else builtin.api_key_env,
        models=own.models or builtin.models,
    )
