"""A provider on this machine, and a model that asks it."""

from collections.abc import AsyncIterator

import pytest

from tests.support.model_server import ModelServer
from tests.support.models import KEY, openai_model
from threadkeep.adapters.models.http_model import HttpModel


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with ModelServer() as server:
        yield server


@pytest.fixture
async def model(server: ModelServer) -> AsyncIterator[HttpModel]:
    model = openai_model(
        server.base_url, timeout_seconds=5, api_key_env="WORK_KEY", environ={"WORK_KEY": KEY}
    )
    yield model
    await model.aclose()
