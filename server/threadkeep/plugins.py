"""What a provider, an export format or an importer of another package is written with; see docs/plugins.md.

These names stay where they are; what else the product is made of moves. Nothing of ours imports this.
"""

from threadkeep.domain.approvals import ApprovalOption
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
from threadkeep.domain.tool_calls import Blob, Location, OutputItem, PlanEntry, ToolCall
from threadkeep.domain.transfer import ForeignMessage, ForeignSession, Transcript, TransferProblem
from threadkeep.ports.models import (
    ApprovalAnswer,
    ApprovalAsked,
    BlockCame,
    CallChanged,
    CallOutput,
    Compacted,
    Key,
    MediaCame,
    Model,
    ModelEvent,
    ModelMessage,
    ModelRequest,
    PlanChanged,
    ReasoningDelta,
    StepBegan,
    Stop,
    TextDelta,
    UsageReport,
)
from threadkeep.ports.provider_settings import ProviderSettings
from threadkeep.ports.transfer import ExportFormat, HistoryReader

__all__ = [
    "ApprovalAnswer",
    "ApprovalAsked",
    "ApprovalOption",
    "Blob",
    "BlockCame",
    "CallChanged",
    "CallOutput",
    "Compacted",
    "ContextTooLong",
    "ExportFormat",
    "ForeignMessage",
    "ForeignSession",
    "HistoryReader",
    "Key",
    "Location",
    "MediaCame",
    "Message",
    "Model",
    "ModelEvent",
    "ModelMessage",
    "ModelRequest",
    "OutputItem",
    "Part",
    "PlanChanged",
    "PlanEntry",
    "ProviderAuth",
    "ProviderBadRequest",
    "ProviderNetwork",
    "ProviderOverloaded",
    "ProviderRateLimited",
    "ProviderSettings",
    "ProviderTimeout",
    "ReasoningDelta",
    "Role",
    "StepBegan",
    "Stop",
    "TextDelta",
    "ToolCall",
    "Transcript",
    "TransferProblem",
    "Usage",
    "UsageReport",
]
