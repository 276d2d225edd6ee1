"""`digest config schema` prints a schema of all kinds that are installed."""

import json
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from digest.cli.config_schema import command, settings_of
from digest.config import Strict
from digest.delivery import CHANNELS
from digest.errors import ConfigError
from digest.trackers import TRACKERS


class Board(Strict):
    """A board."""


def test_it_prints_a_schema_of_every_kind_and_nothing_else() -> None:
    done = CliRunner().invoke(command, ["schema"])

    schema = json.loads(done.stdout)
    Draft202012Validator.check_schema(schema)
    kinds = {name for name in schema["$defs"] if name.startswith(("tracker-", "channel-"))}
    assert kinds == {*(f"tracker-{kind}" for kind in TRACKERS), *(f"channel-{kind}" for kind in CHANNELS)}
    assert (done.exit_code, done.stderr) == (0, "")


def test_help_says_how_an_editor_gets_it() -> None:
    assert "yaml-language-server" in CliRunner().invoke(command, ["schema", "--help"]).output


def test_a_kind_that_cannot_be_loaded_is_told_and_the_others_stay(capsys: pytest.CaptureFixture[str]) -> None:
    def kind_of(word: str) -> SimpleNamespace:
        if word == "broken":
            raise ConfigError("trackers", "tracker 'broken' (x:y) cannot be loaded: no module named x")
        return SimpleNamespace(settings=Board)

    assert settings_of(["board", "broken"], kind_of) == {"board": Board}
    assert "left out: trackers: tracker 'broken'" in capsys.readouterr().err
