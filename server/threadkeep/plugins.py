"""What a provider, an export format or an importer of another package is written with; see docs/plugins.md.

These names stay where they are; what else the product is made of moves. Nothing of ours imports this.
"""

from threadkeep.domain.errors import (
    ContextTooLong,
    ProviderAuth,
    ProviderBadRequest,
    ProviderNetwork,
    ProviderOverloaded,
    ProviderRateLimited,
    ProviderTimeout,
)
from threadkeep.domain.messages import Message, Part, Role, Usage
from threadkeep.domain.transfer import ForeignMessage, ForeignSession, Transcript, TransferProblem
from threadkeep.ports.models import (
    Key,
    Model,
    ModelEvent,
    ModelMessage,
    ModelRequest,
    ReasoningDelta,
    Stop,
    TextDelta,
    UsageReport,
)
from threadkeep.ports.provider_settings import ProviderSettings
from threadkeep.ports.transfer import ExportFormat, HistoryReader

__all__ = [
    "ContextTooLong",
    "ExportFormat",
    "ForeignMessage",
    "ForeignSession",
    "HistoryReader",
    "Key",
    "Message",
    "Model",
    "ModelEvent",
    "ModelMessage",
    "ModelRequest",
    "Part",
    "ProviderAuth",
    "ProviderBadRequest",
    "ProviderNetwork",
    "ProviderOverloaded",
    "ProviderRateLimited",
    "ProviderSettings",
    "ProviderTimeout",
    "ReasoningDelta",
    "Role",
    "Stop",
    "TextDelta",
    "Transcript",
    "TransferProblem",
    "Usage",
    "UsageReport",
]
