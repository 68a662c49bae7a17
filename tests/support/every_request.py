"""Every request and every notification of the protocol, as an author of a client meets them; a type checker reads this.

What a request gives is known from its params alone, and `match` knows when no notification is left out.
"""

from typing import assert_never, assert_type

from threadkeep.client import Client
from threadkeep.client.notifications import Notification, UnknownNotification
from threadkeep.protocol.types.agents import (
    ListAgentsParams,
    ListAgentsResult,
    SwitchAgentParams,
    SwitchAgentResult,
)
from threadkeep.protocol.types.approvals import (
    ApprovalClosedNotice,
    ApprovalNotice,
    ApproveParams,
    ApproveResult,
)
from threadkeep.protocol.types.chat import (
    BranchesResult,
    CancelParams,
    CancelResult,
    ContinueParams,
    ContinueResult,
    EditParams,
    ListBranchesParams,
    QueueParams,
    QueueResult,
    RetryParams,
    RetryResult,
    RewindParams,
    SelectBranchParams,
    SendParams,
    SendResult,
    TakeOverParams,
    WaitParams,
    WaitResult,
)
from threadkeep.protocol.types.common import (
    Empty,
)
from threadkeep.protocol.types.hints import (
    DismissHintParams,
    RelocateTaskParams,
    RelocateTaskResult,
    RepositoryHinted,
)
from threadkeep.protocol.types.lifecycle import (
    ActivateSessionParams,
    ArchiveSessionParams,
    ClearSessionParams,
    CloseSessionParams,
    CreateSessionParams,
    CurrentSessionParams,
    CurrentSessionResult,
    DeleteSessionParams,
    EndSessionParams,
    ForkParams,
    GetDraftParams,
    GetDraftResult,
    GetSessionParams,
    OpenSessionParams,
    OpenSessionResult,
    PauseSessionParams,
    RestoreSessionParams,
    ResumeSessionParams,
    SessionResult,
    SetDraftParams,
    SetModelParams,
    SetModeParams,
    UnarchiveSessionParams,
    UpdateSessionParams,
)
from threadkeep.protocol.types.lists import (
    ListSessionsParams,
    ListSessionsResult,
    SessionEventsParams,
    SessionEventsResult,
    SessionFilter,
    SessionHistoryParams,
    SessionHistoryResult,
)
from threadkeep.protocol.types.marks import (
    BlobParams,
    BlobResult,
    EraseMessageParams,
    MessageResult,
    PartsParams,
    PartsResult,
    UpdateMessageParams,
)
from threadkeep.protocol.types.messages import (
    Delta,
    MessageNotice,
    PartNotice,
    TurnCompleted,
    TurnRetrying,
    TurnStarted,
)
from threadkeep.protocol.types.organise import (
    BulkChange,
    BulkUpdateParams,
    BulkUpdateResult,
    CleanUpParams,
    CleanUpResult,
    PurgeSessionParams,
    SessionRemoved,
    SummarizeUsageParams,
    SummarizeUsageResult,
)
from threadkeep.protocol.types.repositories import (
    ListRepositoriesParams,
    ListRepositoriesResult,
    ListTasksParams,
    ListTasksResult,
    RelocateRepositoryParams,
    RelocateRepositoryResult,
    ResolveRepositoryParams,
    ResolveRepositoryResult,
    TaskChanged,
)
from threadkeep.protocol.types.search import (
    SearchSessionsParams,
    SearchSessionsResult,
)
from threadkeep.protocol.types.server import (
    ListModelsParams,
    ListModelsResult,
    ListProvidersParams,
    ListProvidersResult,
    ProviderTestParams,
    ProviderTestResult,
    SchemaParams,
    SchemaResult,
    ServerStatus,
    ServerStatusParams,
    SetKeyParams,
    SetKeyResult,
    StoreInfo,
    StoreInfoParams,
    StoreWarning,
)
from threadkeep.protocol.types.sessions import (
    SessionChanged,
)
from threadkeep.protocol.types.transfer import (
    ExportSessionsParams,
    ExportSessionsResult,
    ImportSessionsParams,
    ImportSessionsResult,
    ListFormatsParams,
    ListFormatsResult,
)
from threadkeep.protocol.types.upkeep import (
    BackUpStoreParams,
    BackUpStoreResult,
    CheckStoreParams,
    CheckStoreResult,
)


async def ask_everything(client: Client) -> None:  # noqa: PLR0915 - a list
    """Sends each request once, in the order of the table."""
    assert_type(await client.request(OpenSessionParams()), OpenSessionResult)
    assert_type(await client.request(CreateSessionParams()), SessionResult)
    assert_type(await client.request(GetSessionParams(session_id="s1")), SessionResult)
    assert_type(await client.request(CloseSessionParams(session_id="s1")), Empty)
    assert_type(await client.request(ListSessionsParams()), ListSessionsResult)
    assert_type(await client.request(SessionHistoryParams(session_id="s1")), SessionHistoryResult)
    assert_type(await client.request(SessionEventsParams(session_id="s1", after_seq=3)), SessionEventsResult)
    assert_type(await client.request(UpdateSessionParams(session_id="s1")), SessionResult)
    assert_type(await client.request(PauseSessionParams(session_id="s1")), SessionResult)
    assert_type(await client.request(ResumeSessionParams(session_id="s1")), SessionResult)
    assert_type(await client.request(EndSessionParams(session_id="s1")), SessionResult)
    assert_type(await client.request(ArchiveSessionParams(session_id="s1")), SessionResult)
    assert_type(await client.request(UnarchiveSessionParams(session_id="s1")), SessionResult)
    assert_type(await client.request(DeleteSessionParams(session_id="s1")), SessionResult)
    assert_type(await client.request(RestoreSessionParams(session_id="s1")), SessionResult)
    assert_type(await client.request(PurgeSessionParams(session_id="s1")), Empty)
    assert_type(
        await client.request(
            BulkUpdateParams(filter=SessionFilter(task="main"), change=BulkChange(archive=True))
        ),
        BulkUpdateResult,
    )
    assert_type(await client.request(SetModeParams(session_id="s1", mode="acceptEdits")), SessionResult)
    assert_type(await client.request(SetModelParams(session_id="s1", model="work:big")), SessionResult)
    assert_type(await client.request(SwitchAgentParams(session_id="s1", agent="coder")), SwitchAgentResult)
    assert_type(await client.request(ForkParams(session_id="s1")), SessionResult)
    assert_type(await client.request(ClearSessionParams(session_id="s1")), SessionResult)
    assert_type(await client.request(ActivateSessionParams(session_id="s1")), Empty)
    assert_type(await client.request(CurrentSessionParams()), CurrentSessionResult)
    assert_type(await client.request(SetDraftParams(session_id="s1", text="Why?")), Empty)
    assert_type(await client.request(GetDraftParams(session_id="s1")), GetDraftResult)
    assert_type(await client.request(SendParams(session_id="s1", text="Why?")), SendResult)
    assert_type(await client.request(WaitParams(session_id="s1", turn_id="t1")), WaitResult)
    assert_type(await client.request(CancelParams(session_id="s1")), CancelResult)
    assert_type(await client.request(TakeOverParams(session_id="s1")), CancelResult)
    assert_type(await client.request(ContinueParams(session_id="s1")), ContinueResult)
    assert_type(await client.request(RetryParams(session_id="s1")), RetryResult)
    assert_type(await client.request(EditParams(session_id="s1", message_id="m1", text="Why?")), SendResult)
    wanted = ApproveParams(session_id="s1", approval_id="a1", option_id="allowOnce")
    assert_type(await client.request(wanted), ApproveResult)
    assert_type(await client.request(QueueParams(session_id="s1")), QueueResult)
    assert_type(await client.request(RewindParams(session_id="s1", message_id="m1")), SessionResult)
    assert_type(await client.request(ListBranchesParams(session_id="s1")), BranchesResult)
    assert_type(await client.request(SelectBranchParams(session_id="s1", message_id="m1")), SessionResult)
    assert_type(await client.request(PartsParams(message_id="m1")), PartsResult)
    assert_type(await client.request(BlobParams(session_id="s1", sha256="0" * 64)), BlobResult)
    assert_type(await client.request(UpdateMessageParams(message_id="m1")), MessageResult)
    assert_type(await client.request(EraseMessageParams(message_id="m1")), MessageResult)
    assert_type(await client.request(ResolveRepositoryParams()), ResolveRepositoryResult)
    assert_type(await client.request(ListRepositoriesParams()), ListRepositoriesResult)
    assert_type(
        await client.request(RelocateRepositoryParams(repository="r1", uri="file:///work/garden")),
        RelocateRepositoryResult,
    )
    assert_type(await client.request(DismissHintParams()), Empty)
    assert_type(await client.request(RelocateTaskParams(task="main", to="trunk")), RelocateTaskResult)
    assert_type(await client.request(ListTasksParams()), ListTasksResult)
    assert_type(await client.request(ListAgentsParams()), ListAgentsResult)
    assert_type(await client.request(ListModelsParams()), ListModelsResult)
    assert_type(await client.request(ListProvidersParams()), ListProvidersResult)
    assert_type(await client.request(SetKeyParams(provider="work", keep="window")), SetKeyResult)
    assert_type(await client.request(ProviderTestParams(provider="work")), ProviderTestResult)
    assert_type(await client.request(StoreInfoParams()), StoreInfo)
    assert_type(await client.request(ServerStatusParams()), ServerStatus)
    assert_type(await client.request(SchemaParams()), SchemaResult)
    assert_type(await client.request(CheckStoreParams()), CheckStoreResult)
    assert_type(await client.request(BackUpStoreParams()), BackUpStoreResult)
    assert_type(await client.request(CleanUpParams(older_than="90d")), CleanUpResult)
    assert_type(await client.request(SummarizeUsageParams(group_by="day")), SummarizeUsageResult)
    assert_type(await client.request(SearchSessionsParams(query="roses")), SearchSessionsResult)
    assert_type(await client.request(ExportSessionsParams(format="markdown")), ExportSessionsResult)
    assert_type(await client.request(ImportSessionsParams()), ImportSessionsResult)
    assert_type(await client.request(ListFormatsParams()), ListFormatsResult)


def method_of(event: Notification) -> str:  # noqa: PLR0911, PLR0912 - a list
    """The method that brought a notification."""
    match event:
        case SessionChanged():
            return "session/changed"
        case SessionRemoved():
            return "session/removed"
        case TaskChanged():
            return "task/changed"
        case RepositoryHinted():
            return "repository/hint"
        case TurnStarted():
            return "chat/turnStarted"
        case MessageNotice():
            return "chat/message"
        case Delta():
            return "chat/delta"
        case PartNotice():
            return "chat/part"
        case ApprovalNotice():
            return "chat/approvalRequested"
        case ApprovalClosedNotice():
            return "chat/approvalClosed"
        case TurnRetrying():
            return "chat/turnRetrying"
        case TurnCompleted():
            return "chat/turnCompleted"
        case StoreWarning():
            return "store/warning"
        case UnknownNotification():
            return event.method
        case _:
            assert_never(event)
