"""What the documentation shows works as it stands: each example is read by the tool that will read it."""

import configparser
import importlib
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
import kubernetes_validate  # type: ignore[import-untyped]  # it says nothing of its types
import pytest
import yaml
from cronsim import CronSim
from jsonschema import Draft202012Validator
from servers.needed import need

from digest import delivery, paths, trackers
from digest.cli.overview import COMMANDS
from digest.config import load
from digest.config.schema import schema_of

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "docs/examples"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
UNITS = sorted(file.name for file in EXAMPLES.glob("learning-digest*.*"))
WORKFLOWS = [EXAMPLES / "github-workflow.yml", *sorted((ROOT / ".github/workflows").glob("*.yml"))]
MIDDAY = datetime(2026, 10, 31, 12)  # noqa: DTZ001 - cron's times have no zone
PROGRAM = "/opt/learning-digest/bin/digest"

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CALL = re.compile(r"(?:^|[\s/(`])digest ((?:--help|[a-z]+)\b[^\n`;&|#\"')]*)", re.MULTILINE)


def named(page: Path) -> str:
    return page.name


def blocks(page: Path, language: str) -> list[str]:
    return [text for found, text in FENCE.findall(page.read_text(encoding="utf-8")) if found == language]


# --- Commands ----------------------------------------------------------------------------------


def parsed(words: list[str]) -> None:
    """Have the program's own parser read a command line; raises what it would say of it."""
    if words == ["--help"]:
        return
    modules = {name: module for name, module, _ in COMMANDS}
    command: Any = importlib.import_module(f"digest.cli.{modules[words[0]]}").command
    rest = words[1:]
    if isinstance(command, click.Group):
        command, rest = command.commands[rest[0]], rest[1:]
    command.make_context(words[0], rest)


def calls(text: str) -> Iterator[list[str]]:
    """Find the calls of the program in a script, or between backticks; a month left open is any month."""
    for match in CALL.finditer(text):
        line = re.sub(r"MONTH\b|\$MONTH\b|(?<=-month )…|(?<=approve )…|(?<=edit )…", "2026-10", match[1])
        if "COMMAND" not in line:
            yield shlex.split(re.sub(r"\[|\]|…|(?<=--pick )N", lambda found: "5" * (found[0] == "N"), line))


def commands_in(page: Path) -> list[list[str]]:
    text = page.read_text(encoding="utf-8")
    prose = re.findall(r"`digest [^`]+`", FENCE.sub("", text))
    return [call for part in (*blocks(page, "sh"), *blocks(page, "cron"), *prose) for call in calls(part)]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_that_a_page_shows_is_one(page: Path) -> None:
    for words in commands_in(page):
        # In running text a command may stand by its name alone.
        if words[1:] not in ([], ["--apply"], ["--later"]):
            parsed(words)


def test_a_command_that_is_none_would_be_noticed() -> None:
    (words,) = calls("cd x && digest run --deu\n")

    with pytest.raises(click.UsageError, match="--deu"):
        parsed(words)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_script_that_a_page_shows_is_one(page: Path) -> None:
    for script in blocks(page, "sh"):
        made = subprocess.run(["sh", "-n"], input=script, text=True, capture_output=True, check=False)
        assert made.stderr == "", script


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [*re.findall(r"\]\(([^)#]+)[^)]*\)", text), *re.findall(r'src="([^"]+)"', text)]
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]

    assert missing == []


def test_the_messages_that_running_md_explains_are_those_of_the_program() -> None:
    sources = [*ROOT.glob("digest/**/*.py"), *ROOT.glob("templates/notices/*.j2")]
    program = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    program = re.sub(r'"\s*\n\s*f?"', "", program)  # one text, in several lines of source
    program = re.sub(r"\{[^{}\n]*\}", "…", program)
    table = (ROOT / "docs/running.md").read_text(encoding="utf-8").partition("## What to do when…")[2]
    shown = [m for row in table.splitlines() for m in re.findall(r"`([^`]+)`", row.split(" | ")[0])]
    parts = [part.strip(" ,;") for message in shown for part in message.split("…")]

    assert [part for part in parts if len(part) > 3 and part not in program] == []
    assert len(shown) > 10


# --- The config --------------------------------------------------------------------------------

WHOLE = {
    "organisation": "Example Organisation",
    "trackers": [{"kind": "folder", "path": "."}],
    "channels": [{"kind": "outbox", "folder": "out"}],
}
SCHEMA = schema_of(
    {kind: one.settings for kind, one in trackers.TRACKERS.items()},
    {kind: one.settings for kind, one in delivery.CHANNELS.items()},
)


def check_config(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the program read a config, or a part of one; every secret that it names is there."""
    secret = folder / "secret"
    secret.write_text("https://hooks.example.org/services/x")
    text = re.sub(r"\$\{file:[^}]+\}", f"${{file:{secret}}}", text)
    for name in re.findall(r"\$\{(\w+)\}", text):
        monkeypatch.setenv(name, "https://hooks.example.org/services/x")
    value = yaml.safe_load(text)
    file = folder / "digest.yaml"
    file.write_text(
        text if "organisation" in value else yaml.safe_dump(WHOLE | value, default_flow_style=False)
    )
    config = load(file)
    for tracker in config.trackers:
        tracker.parse(trackers.kind_of(tracker.kind).settings)
    for channel in config.channels:
        channel.parse(delivery.kind_of(channel.kind).settings)
    as_written = yaml.load(file.read_text(), yaml.BaseLoader)  # noqa: S506 - it makes nothing but texts
    dates = as_written.get("schedule", {}).get("closed", [])
    whole = yaml.safe_load(file.read_text())
    if dates:
        whole["schedule"]["closed"] = dates
    Draft202012Validator(SCHEMA).validate(whole)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_setting_that_a_page_shows_is_one(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in blocks(page, "yaml"):
        check_config(text, tmp_path, monkeypatch)


# --- systemd -----------------------------------------------------------------------------------


def unit(name: str) -> configparser.ConfigParser:
    read = configparser.ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    read.optionxform = str  # type: ignore[assignment, method-assign]  # systemd tells capitals apart
    read.read(EXAMPLES / name, encoding="utf-8")
    return read


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """The units as they would lie on a machine where the program is this one."""
    for name in UNITS:
        here = str(Path(sys.prefix) / "bin/digest")
        (tmp_path / name).write_text((EXAMPLES / name).read_text().replace(PROGRAM, here))
    return [tmp_path / name for name in UNITS]


@pytest.mark.system
def test_systemd_takes_the_units_as_they_are(units: list[Path]) -> None:
    made = subprocess.run(
        [need("systemd-analyze"), "verify", "--man=no", *map(str, units)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (made.returncode, made.stderr) == (0, "")


@pytest.mark.system
def test_systemd_finds_the_services_well_shut_in(units: list[Path]) -> None:
    services = [file for file in units if file.suffix == ".service"]
    command = [need("systemd-analyze"), "security", "--offline=yes", "--threshold=25", *map(str, services)]

    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_a_service_calls_a_command_that_there_is_as_a_user_of_its_own(name: str) -> None:
    service = unit(name)["Service"]
    program, *words = service["ExecStart"].split()

    assert program == PROGRAM
    parsed(words)
    assert service["User"] == "learning-digest"
    assert service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"


def test_the_timer_starts_the_service_of_its_name_and_makes_up_for_a_machine_that_was_off() -> None:
    assert unit("learning-digest.timer")["Timer"]["Persistent"] == "yes"
    assert (EXAMPLES / "learning-digest.service").exists()


# --- cron --------------------------------------------------------------------------------------


def entries(text: str) -> list[tuple[str, str]]:
    lines = [line for line in text.splitlines() if line and not re.match(r"#|[A-Z]+=", line)]
    return [(" ".join(line.split()[:5]), line.split(maxsplit=5)[5]) for line in lines]


CRON = [
    *entries((EXAMPLES / "crontab").read_text()),
    *(entry for page in PAGES for text in blocks(page, "cron") for entry in entries(text)),
]


@pytest.mark.parametrize(("times", "command"), CRON)
def test_a_line_for_cron_comes_at_least_once_a_day_and_is_a_command(times: str, command: str) -> None:
    assert next(CronSim(times, MIDDAY)) - MIDDAY < timedelta(days=1)
    assert subprocess.run(["sh", "-n", "-c", command], capture_output=True, check=False).stderr == b""
    assert "%" not in command, "cron makes a new line of it"
    assert [words[0] for words in calls(command)]


# --- GitHub Actions ----------------------------------------------------------------------------


def test_the_workflows_are_such_to_github() -> None:
    tool = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    made = subprocess.run([*tool, *WORKFLOWS], capture_output=True, text=True, check=False)

    assert made.returncode == 0, made.stdout


@pytest.mark.parametrize("file", WORKFLOWS, ids=named)
def test_a_workflow_pins_what_it_uses_and_says_what_it_may(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text())
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    used = [step["uses"] for step in steps if "uses" in step]

    assert used
    assert [use for use in used if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+\.\d+\.\d+", use)] == []
    assert set(workflow["permissions"]) <= {"contents", "issues"}
    # What somebody types into a form, or calls a branch, is never put into a script as text.
    assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []
    for step in steps:
        made = subprocess.run(
            ["sh", "-n"], input=step.get("run", ""), text=True, capture_output=True, check=False
        )
        assert made.stderr == ""


def test_the_projects_own_checks_run_on_every_python_that_it_says_it_supports() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/checks.yml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    supported = [found[1] for name in project["classifiers"] if (found := re.search(r":: (3\.\d+)$", name))]

    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["jobs"]["checks"]["strategy"]["matrix"]["python"] == supported


class Runner:
    """A stand-in for a machine of GitHub's: runs the workflow's own scripts, with a remote in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.remote = folder / "remote.git"
        self.branch = "learning-digest-ledger"
        self.runs = 0
        workflow = yaml.safe_load((EXAMPLES / "github-workflow.yml").read_text())
        self.steps = {step.get("name"): step for step in workflow["jobs"]["digest"]["steps"]}
        self.git("init", "--quiet", "--bare", str(self.remote), at=folder)
        self.git("clone", "--quiet", str(self.remote), str(folder / "mine"), at=folder)
        self.git("switch", "--quiet", "--orphan", self.branch)
        self.git("commit", "--quiet", "--allow-empty", "-m", "A ledger")
        self.git("push", "--quiet", "-u", "origin", "HEAD")

    def git(self, *words: str, at: Path | None = None) -> str:
        who = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org")
        made = subprocess.run(
            ["git", *who, *words], cwd=at or self.folder / "mine", check=True, capture_output=True, text=True
        )
        return made.stdout

    def checked_out(self) -> Path:
        self.runs += 1
        ledger = self.folder / f"run-{self.runs}" / "ledger"
        one = ("--quiet", "--depth=1", "--branch", self.branch)
        self.git("clone", *one, self.remote.as_uri(), str(ledger), at=self.folder)
        return ledger

    def step(self, name: str, ledger: Path) -> subprocess.CompletedProcess[str]:
        variables = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.folder),
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "example/incidents",
            "GITHUB_RUN_ID": ledger.parent.name.removeprefix("run-"),
        }
        script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", self.steps[name]["run"]]
        return subprocess.run(script, cwd=ledger, env=variables, capture_output=True, text=True, check=False)

    def files(self) -> str:
        return self.git("ls-tree", "--name-only", self.branch, at=self.remote)

    def commits(self) -> int:
        return len(self.git("log", "--format=%h", self.branch, at=self.remote).splitlines())


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


TAKE, BRING = "Take the ledger", "Bring the ledger back"


def test_a_run_on_github_brings_the_ledger_back_and_the_branch_does_not_grow(runner: Runner) -> None:
    for content in ("one", "two", "three"):
        ledger = runner.checked_out()
        assert runner.step(TAKE, ledger).returncode == 0
        (ledger / "digest.db").write_text(content)
        assert runner.step(BRING, ledger).returncode == 0

    assert runner.files() == "digest.db\n"
    assert (runner.checked_out() / "digest.db").read_text() == "three"
    assert runner.commits() == 1


def test_after_a_run_on_github_that_was_lost_nothing_is_sent_before_somebody_has_looked(
    runner: Runner,
) -> None:
    assert runner.step(TAKE, runner.checked_out()).returncode == 0  # and then the machine is gone

    made = runner.step(TAKE, runner.checked_out())

    assert made.returncode == 1
    assert "was not brought back by https://github.com/example/incidents/actions/runs/1" in made.stdout


def test_of_two_runs_on_github_at_once_one_gets_the_ledger(runner: Runner) -> None:
    first, second = runner.checked_out(), runner.checked_out()

    assert runner.step(TAKE, first).returncode == 0
    assert runner.step(TAKE, second).returncode != 0


# --- Kubernetes and containers -----------------------------------------------------------------

MANIFEST = list(yaml.safe_load_all((EXAMPLES / "kubernetes-cronjob.yaml").read_text()))


@pytest.mark.parametrize("resource", MANIFEST, ids=lambda one: str(one["kind"]))
def test_a_resource_is_one_to_kubernetes(resource: dict[str, Any]) -> None:
    kubernetes_validate.validate(resource, kubernetes_validate.latest_version(), strict=True)


def pods() -> list[dict[str, Any]]:
    (cron,) = (one for one in MANIFEST if one["kind"] == "CronJob")
    (desk,) = (one for one in MANIFEST if one["kind"] == "Deployment")
    return [cron["spec"]["jobTemplate"]["spec"]["template"]["spec"], desk["spec"]["template"]["spec"]]


def test_the_job_runs_alone_and_calls_a_command_that_there_is() -> None:
    (cron,) = (one["spec"] for one in MANIFEST if one["kind"] == "CronJob")

    assert (cron["concurrencyPolicy"], cron["startingDeadlineSeconds"]) == ("Forbid", 3600)
    assert next(CronSim(cron["schedule"], MIDDAY)) < MIDDAY + timedelta(hours=1, seconds=1)
    parsed(pods()[0]["containers"][0]["args"])


@pytest.mark.parametrize("pod", pods(), ids=["job", "desk"])
def test_a_pod_is_not_root_and_writes_to_its_volumes_alone(pod: dict[str, Any]) -> None:
    containers = [*pod["initContainers"], *pod["containers"]]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert {one["securityContext"]["readOnlyRootFilesystem"] for one in containers} == {True}
    assert {one["securityContext"]["allowPrivilegeEscalation"] for one in containers} == {False}
    mounted = {mount["name"] for one in containers for mount in one["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}


def test_the_settings_for_kubernetes_are_a_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (settings,) = (one["data"]["digest.yaml"] for one in MANIFEST if one["kind"] == "ConfigMap")

    check_config(settings, tmp_path, monkeypatch)


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n\s*", "", (EXAMPLES / "Containerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def test_the_image_is_made_of_what_a_wheel_needs_and_is_not_root() -> None:
    steps = instructions()
    sources = [
        source
        for name, rest in steps
        if name == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    ]
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    folders = {source.partition("/")[0] for source in needed["force-include"]} | set(needed["packages"])

    assert {name for name, _ in steps} <= {
        "FROM",
        "WORKDIR",
        "COPY",
        "RUN",
        "ENV",
        "USER",
        "ENTRYPOINT",
        "CMD",
    }
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert folders | {"pyproject.toml", "README.md", "LICENSE", "requirements.lock"} == set(sources)
    assert ("USER", "10001:10001") in steps
    for script in (rest for name, rest in steps if name == "RUN"):
        assert subprocess.run(["sh", "-n", "-c", script], capture_output=True, check=False).stderr == b""


def test_the_shipped_configs_are_configs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in (paths.config() / "digest.yaml", paths.config() / "demo.yaml"):
        check_config(file.read_text(encoding="utf-8"), tmp_path, monkeypatch)
