"""A provider that speaks chat completions: OpenAI, OpenRouter, Gemini, Ollama, LM Studio and many more."""

from threadkeep.adapters.models.chat_completions import ChatCompletions
from threadkeep.adapters.models.http_model import HttpModel
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.ports.provider_settings import ProviderSettings


class OpenAICompatibleModel(HttpModel):
    """Implements the port Model."""

    def __init__(self, settings: ProviderSettings, key: ApiKey) -> None:
        super().__init__(settings, key, ChatCompletions())
