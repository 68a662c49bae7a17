"""How pending work goes on that needs more than the store."""

from threadkeep.ports.pending_records import Pending
from threadkeep.usecases.emptying import Emptying
from threadkeep.usecases.merging import Merging
from threadkeep.usecases.steps import Step
from threadkeep.usecases.surroundings import Surroundings


def step_of(around: Surroundings, pending: Pending) -> Step | None:
    """What does a step of it; None where the store can do it alone."""
    if pending.kind == "emptying":
        return Emptying(around=around, message_id=pending.subject).step
    if pending.kind == "merging":
        return Merging(around=around, into=pending.source or "", other=pending.subject).step
    return None
