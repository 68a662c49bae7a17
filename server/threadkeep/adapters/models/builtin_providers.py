"""The providers that need no settings but their usual environment key, with their default models."""

from threadkeep.ports.provider_settings import ProviderSettings

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
