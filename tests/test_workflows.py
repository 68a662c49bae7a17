"""The forge's workflows run what the README and pyproject.toml say, on every system and Python that we name."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from threadkeep.cli.arguments import build_parser

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES}
JOBS = {f"{name}/{job}": rest for name, each in WORKFLOWS.items() for job, rest in each["jobs"].items()}
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

SYSTEMS = ["ubuntu-latest", "macos-latest", "windows-latest"]
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]


def commands() -> list[str]:
    return [step["run"].strip() for job in JOBS.values() for step in job["steps"] if "run" in step]


RELEASE = WORKFLOWS["release"]
FOR_ALL = {name: workflow for name, workflow in WORKFLOWS.items() if name != "release"}
"""Those that look at every change, wherever it has to run."""


def test_there_are_workflows_for_the_core_the_install_and_a_release() -> None:
    assert list(WORKFLOWS) == ["core", "install", "release"]


@pytest.mark.parametrize("job", [job for workflow in FOR_ALL.values() for job in workflow["jobs"].values()])
def test_a_job_runs_on_every_system_and_python(job: dict[str, Any]) -> None:
    matrix = job["strategy"]["matrix"]
    assert (matrix["system"], matrix["python"]) == (SYSTEMS, PYTHONS)
    assert job["runs-on"] == "${{ matrix.system }}"
    setups = [step for step in job["steps"] if "python-version" in step.get("with", {})]
    assert [step["with"]["python-version"] for step in setups] == ["${{ matrix.python }}"]


def test_the_pythons_begin_with_the_oldest_that_is_supported() -> None:
    assert PROJECT["project"]["requires-python"] == f">={PYTHONS[0]}"
    assert f"Python {PYTHONS[0]} or later" in README


@pytest.mark.parametrize("workflow", FOR_ALL.values(), ids=FOR_ALL)
def test_a_workflow_runs_for_whoever_pushes(workflow: dict[Any, Any]) -> None:
    assert {"push", "pull_request"} <= set(workflow[True])  # YAML 1.1 takes `on` for yes


def test_a_release_is_built_for_a_tag_or_when_asked_and_published_by_a_person() -> None:
    assert RELEASE[True] == {"push": {"tags": ["v*"]}, "workflow_dispatch": None}
    told = [step.get("run") or step["uses"] for step in RELEASE["jobs"]["build"]["steps"]]
    assert "poe release-check" in told
    assert told[-1].startswith("actions/upload-artifact@")


@pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=WORKFLOWS)
def test_a_workflow_may_only_read(workflow: dict[Any, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 60 for job in workflow["jobs"].values())
    assert "secrets." not in str(workflow)


def test_every_action_has_a_version() -> None:
    used = [step["uses"] for job in JOBS.values() for step in job["steps"] if "uses" in step]
    assert used
    assert [each for each in used if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+", each)] == []


def test_the_install_is_the_readmes_first_command() -> None:
    first = re.search(r"```sh\n(.*?)\n```", README, re.DOTALL)
    assert first
    assert first[1] in commands()
    in_windows = first[1].replace("python3", "python").replace(".venv/bin/", ".venv\\Scripts\\")
    assert in_windows in commands()
    assert any(command in README for command in commands() if command.startswith("uv tool install"))


def test_the_tests_are_tasks_of_the_project() -> None:
    run = re.findall(r"\bpoe ([\w-]+)", "\n".join(commands()))
    tasks = PROJECT["tool"]["poe"]["tasks"]
    assert set(run) == {"core", "terminal", "release-check"}
    assert set(run) <= set(tasks)
    folders = re.findall(r"\btests/\w+", " ".join(tasks[name]["cmd"] for name in run))
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []


def test_what_develops_and_releases_is_installed_from_the_lock_file() -> None:
    lock, ours = "pip install --require-hashes -r server/requirements-dev.txt", "pip install --no-deps -e ."
    for workflow in (WORKFLOWS["core"], RELEASE):
        [job] = workflow["jobs"].values()
        [install] = [step["run"] for step in job["steps"] if step.get("name") == "Install"]
        assert install.split("\n")[:2] == [f"python -m {lock}", f"python -m {ours}"]
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    assert container["postCreateCommand"].endswith(f".venv/bin/{lock} && .venv/bin/{ours}")
    assert (ROOT / ".devcontainer" / container["build"]["dockerfile"]).is_file()


def test_every_command_of_ours_is_understood() -> None:
    told = re.findall(r"\bthreadkeep ((?:chat|sessions|store|import|report)[^\n|]*)", "\n".join(commands()))
    assert len(told) >= 4
    parser = build_parser()
    for each in told:
        parser.parse_args([part.strip("\"'") for part in re.findall(r'"[^"]*"|\S+', each)])
