"""A provider that speaks Anthropic's Messages API."""

from threadkeep.adapters.models.http_model import HttpModel
from threadkeep.adapters.models.keys import ApiKey
from threadkeep.adapters.models.messages_api import MessagesApi
from threadkeep.ports.provider_settings import ProviderSettings


class AnthropicModel(HttpModel):
    """Implements the port Model."""

    def __init__(self, settings: ProviderSettings, key: ApiKey) -> None:
        super().__init__(settings, key, MessagesApi())
