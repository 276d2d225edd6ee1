"""`digest init KIND` for every kind: what it writes loads, and it says what to do next."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.cli.init import command
from digest.config import load
from digest.config.sample import variables
from digest.trackers import TRACKERS, kind_of
from digest.trackers.base import Context


@pytest.mark.parametrize("kind", sorted(TRACKERS))
def test_what_is_written_for_a_kind_loads_and_can_be_connected(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config" / "digest.yaml"
    (tmp_path / "incidents").mkdir()

    done = CliRunner().invoke(command, [kind, "--to", str(file)])

    assert done.exit_code == 0, done.output
    config = load(file)
    assert [tracker.kind for tracker in config.trackers] == [kind]
    for name in variables(file.read_text(encoding="utf-8")):
        assert f"export {name}=…" in done.output
        monkeypatch.setenv(name, "made-up")
    (tracker,) = config.trackers
    found = kind_of(kind)
    found.connect(tracker.name, tracker.parse(found.settings), Context(config.folder))


def test_the_next_steps_name_the_file_where_it_is_not_the_usual_one(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["--to", str(tmp_path / "mine.yaml")])

    assert f"digest doctor --config {tmp_path / 'mine.yaml'}" in done.output
    assert re.search(r"^  3\. digest preview", done.output, re.MULTILINE)


def test_help_lists_the_kinds() -> None:
    told = CliRunner().invoke(command, ["--help"]).output

    for kind in TRACKERS:
        assert kind in told


def test_a_folder_made_for_the_config_is_not_open_to_everybody(tmp_path: Path) -> None:
    CliRunner().invoke(command, ["--to", str(tmp_path / "config" / "digest.yaml")])

    assert (tmp_path / "config").stat().st_mode & 0o007 == 0
