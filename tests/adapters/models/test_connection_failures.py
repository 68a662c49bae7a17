"""What is said about a connection that breaks."""

import sys

import httpx2
import pytest

from tests.support.models import collected, failure_of, openai_model, question, served, text_of
from tests.support.used_up import no_descriptors
from threadkeep.adapters.models.connection_failures import connection_failure
from threadkeep.adapters.models.http_client import is_loopback
from threadkeep.ports.provider_settings import ProviderSettings

KEY = "sk-very-secret-1234567890"


@pytest.mark.parametrize(
    ("error", "kind", "advice"),
    [
        (httpx2.ConnectTimeout("x"), "providerTimeout", "check the network"),
        (httpx2.ReadTimeout("x"), "providerTimeout", "timeoutSeconds"),
        (httpx2.ConnectError("Name not known"), "providerNetwork", "models.example.com"),
        (httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), "providerNetwork", "caFile"),
        (httpx2.ProxyError("403"), "providerNetwork", "proxy"),
        (httpx2.ReadError("reset"), "providerNetwork", "try again"),
        (httpx2.UnsupportedProtocol("x"), "providerBadRequest", "baseUrl"),
        (httpx2.InvalidURL("x"), "providerBadRequest", "baseUrl"),
    ],
)
def test_each_break_has_its_kind_and_its_advice(error: Exception, kind: str, advice: str) -> None:
    settings = ProviderSettings(
        name="work", kind="openai", base_url="https://user:hidden@models.example.com/v1"
    )
    failure = connection_failure(error, settings, key=KEY)
    assert failure.kind == kind
    assert advice in failure.message
    assert "hidden" not in failure.message


def test_a_key_in_what_broke_is_hidden() -> None:
    settings = ProviderSettings(name="work", kind="openai", base_url="https://models.example.com/v1")
    failure = connection_failure(httpx2.ConnectError(f"no {KEY}"), settings, key=KEY)
    assert "no •••" in failure.message


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:1/v1", True),
        ("http://api.localhost/v1", True),
        ("http://127.8.9.1:1/v1", True),
        ("http://[::1]:1/v1", True),
        ("http://0.0.0.0:1/v1", True),
        ("https://localhost.example.com/v1", False),
        ("http://192.168.1.5/v1", False),
        ("", False),
    ],
)
def test_this_machine_is_known_by_its_names(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
async def test_a_connection_that_cannot_be_opened_is_no_fault_of_the_provider() -> None:
    with served(texts=["Hello"]) as base_url:
        model = openai_model(base_url)
        assert text_of(await collected(model.stream(question()))) == "Hello"  # all is imported by now
        await model.aclose()
        with no_descriptors():
            failure = await failure_of(model)
        assert (failure.kind, failure.retryable) == ("tooManyFiles", True)
        assert failure.data["provider"] == "work"
        assert "ulimit -n" in failure.message
        assert "running" not in failure.message
        assert text_of(await collected(model.stream(question()))) == "Hello"
        await model.aclose()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_name_that_cannot_be_looked_up_for_that_is_named_so() -> None:
    settings = ProviderSettings(name="work", kind="openai", base_url="https://models.example.com/v1")
    unknown = httpx2.ConnectError("[Errno -3] Temporary failure in name resolution")
    with no_descriptors():
        failure = connection_failure(unknown, settings, key=KEY)
    assert failure.kind == "tooManyFiles"
    assert connection_failure(unknown, settings, key=KEY).kind == "providerNetwork"
