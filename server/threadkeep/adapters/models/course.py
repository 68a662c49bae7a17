"""The course of one request, which may take several responses: refusals that are answered, pauses."""

from typing import Any

from threadkeep.adapters.models.dialect import Answer, Change
from threadkeep.adapters.models.failures import Refusal
from threadkeep.domain.errors import ProviderError
from threadkeep.domain.messages import Usage
from threadkeep.ports.models import ModelEvent, Stop, UsageReport

MAX_PAUSES = 10
"""How often an answer that its provider pauses is asked on within one turn."""


class Refused(Exception):
    """The provider refused, by its status or in a good response, before it said anything."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__()
        self.refusal = refusal


def as_raised(failure: Refusal | ProviderError, *, has_said: bool) -> Exception:
    if isinstance(failure, Refusal):
        return failure.error() if has_said else Refused(failure)
    return failure


class Course:
    """What became of one request so far, which may take several responses."""

    def __init__(self) -> None:
        self.made: list[Change] = []
        """Changes of the request that nobody has been told yet."""
        self.so_far: list[Any] = []
        """What a paused answer wants back."""
        self._pauses = 0
        self._usage: Usage | None = None
        self._usage_before = Usage()

    def pass_on(self, event: ModelEvent, answer: Answer) -> ModelEvent | None:
        """The event as it is passed on: the use of all responses together, and one stop."""
        if isinstance(event, UsageReport):
            self._usage = self._usage_before + event.usage
            return UsageReport(usage=self._usage)
        return None if isinstance(event, Stop) and self._is_paused(answer) else event

    def goes_on(self, answer: Answer) -> bool:
        """Whether the provider is to be asked on with what it said."""
        if not self._is_paused(answer):
            return False
        self.so_far += answer.paused
        self._pauses += 1
        self._usage_before = self._usage or Usage()
        return True

    def _is_paused(self, answer: Answer) -> bool:
        return bool(answer.paused) and self._pauses < MAX_PAUSES
