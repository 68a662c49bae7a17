"""The forge's workflows run what the README and pyproject.toml say, on every system and Python that we name."""

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


def test_there_are_workflows_for_the_core_and_for_the_install() -> None:
    assert list(WORKFLOWS) == ["core", "install"]


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
def test_a_job_runs_on_every_system_and_python(job: dict[str, Any]) -> None:
    matrix = job["strategy"]["matrix"]
    assert (matrix["system"], matrix["python"]) == (SYSTEMS, PYTHONS)
    assert job["runs-on"] == "${{ matrix.system }}"
    setups = [step for step in job["steps"] if "python-version" in step.get("with", {})]
    assert [step["with"]["python-version"] for step in setups] == ["${{ matrix.python }}"]


def test_the_pythons_begin_with_the_oldest_that_is_supported() -> None:
    assert PROJECT["project"]["requires-python"] == f">={PYTHONS[0]}"
    assert f"Python {PYTHONS[0]} or later" in README


@pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=WORKFLOWS)
def test_a_workflow_runs_for_whoever_pushes_and_may_only_read(workflow: dict[Any, Any]) -> None:
    assert {"push", "pull_request"} <= set(workflow[True])  # YAML 1.1 takes `on` for yes
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
    run = re.findall(r"\bpoe (\w+)", "\n".join(commands()))
    tasks = PROJECT["tool"]["poe"]["tasks"]
    assert set(run) == {"core", "terminal"}
    assert set(run) <= set(tasks)
    folders = re.findall(r"\btests/\w+", " ".join(tasks[name]["cmd"] for name in run))
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []


def test_the_extras_that_are_installed_exist() -> None:
    named = re.findall(r"\.\[([\w,-]+)\]", "\n".join(commands()))
    assert named
    assert {extra for each in named for extra in each.split(",")} <= set(
        PROJECT["project"]["optional-dependencies"]
    )


def test_every_command_of_ours_is_understood() -> None:
    told = re.findall(r"\bthreadkeep ((?:chat|sessions|store|import|report)[^\n|]*)", "\n".join(commands()))
    assert len(told) >= 4
    parser = build_parser()
    for each in told:
        parser.parse_args([part.strip("\"'") for part in re.findall(r'"[^"]*"|\S+', each)])
