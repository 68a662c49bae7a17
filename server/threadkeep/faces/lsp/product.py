"""What the handlers work with: the use cases, and this connection's own state."""

from collections.abc import Callable
from typing import Any

import attrs

from threadkeep.faces.lsp.audience import ConnectionAudience
from threadkeep.ports.preferences import Preferences
from threadkeep.ports.store import Store
from threadkeep.ports.surroundings import Lane
from threadkeep.usecases.chat import Chat
from threadkeep.usecases.history import History
from threadkeep.usecases.lifecycle import Lifecycle
from threadkeep.usecases.listing import Listing
from threadkeep.usecases.opening import Opening
from threadkeep.usecases.sessions import Sessions
from threadkeep.usecases.workspace import BranchWatch


@attrs.frozen(kw_only=True)
class SettingFact:
    """A setting's value and where it came from; keys are masked."""

    name: str
    value: Any
    source: str


@attrs.frozen(kw_only=True)
class About:
    """What this process knows of itself."""

    store_path: str
    log_path: str | None
    settings: tuple[SettingFact, ...]
    problems: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Product:
    """Everything that handlers call."""

    sessions: Sessions
    opening: Opening
    listing: Listing
    history: History
    lifecycle: Lifecycle
    chat: Chat
    branches: BranchWatch
    preferences: Preferences
    store: Store
    lane: Lane
    audience: ConnectionAudience
    about: Callable[[], About]
