"""Values go out as they are, patches keep what is absent, and opaque JSON is not touched."""

import json
from types import MappingProxyType

import pytest

from threadkeep.protocol.converter import structure, unstructure
from threadkeep.protocol.types.chat import SendParams
from threadkeep.protocol.types.common import JsonObject, Pagination, Usage
from threadkeep.protocol.types.lifecycle import (
    OpenSessionResult,
    UpdateSessionParams,
)
from threadkeep.protocol.types.lists import ListSessionsParams, SessionFilter, SessionSort
from threadkeep.protocol.types.messages import Failure, TimelineEvent
from threadkeep.protocol.types.parts import TextPart
from threadkeep.protocol.types.server import SettingValue
from threadkeep.values import evolve
from threadkeep.values.hints import UNSET
from threadkeep.values.json_codec import Malformed

NAMED = {"sessionId": "s"}


def problems(data: object, cls: type) -> dict[str, str]:
    with pytest.raises(Malformed) as caught:
        structure(data, cls)
    return {problem.field: problem.message for problem in caught.value.problems}


def test_null_clears_in_a_patch_and_absent_keeps() -> None:
    cleared = dict.fromkeys(("title", "workflow", "links", "tags", "note", "metadata"))
    patch = structure({**NAMED, **cleared}, UpdateSessionParams)
    kept = structure(NAMED, UpdateSessionParams)
    members = ("title", "workflow", "links", "tags", "note", "metadata")
    assert [getattr(patch, name) for name in members] == [None] * 6
    assert [getattr(kept, name) for name in members] == [UNSET] * 6
    assert unstructure(patch) == {**NAMED, **cleared}
    assert unstructure(kept) == NAMED


@pytest.mark.parametrize("member", ["task", "repository", "isFavourite"])
def test_null_in_a_patch_is_a_problem_where_nothing_can_be_cleared(member: str) -> None:
    assert list(problems({**NAMED, member: None}, UpdateSessionParams)) == [member]


def test_null_outside_the_patch_members_of_a_patch_counts_as_absent() -> None:
    assert structure({**NAMED, "expectedRevision": None}, UpdateSessionParams).expected_revision is None


def test_false_zero_and_empty_values_of_a_patch_are_values() -> None:
    patch = {**NAMED, "title": "", "links": [], "tags": [], "isFavourite": False, "metadata": {}}
    assert unstructure(structure(patch, UpdateSessionParams)) == patch


def test_opaque_json_stays_as_it_came() -> None:
    text = (
        '{"z":null,"a":[null,{"b":null}],"jsonrpc":"2.0","type_name":"x","class":1,"from_":false,'
        '"big":123456789012345678901234567890,"one":1.0,"_meta":{"repo-name":""}}'
    )
    metadata = json.loads(text)
    params = structure({**NAMED, "text": "", "metadata": metadata}, SendParams)
    assert params.metadata is metadata
    assert unstructure(params)["metadata"] is metadata
    assert json.dumps(unstructure(params)["metadata"], separators=(",", ":")) == text


def test_an_opaque_mapping_that_is_no_dict_becomes_one() -> None:
    metadata: JsonObject = MappingProxyType({"a": None})
    params = SendParams(session_id="s", text="", metadata=metadata)
    assert json.dumps(unstructure(params)["metadata"]) == '{"a": null}'


def test_any_json_may_be_a_settings_value() -> None:
    value = {"b": None, "a": [1, "x"]}
    setting = structure({"name": "n", "value": value, "source": "flag"}, SettingValue)
    assert setting.value is value
    assert unstructure(setting)["value"] is value


def test_false_zero_empty_values_and_tags_are_sent() -> None:
    assert unstructure(Usage()) == {
        "inputTokens": 0,
        "outputTokens": 0,
        "cachedTokens": 0,
        "reasoningTokens": 0,
    }
    assert unstructure(TextPart(text="")) == {"type": "text", "text": ""}
    assert unstructure(OpenSessionResult(created=False)) == {"created": False, "messages": [], "seq": 0}
    assert unstructure(SendParams(session_id="", text="")) == {
        "sessionId": "",
        "text": "",
        "attachments": [],
        "metadata": {},
        "whenBusy": "reject",
    }


def test_only_members_without_a_value_are_left_out() -> None:
    failure = Failure(code=1107, kind="providerNetwork", message="", retryable=False)
    assert unstructure(failure) == {
        "code": 1107,
        "kind": "providerNetwork",
        "message": "",
        "retryable": False,
    }
    assert unstructure(evolve(failure, status=0))["status"] == 0


def test_keys_are_camel_case() -> None:
    pagination = Pagination(
        page=1, per_page=2, total_items=3, total_pages=2, has_next=True, has_previous=False
    )
    assert set(unstructure(pagination)) == {
        "page",
        "perPage",
        "totalItems",
        "totalPages",
        "hasNext",
        "hasPrevious",
    }
    assert unstructure(TimelineEvent(kind="k", from_="a", at="t")) == {"kind": "k", "from": "a", "at": "t"}


def test_what_is_sent_is_plain_json() -> None:
    params = ListSessionsParams(filter=SessionFilter(status=("active",)), sort=SessionSort(by="title"))
    sent = unstructure(params)
    assert sent["filter"]["status"] == ["active"]
    assert json.loads(json.dumps(sent)) == sent


def test_several_values_are_written_as_an_array() -> None:
    assert unstructure([TextPart(text="a"), TextPart(text="b")]) == [
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b"},
    ]
