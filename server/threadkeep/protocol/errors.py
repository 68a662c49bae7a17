"""The errors of the protocol: one table, code and kind."""

from threadkeep.values import Value


class ErrorKind(Value):
    """One row of the errors table."""

    code: int
    """JSON-RPC's own are negative, ours positive."""
    kind: str
    """`data.kind`: this is the contract."""
    retryable: bool = False
    """Whether the same request may succeed later."""
    data: tuple[str, ...] = ()
    """Further members of `data`."""
    doc: str
    """When it is sent."""


_PROVIDER = ("provider", "status", "retryAfterMs")

ERRORS: tuple[ErrorKind, ...] = (
    ErrorKind(code=-32700, kind="parseError", doc="The frame is not JSON."),
    ErrorKind(code=-32600, kind="invalidRequest", doc="JSON, but not a JSON-RPC 2.0 request."),
    ErrorKind(code=-32601, kind="methodNotFound", doc="No such method."),
    ErrorKind(
        code=-32602,
        kind="invalidParams",
        data=("problems",),
        doc="A member is missing or has a wrong type: `problems` is a list of `{field, message}`.",
    ),
    ErrorKind(code=-32603, kind="internalError", doc="Our fault; the log file tells more."),
    ErrorKind(code=-32800, kind="requestCancelled", doc="The client cancelled the request."),
    ErrorKind(code=-32002, kind="serverNotInitialized", doc="A request came before `initialize`."),
    ErrorKind(code=1001, kind="sessionNotFound", data=("sessionId",), doc="No session has this id."),
    ErrorKind(
        code=1002, kind="invalidTransition", data=("from", "to"), doc="The session's state forbids it."
    ),
    ErrorKind(
        code=1003,
        kind="sessionPaused",
        data=("sessionId",),
        doc="A paused session takes no message: resume it.",
    ),
    ErrorKind(
        code=1004,
        kind="sessionEnded",
        data=("sessionId",),
        doc="An ended session is read-only: fork it or create one.",
    ),
    ErrorKind(
        code=1005,
        kind="sessionBusy",
        retryable=True,
        data=("turnId", "holder", "isUnresponsive", "unresponsiveSince", "canTakeOver"),
        doc="A turn runs: wait for it or cancel it.",
    ),
    ErrorKind(
        code=1006,
        kind="revisionConflict",
        data=("expected", "actual"),
        doc="The session changed since the client read it: read it again.",
    ),
    ErrorKind(
        code=1007,
        kind="idempotencyConflict",
        data=("key",),
        doc="The idempotency key was used with other params: choose a new one.",
    ),
    ErrorKind(code=1008, kind="messageNotFound", data=("messageId",), doc="No message has this id."),
    ErrorKind(code=1009, kind="invalidCursor", doc="The cursor is not one of this list: start again."),
    ErrorKind(code=1010, kind="agentNotFound", data=("agent", "known"), doc="No agent has this name."),
    ErrorKind(
        code=1011,
        kind="notInTrash",
        data=("sessionId",),
        doc="Only what is in the trash is erased: delete the session first.",
    ),
    ErrorKind(code=1012, kind="alreadyExists", data=("sessionId",), doc="The id is taken."),
    ErrorKind(code=1013, kind="branchNotFound", data=("messageId",), doc="No branch holds this message."),
    ErrorKind(code=1014, kind="turnNotFound", data=("turnId",), doc="No turn of this session has this id."),
    ErrorKind(
        code=1015,
        kind="nothingToContinue",
        data=("sessionId",),
        doc="The newest answer is complete, or there is none.",
    ),
    ErrorKind(code=1016, kind="modelNotFound", data=("model", "known"), doc="No provider has this model."),
    ErrorKind(
        code=1017, kind="blobNotFound", data=("sha256",), doc="No message of the session holds this content."
    ),
    ErrorKind(
        code=1018,
        kind="approvalNotFound",
        data=("approvalId",),
        doc="No approval of this session has this id.",
    ),
    ErrorKind(
        code=1019,
        kind="alreadyDecided",
        data=("optionId", "decidedBy"),
        doc="Somebody else was faster, or nobody waits for it any more (no `optionId`).",
    ),
    ErrorKind(
        code=1020,
        kind="importInvalid",
        data=("problems",),
        doc="The source is none that can be imported; `problems` is a list of `{line?, file?, message}`.",
    ),
    ErrorKind(code=1021, kind="exportFailed", doc="The file could not be written; nothing was left behind."),
    ErrorKind(
        code=1022,
        kind="extraMissing",
        data=("extra",),
        doc="An optional package is not installed; the text says how to get it.",
    ),
    ErrorKind(
        code=1030,
        kind="repositoryAmbiguous",
        data=("candidates",),
        doc="The folder belongs to another repository that has sessions: `candidates` is a list of"
        " `{id, name, sessionCount}`. Choose one, or merge them.",
    ),
    ErrorKind(code=1031, kind="repositoryNotFound", data=("repository",), doc="No repository has this id."),
    ErrorKind(
        code=1032,
        kind="folderAway",
        retryable=True,
        data=("path",),
        doc="A folder that is needed does not answer, as on a share that is away.",
    ),
    ErrorKind(code=1101, kind="providerAuth", data=_PROVIDER, doc="The key is missing or refused."),
    ErrorKind(
        code=1102, kind="providerRateLimited", retryable=True, data=_PROVIDER, doc="Too many requests."
    ),
    ErrorKind(
        code=1103,
        kind="providerOverloaded",
        retryable=True,
        data=_PROVIDER,
        doc="The provider is down or busy.",
    ),
    ErrorKind(code=1104, kind="providerBadRequest", data=_PROVIDER, doc="The provider refused the request."),
    ErrorKind(
        code=1105, kind="contextTooLong", data=_PROVIDER, doc="The conversation exceeds the model's window."
    ),
    ErrorKind(
        code=1106,
        kind="providerNotFound",
        data=("provider", "known"),
        doc="The settings name no such provider.",
    ),
    ErrorKind(
        code=1107,
        kind="providerNetwork",
        retryable=True,
        data=_PROVIDER,
        doc="The provider cannot be reached, or the line was cut.",
    ),
    ErrorKind(
        code=1108,
        kind="providerTimeout",
        retryable=True,
        data=_PROVIDER,
        doc="The provider was silent for too long.",
    ),
    ErrorKind(
        code=1109,
        kind="settingsInvalid",
        data=("provider", "problems"),
        doc="The settings that decide who is asked cannot be read: nothing was sent. `problems` is a list of sentences.",
    ),
    ErrorKind(
        code=1201,
        kind="storeUnavailable",
        retryable=True,
        data=("reason",),
        doc="The store cannot be written, or not be opened: `reason` is `noRoom`, `readOnly` (the disk, or this"
        " user's rights), `diskError`, `unreadable`, `busy` or `other`.",
    ),
    ErrorKind(code=1202, kind="storeCorrupt", doc="The store cannot be read; it was kept as it is."),
    ErrorKind(code=1203, kind="storeNewer", doc="A newer Threadkeep wrote the store: update this one."),
    ErrorKind(
        code=1301,
        kind="tooManyFiles",
        retryable=True,
        data=_PROVIDER,
        doc="The server may open no further file or connection; the text names the limit. A provider is named"
        " where it could not be reached for that.",
    ),
    ErrorKind(
        code=1302,
        kind="outOfMemory",
        retryable=True,
        data=_PROVIDER,
        doc="There is no more memory, or no further thread, for what was asked.",
    ),
)

BY_KIND = {error.kind: error for error in ERRORS}
