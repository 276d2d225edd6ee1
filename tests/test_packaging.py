"""An installed wheel is the whole program: it works from any folder, without the checkout it was built in."""

import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
# What a run, an editor and a programmer leave in a checkout, and what is nobody's business.
LEFT_OVERS = (
    "config/digest.db",
    "config/digest.db-wal",
    "config/editions/2026-10.yaml",
    "digest/__pycache__/a.pyc",
)
SHIPPED = "digest/_shipped/"


def build(checkout: Path, into: Path) -> Path:
    """Build a wheel as `make setup` does: with the hatchling that is installed, and without a network."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(into)]
    subprocess.run(command, cwd=checkout, check=True, capture_output=True, timeout=120)
    (wheel,) = into.glob("learning_digest-*.whl")
    return wheel


def copy_of_the_checkout(folder: Path) -> Path:
    for name in ("digest", "templates", "config"):
        ignore = shutil.ignore_patterns("__pycache__", "digest.db*", "editions")
        shutil.copytree(ROOT / name, folder / name, ignore=None if name == "digest" else ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, folder / name)
    for name in LEFT_OVERS:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("readers@example.org")
    return folder


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(copy_of_the_checkout(tmp_path_factory.mktemp("checkout")), tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment that holds the wheel alone, and sees this one's packages for what it depends on."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    python = home / "bin/python"
    pip = ["-m", "pip", "--disable-pip-version-check", "--python", str(python), "install", "--quiet"]
    offline = ["--no-index", "--no-deps", "--no-compile", str(wheel)]
    subprocess.run([sys.executable, *pip, *offline], check=True, capture_output=True, timeout=120)
    (site,) = home.glob("lib/python*/site-packages")
    # A folder named in a .pth file comes last, and its own .pth files, such as an editable one, do not count.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home


class Shell:
    """An empty folder, in which the installed program is called."""

    def __init__(self, home: Path, folder: Path) -> None:
        self.bin = home / "bin"
        self.folder = folder

    def __call__(self, *command: str, status: int = 0) -> str:
        usual = {
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        made = subprocess.run(
            command, cwd=self.folder, env=usual, capture_output=True, text=True, check=False, timeout=60
        )
        assert made.returncode == status, made.stderr
        return made.stdout

    def python(self, line: str) -> str:
        return self("python", "-c", line).strip()


@pytest.fixture
def shell(installed: Path, tmp_path: Path) -> Iterator[Shell]:
    before = sorted(installed.rglob("*"))
    yield Shell(installed, tmp_path)
    assert sorted(installed.rglob("*")) == before, "what the program writes does not go where it is installed"


def kept(folder: str, *endings: str) -> set[str]:
    """Return the files of a folder of this checkout that belong into the wheel, by their paths in it."""
    found = (file for file in (ROOT / folder).rglob("*") if file.suffix in endings)
    return {file.relative_to(ROOT).as_posix() for file in found}


def test_a_wheel_holds_the_program_its_templates_and_its_config_and_nothing_else(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    config = {name for name in kept("config", ".yaml", ".csv", ".md", ".npz") if "/editions/" not in name}
    shipped = {SHIPPED + name for name in config | kept("templates", ".j2", ".css")}
    assert names == kept("digest", ".py", ".typed") | shipped
    assert "digest/ledger/migrations/versions/r0001_first.py" in names


def test_a_wheel_says_what_it_is_and_names_its_licence(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
    text = archive.read(metadata).decode()

    assert re.search(r"^Name: learning-digest$", text, re.MULTILINE)
    assert re.search(r"^License-Expression: Apache-2.0$", text, re.MULTILINE)
    assert any(name.endswith("/licenses/LICENSE") for name in archive.namelist())


def test_what_is_tested_is_the_installed_program(shell: Shell, installed: Path) -> None:
    assert shell.python("import digest; print(digest.__file__)").startswith(str(installed))


def test_the_installed_program_explains_itself(shell: Shell) -> None:
    assert "digest run --month" in shell("digest", "--help")
    assert shell("digest", "--version").split()[-1] == shell.python(
        "import digest; print(digest.__version__)"
    )


def test_the_installed_program_writes_a_config_for_each_kind_of_tracker(shell: Shell) -> None:
    shell("digest", "init", "folder")
    shell("digest", "init", "github", "--to", "x.yaml")

    chosen = [yaml.safe_load((shell.folder / name).read_text()) for name in ("config/digest.yaml", "x.yaml")]
    assert [config["trackers"][0]["kind"] for config in chosen] == ["folder", "github"]


def test_the_installed_program_makes_the_edition_of_the_sample_that_comes_with_it(shell: Shell) -> None:
    # Editions and the ledger are put beside a config, and nothing belongs into an installation.
    config = shell.python("from digest import paths; print(paths.config())")
    shutil.copytree(config, shell.folder / "config")

    told = shell("digest", "run", "--config", "config/demo.yaml", "--month", "2026-10")

    assert told.startswith("October 2026: ")
    made = {file.suffix for file in (shell.folder / "out/2026-10").iterdir()}
    assert made == {".eml", ".html", ".md", ".txt"}
    assert "2026-10  sent" in shell("digest", "status", "--config", "config/demo.yaml")


def test_the_installed_program_describes_its_config(shell: Shell) -> None:
    assert '"organisation"' in shell("digest", "config", "schema")


def test_the_installed_program_reads_a_review(shell: Shell) -> None:
    lesson = "A cache without a limit fills the disk at night, because nothing ever removes what is old."
    (shell.folder / "review.md").write_text(f"# Search was slow\n\n## Lessons learned\n\n- {lesson}\n")

    assert lesson in shell("digest", "takeaways", "review.md")


def test_without_a_config_the_installed_program_says_how_to_get_one(shell: Shell) -> None:
    made = subprocess.run(
        [shell.bin / "digest", "run"], cwd=shell.folder, capture_output=True, text=True, check=False
    )

    assert made.returncode == 2
    assert "write one with `digest init`" in made.stderr
