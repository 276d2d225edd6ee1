"""What the tests of commands share."""

import sys
from collections.abc import Callable

import pytest

from digest.cli.commands import run_command_line

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command in this process; return its exit status, what it printed, and what it told."""

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["digest", *map(str, words)])
        try:
            run_command_line()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        out, err = capsys.readouterr()
        return status, out, err

    return run
