"""The request that counts tokens: a part of the methods table."""

from threadkeep.protocol.method import Method
from threadkeep.protocol.types import organise

USAGE_METHODS: tuple[Method, ...] = (
    Method(
        name="usage/summary",
        topic="usage",
        reads=True,
        params=organise.SummarizeUsageParams,
        result=organise.SummarizeUsageResult,
        errors=("repositoryNotFound",),
        doc="Sums up tokens and costs by session, task, repository, agent, model or day.",
    ),
)
