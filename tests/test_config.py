import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from threadkeep.config import (
    AgentSettings,
    Loaded,
    Settings,
    client_settings,
    load_settings,
    settings_table,
    to_json_schema,
    to_markdown,
)
from threadkeep.config.settings import PROVIDER_FIELDS, SemanticSettings
from threadkeep.ports.provider_settings import Doubts, ProviderSettings
from threadkeep.values import evolve, fields, members

HOME = "/home/ann"


def load(
    *,
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
    client: Any = None,
    platform: str = "linux",
) -> Loaded:
    home = {"HOME": HOME, "USERPROFILE": "C:\\Users\\ann"}
    return load_settings(
        flags=flags or {},
        environ={**home, **(environ or {})},
        settings_file=file,
        client=client,
        platform=platform,
    )


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def source_of(loaded: Loaded, name: str) -> str:
    return next(value.source for value in loaded.values if value.name == name)


def value_of(loaded: Loaded, name: str) -> Any:
    return next(value.value for value in loaded.values if value.name == name)


def test_without_any_source_the_defaults_hold() -> None:
    loaded = load()
    assert loaded.problems == ()
    assert loaded.settings.store.path == Path("/home/ann/.local/share/threadkeep")
    assert {name: each for name, each in members(loaded.settings).items() if name != "store"} == {
        "doubts": Doubts(),
        "default_model": None,
        "default_agent": "assistant",
        "providers": (),
        "agents": (),
        "semantic": SemanticSettings(),
        "titles": "auto",
        "context_messages": 50,
        "retention_days": None,
        "redact": False,
        "log_level": "info",
        "trusted_workspace": False,
    }
    assert {value.source for value in loaded.values} == {"default"}


def test_a_stronger_source_wins_and_says_so(tmp_path: Path) -> None:
    file = written(tmp_path, '[store]\npath = "/1"\n')
    given: dict[str, Any] = {"file": file}
    steps = []
    for more in (
        {},
        {"environ": {"THREADKEEP_STORE": "/2"}},
        {"client": {"store": {"path": "/3"}}},
        {"flags": {"--store": "/4"}},
    ):
        given |= more
        loaded = load(**given)
        steps.append((str(loaded.settings.store.path), source_of(loaded, "store.path")))
    assert steps == [
        ("/1", str(file)),
        ("/2", "environment THREADKEEP_STORE"),
        ("/3", "client"),
        ("/4", "flag --store"),
    ]


def test_tables_merge_and_lists_replace(tmp_path: Path) -> None:
    file = written(
        tmp_path, '[providers.work]\nbaseUrl = "https://a/v1"\nmodels = ["one", "two"]\nretries = 1\n'
    )
    loaded = load(file=file, client={"providers": {"work": {"models": ["three"]}, "home": {}}})
    assert loaded.settings.providers == (
        ProviderSettings(name="work", kind="openai", base_url="https://a/v1", models=("three",), retries=1),
        ProviderSettings(name="home", kind="openai"),
    )
    assert source_of(loaded, "providers.work.models") == "client"
    assert source_of(loaded, "providers.work.retries") == str(file)
    assert source_of(loaded, "providers.work.kind") == "default"


def test_every_setting_can_stand_in_the_file(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
        defaultModel = "work:big:1"
        defaultAgent = "reviewer"
        titles = "off"
        contextMessages = 10
        retentionDays = 30
        logLevel = "debug"
        [providers.offline]
        [providers.work]
        kind = "openai"
        baseUrl = "https://example.com/v1"
        apiKeyEnv = "WORK_KEY"
        apiKeyCommand = ["pass", "show", "work"]
        apiKey = "hunter22"
        models = ["big:1"]
        timeoutSeconds = 0x10
        totalTimeoutSeconds = 600
        retries = 0
        proxy = "http://proxy:1"
        caFile = "~/ca.pem"
        [agents.reviewer]
        description = "Reviews"
        prompt = ""
        model = "work:big:1"
        temperature = 0.2
        """,
    )
    loaded = load(file=file)
    assert loaded.problems == ()
    assert loaded.settings == Settings(
        store=loaded.settings.store,
        default_model="work:big:1",
        default_agent="reviewer",
        titles="off",
        context_messages=10,
        retention_days=30,
        log_level="debug",
        providers=(
            ProviderSettings(name="offline", kind="offline"),
            ProviderSettings(
                name="work",
                kind="openai",
                base_url="https://example.com/v1",
                api_key_env="WORK_KEY",
                api_key_command=("pass", "show", "work"),
                api_key="hunter22",
                models=("big:1",),
                timeout_seconds=16,
                total_timeout_seconds=600,
                retries=0,
                proxy="http://proxy:1",
                ca_file="/home/ann/ca.pem",
            ),
        ),
        agents=(AgentSettings(name="reviewer", description="Reviews", model="work:big:1", temperature=0.2),),
    )


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"defaultModl": "a:b"}, 'client: defaultModl is unknown. Did you mean "defaultModel"?'),
        ({"default_model": "a:b"}, 'client: default_model is unknown. Did you mean "defaultModel"?'),
        ({"provider": {"x": {}}}, 'client: provider is unknown. Did you mean "providers"?'),
        ({"storePath": "/x"}, 'client: storePath is unknown. Did you mean "store.path"?'),
        ({"store": {"pth": "/x"}}, 'client: store.pth is unknown. Did you mean "path"?'),
        (
            {"providers": {"work": {"baseURL": "x"}}},
            'client: providers.work.baseURL is unknown. Did you mean "baseUrl"?',
        ),
        (
            {"agents": {"a": {"zzz": 1}}},
            "client: agents.a.zzz is unknown. Known: description, model, prompt, temperature.",
        ),
    ],
)
def test_a_misspelt_setting_is_told_with_what_was_meant(settings: dict[str, Any], problem: str) -> None:
    assert load(client=settings).problems == (problem,)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (
            {"contextMessages": "50"},
            "client: contextMessages must be a whole number, not text; it is ignored.",
        ),
        ({"contextMessages": True}, "must be a whole number, not true or false"),
        ({"contextMessages": 0}, "must be from 1 to 10000"),
        ({"retentionDays": 1.5}, "must be a whole number, not a number"),
        ({"titles": "always"}, "titles must be one of auto, first-message, off"),
        ({"titles": ["auto"]}, "titles must be one of"),
        ({"defaultModel": "gpt"}, 'defaultModel must be "provider:model"'),
        ({"defaultAgent": " "}, "defaultAgent must not be empty"),
        ({"store": "/x"}, "client: store must be a table."),
        ({"store": {"path": 7}}, "store.path must be text, not a number"),
        ({"store": {"path": "~bob/x"}}, "store.path begins with ~ and a name"),
        ({"store": {"path": "a\0b"}}, "store.path must be a path"),
        ({"providers": []}, "providers must be a table"),
        ({"providers": {"a:b": {}}}, 'providers.a:b has a name with ":"'),
        ({"providers": {"": {}}}, "has no name"),
        ({"agents": {"repo:x": {}}}, 'agents.repo:x has a name that begins with "repo:"'),
        ({"agents": {"x": {"temperature": 3}}}, "agents.x.temperature must be from 0 to 2"),
        ({"agents": {"x": {"temperature": float("nan")}}}, "agents.x.temperature must be from 0 to 2"),
        ({"providers": {"x": {"models": "m"}}}, "providers.x.models must be a list of texts, not text"),
        ({"providers": {"x": {"models": ["m", 1]}}}, "providers.x.models must be text, not a number"),
        ({"providers": {"x": {"apiKeyCommand": []}}}, "must not be an empty list"),
        ({"trustedWorkspace": 1}, "trustedWorkspace must be true or false, not a number"),
        ([], "client: the settings must be a table."),
    ],
)
def test_a_value_that_cannot_be_used_is_told_and_ignored(settings: Any, problem: str) -> None:
    loaded = load(client=settings)
    assert problem in loaded.problems[0]
    assert evolve(loaded.settings, providers=(), agents=(), doubts=Doubts()) == load().settings


def test_a_wrong_value_leaves_the_weaker_one_in_place(tmp_path: Path) -> None:
    file = written(tmp_path, 'contextMessages = 7\n[providers.work]\nkind = "openai"\n')
    loaded = load(
        file=file,
        environ={"THREADKEEP_CONTEXT_MESSAGES": "many"},
        client={"contextMessages": [], "providers": {"work": {"kind": 1}}},
    )
    assert loaded.settings.context_messages == 7
    assert source_of(loaded, "contextMessages") == str(file)
    assert [one.name for one in loaded.settings.providers] == ["work"]
    assert len(loaded.problems) == 3


def test_a_provider_of_which_the_kind_cannot_be_read_is_left_out() -> None:
    loaded = load(client={"providers": {"work": {"kind": 7}, "other": {}}})
    assert [one.name for one in loaded.settings.providers] == ["other"]
    assert loaded.problems == (
        "client: providers.work.kind must be text, not a number; it is ignored.",
        "client: providers.work is left out until its kind can be read.",
    )


def test_a_kind_that_only_an_installed_package_may_know_is_taken() -> None:
    loaded = load(client={"providers": {"work": {"kind": "acme"}}})
    assert ([one.kind for one in loaded.settings.providers], loaded.problems) == (["acme"], ())


def test_a_built_in_name_has_its_own_kind() -> None:
    named: dict[str, Any] = {name: {} for name in ("anthropic", "offline", "openai", "work")}
    loaded = load(client={"providers": {**named, "other": {"kind": "pydantic-ai"}}})
    assert [one.kind for one in loaded.settings.providers] == [
        "anthropic",
        "offline",
        "openai",
        "openai",
        "pydantic-ai",
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'titles = "off"\nbroken\n', "line 2"),
        (b'titles = "off\n', "line 1"),
        (b"a = 1\na = 2\n", "line 2"),
        (b'titles = "\xff"', "is not UTF-8"),
        (b"a = " + b"[" * 20_000, "nested too deeply"),
    ],
)
def test_a_broken_file_is_told_with_its_place_and_ignored(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(content)
    loaded = load(file=file, environ={"THREADKEEP_TITLES": "first-message"})
    assert loaded.problems[0].startswith(f"{file}: ")
    assert problem in loaded.problems[0]
    assert loaded.settings.titles == "first-message"


def test_a_file_that_is_not_there_is_no_problem_and_one_that_cannot_be_read_is(tmp_path: Path) -> None:
    assert load(file=tmp_path / "none.toml").problems == ()
    assert "cannot be read" in load(file=tmp_path).problems[0]


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(b'\xef\xbb\xbftitles = "off"\r\n')
    assert load(file=file).settings.titles == "off"


def test_a_key_is_shown_nowhere(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        '[providers.a]\napiKey = "hunter22"\nproxy = "http://u:hunter22@p"\nbaseUrl = "https://hunter22@h/v1"\n'
        "[providers.b]\napiKey = 4223322\n",
    )
    loaded = load(file=file)
    assert loaded.settings.providers[0].api_key == "hunter22"
    shown = repr(loaded.values) + "".join(loaded.problems) + repr(loaded.settings.providers[0].api_key_env)
    assert "hunter22" not in shown
    assert "4223322" not in shown
    assert value_of(loaded, "providers.a.apiKey") == "********"
    assert value_of(loaded, "providers.b.apiKey") is None
    assert value_of(loaded, "providers.a.proxy") == "http://********@p"
    assert "apiKey='hunter22'" not in repr(loaded)
    assert "api_key=" not in repr(loaded.settings)


def test_null_from_a_client_says_nothing(tmp_path: Path) -> None:
    file = written(tmp_path, "retentionDays = 30")
    loaded = load(file=file, client={"retentionDays": None, "providers": None, "nonsense": None})
    assert loaded.settings.retention_days == 30
    assert loaded.problems == ()


def test_an_empty_variable_says_nothing() -> None:
    assert load(environ={"THREADKEEP_TITLES": " ", "THREADKEEP_STORE": ""}).settings == load().settings


def test_a_misspelt_variable_is_told_and_a_foreign_one_is_not() -> None:
    loaded = load(environ={"THREADKEEP_LOGLEVEL": "debug", "THREADKEEP_CI_QUEUE_URL": "x"})
    assert loaded.problems == (
        'environment: unknown variable THREADKEEP_LOGLEVEL. Did you mean "THREADKEEP_LOG_LEVEL"?',
    )


@pytest.mark.parametrize("flag", ["--log-level", "log_level", "log-level"])
def test_a_flag_may_be_named_as_an_argument_parser_does(flag: str) -> None:
    assert load(flags={flag: "error", "store": None, "command": "serve"}).settings.log_level == "error"


def test_a_wrong_flag_is_told() -> None:
    assert "flag --log-level: logLevel must be one of" in load(flags={"--log-level": "loud"}).problems[0]


def test_every_variable_and_flag_of_the_table_is_read() -> None:
    texts = {
        "contextMessages": "7",
        "retentionDays": "7",
        "titles": "off",
        "logLevel": "error",
        "redact": "true",
    }
    for row in settings_table():
        text = texts.get(row.name, "a:b")
        if row.env:
            assert source_of(load(environ={row.env: text}), row.name) == f"environment {row.env}"
        if row.flag:
            assert source_of(load(flags={row.flag: text}), row.name) == f"flag {row.flag}"


def test_only_an_editor_can_trust_a_workspace(tmp_path: Path) -> None:
    loaded = load(file=written(tmp_path, "trustedWorkspace = true"))
    assert loaded.settings.trusted_workspace is False
    assert "initializationOptions" in loaded.problems[0]
    assert load(client={"trustedWorkspace": True}).settings.trusted_workspace is True


def test_a_change_of_configuration_lies_over_the_options_and_cannot_trust_a_workspace() -> None:
    assert client_settings(
        {"titles": "off", "store": {"path": "/a"}, "trustedWorkspace": False},
        {"threadkeep": {"titles": "auto", "store": {"path": None}, "trustedWorkspace": True}},
    ) == {"titles": "auto", "store": {"path": "/a"}, "trustedWorkspace": False}
    assert client_settings({"trustedWorkspace": True}, {}) == {"trustedWorkspace": True}
    assert client_settings(None, None) == {}


def test_what_editor_clients_keep_for_themselves_is_no_problem() -> None:
    assert load(client={"trace": {"server": "off"}, "server": {"command": ["x"]}}).problems == ()


def test_every_value_of_the_table_is_told() -> None:
    loaded = load(client={"providers": {"work": {}}, "agents": {"one": {}}})
    names = [
        re.sub(r"^(providers|agents)\.\*", {"p": "providers.work", "a": "agents.one"}[row.path[0][0]], path)
        if "*" in row.path
        else path
        for row in settings_table()
        for path in [".".join(row.path)]
    ]
    assert sorted(value.name for value in loaded.values) == sorted(names)


def test_the_table_covers_every_field() -> None:
    assert {field.name for field in fields(ProviderSettings)} - {"name"} == set(PROVIDER_FIELDS)
    top = {row.field for row in settings_table() if len(row.path) == 1}
    assert top == {field.name for field in fields(Settings)} - {
        "store",
        "providers",
        "agents",
        "semantic",
        "doubts",
    }


def test_the_markdown_table_names_every_setting_once() -> None:
    lines = to_markdown().splitlines()
    assert len(lines) == len(settings_table()) + 2
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {6}
    for row in settings_table():
        assert sum(f"| `{row.name}` |" in line for line in lines) == 1


def test_the_schema_accepts_what_the_loader_accepts() -> None:
    schema = to_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    good = {"titles": "off", "store": {"path": "x"}, "providers": {"w": {"models": ["m"], "kind": "openai"}}}
    jsonschema.validate(good, schema)
    refused: tuple[dict[str, Any], ...] = (
        {"titles": "x"},
        {"storee": {}},
        {"providers": {"w": {"retries": "1"}}},
        {"agents": {"x": {"y": 1}}},
    )
    for bad in refused:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(bad, schema)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([part for row in settings_table() for part in row.path]) | st.text(max_size=3),
            inner,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(JSON)
def test_nothing_that_a_client_sends_stops_the_server(client: Any) -> None:
    loaded = load(client=client)
    assert isinstance(loaded.settings, Settings)


def test_an_unreadable_file_leaves_everybody_beyond_this_machine_in_doubt(tmp_path: Path) -> None:
    file = written(tmp_path, 'defaultModel = "ollama:qwen3\n')
    loaded = load(file=file)
    (told,) = loaded.problems
    assert told.startswith(f"{file}: ")
    assert "no provider beyond this machine is asked" in told
    assert loaded.settings.doubts == Doubts(file=told, default_model=told)


@pytest.mark.parametrize(
    "content", [b"redact = tru", b"\xff", b"[[[[[[", b"a = " + b"[" * 100_000, b"a = " + b"9" * 10_000]
)
def test_a_file_that_cannot_be_read_in_any_way_is_in_doubt(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(content)
    assert load(file=file).settings.doubts.file == load(file=file).problems[0]


def test_who_is_named_by_a_stronger_source_is_known_though_the_file_is_unreadable(tmp_path: Path) -> None:
    doubts = load(
        file=written(tmp_path, "?"),
        environ={"THREADKEEP_DEFAULT_MODEL": "openai:big"},
        client={"providers": {"work": {"baseUrl": "https://a/v1"}}},
    ).settings.doubts
    assert (doubts.default_model, doubts.named) == (None, {"openai", "work"})


@pytest.mark.parametrize(
    ("content", "provider"),
    [
        ("[providers.openai]\nbaseUrl = 5\n", "openai"),
        ('[providers.openai]\nbaseurl = "http://127.0.0.1/v1"\n', "openai"),
        ('[providers.openai]\nurl = "http://127.0.0.1/v1"\n', "openai"),
        ('[providers.openai]\nwhere = "http://127.0.0.1/v1"\n', "openai"),
        ('[providers.openai]\napiKeyCommand = "pass show work"\n', "openai"),
        ('[providers.openai]\napiKeyCmd = ["pass"]\n', "openai"),
        ('[providers.openai]\nproxy = ""\n', "openai"),
        ("[providers.openai]\ncaFile = false\n", "openai"),
        ('[provider.openai]\nbaseUrl = "http://127.0.0.1/v1"\n', "openai"),
        ('[providers]\nopenai = "http://127.0.0.1/v1"\n', "openai"),
    ],
)
def test_a_provider_whose_place_or_key_cannot_be_read_is_in_doubt(
    tmp_path: Path, content: str, provider: str
) -> None:
    loaded = load(file=written(tmp_path, content))
    assert loaded.settings.doubts.providers == {provider: loaded.problems[0]}
    assert loaded.settings.doubts.default_model == loaded.problems[0]  # nobody else is chosen in its place


@pytest.mark.parametrize("content", ["timeoutSeconds = 0", "retry = 3", "models = 5", "colour = 'red'"])
def test_what_decides_nothing_puts_nobody_in_doubt(tmp_path: Path, content: str) -> None:
    loaded = load(file=written(tmp_path, f"[providers.openai]\n{content}\n"))
    assert loaded.problems
    assert loaded.settings.doubts == Doubts()


def test_a_stronger_source_ends_a_doubt(tmp_path: Path) -> None:
    file = written(tmp_path, "defaultModel = 5\n[providers.work]\nbaseUrl = 5\n")
    client = {"defaultModel": "work:m", "providers": {"work": {"baseUrl": "https://a/v1"}}}
    loaded = load(file=file, client=client)
    assert len(loaded.problems) == 2
    assert loaded.settings.doubts == Doubts()


@pytest.mark.parametrize(
    "content", ['defaultModel = "qwen3"', 'default_model = "ollama:qwen3"', "modelDefault = 1"]
)
def test_a_default_model_that_cannot_be_read_is_in_doubt(tmp_path: Path, content: str) -> None:
    loaded = load(file=written(tmp_path, content))
    assert (loaded.settings.doubts.default_model is not None) == (content[:7] == "default")


@pytest.mark.parametrize("content", ["model = 5", "prompt = 5", "promt = 'You are short.'"])
def test_an_agent_without_its_model_or_prompt_cannot_be_used(tmp_path: Path, content: str) -> None:
    loaded = load(file=written(tmp_path, f"[agents.coder]\n{content}\n"))
    assert loaded.settings.agents[0].doubt == loaded.problems[0]


def test_what_was_meant_to_search_on_this_machine_asks_no_provider(tmp_path: Path) -> None:
    file = written(tmp_path, '[semantic]\nmodel = "openai:embed"\nfolder = 5\n')
    assert load(file=file).settings.semantic == SemanticSettings()


def test_who_writes_a_windows_path_between_double_quotes_is_told_of_single_ones(tmp_path: Path) -> None:
    for path in ("C:\\Users\\me", "C:\\store"):
        (told,) = load(file=written(tmp_path, f'[store]\npath = "{path}"\n')).problems
        assert "between single quotes, like 'C:\\Users\\me'" in told
    loaded = load(file=written(tmp_path, '[store]\npath = "C:\\temp"\n'), platform="win32")
    assert "between single quotes" in loaded.problems[0]  # a tab, as TOML reads it
