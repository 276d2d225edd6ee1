"""`digest doctor` before what is wrong, or was never filled in: each thing once, and what is meant."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from servers.github_server import GitHubServer
from workshop import Workshop

from digest.cli.commands import run_command_line


def doctor(shop: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr(sys, "argv", ["digest", "doctor", "-c", str(shop.file)])
    with pytest.raises(SystemExit):
        run_command_line()
    return capsys.readouterr().out


def test_a_connector_that_is_wrong_is_named_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = Workshop(tmp_path)
    shop.file.write_text(shop.file.read_text(encoding="utf-8").replace("path: incidents", "path: gone"))

    told = doctor(shop, monkeypatch, capsys)

    assert told.count("tracker folder") == 1
    assert "path: there is no folder" in told


def test_what_the_example_names_is_not_taken_for_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = Workshop(tmp_path)
    text = shop.file.read_text(encoding="utf-8")
    github = "kind: github\n    url: http://127.0.0.1:1/api/v3\n    repository: acme/incidents"
    shop.file.write_text(text.replace("kind: folder\n    path: incidents", github))
    monkeypatch.setattr("digest.cli.doctor._PATIENCE_S", 0.0)

    told = doctor(shop, monkeypatch, capsys)

    [line] = [line for line in told.splitlines() if "still as in the example" in line]
    assert "repository" in line


def test_a_config_that_is_no_yaml_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = Workshop(tmp_path)
    shop.file.write_bytes(b'organisation: "Example\0Rail"\n')

    told = doctor(shop, monkeypatch, capsys)

    assert [line[:4] for line in told.splitlines()] == ["FAIL", "1 th"]


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["a folder", "a pipe"])
def test_something_else_in_the_ledgers_place_is_told_once_and_not_waited_for(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    make: Callable[[Path], None],
) -> None:
    shop = Workshop(tmp_path)
    make(shop.folder / "digest.db")

    told = doctor(shop, monkeypatch, capsys)

    [line] = [line for line in told.splitlines() if "digest.db" in line]
    assert line.startswith("FAIL  ledger")
    assert "is no file" in line


def test_what_a_tracker_says_moves_no_cursor_and_turns_no_line_around(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = Workshop(tmp_path)
    odd = "\x1b]0;owned\x07\u202e"
    answers = {"Severity": "bad", "Team": "ours", "Cause": "none of them"}
    body = (
        "".join(f"### {name}\n\n{word}{odd}\n\n" for name, word in answers.items()) + "## Lessons\n\n- One.\n"
    )
    with GitHubServer(visibility="public") as server:
        last_month = datetime.now(UTC).replace(day=1) - timedelta(days=9)
        server.add("Search was slow", body, ["incident", f"odd{odd}"], closed=last_month)
        github = f"kind: github\n    url: {server.url}\n    repository: acme/incidents"
        text = shop.file.read_text(encoding="utf-8").replace("kind: folder\n    path: incidents", github)
        shop.file.write_text(text.replace("visibility: public", f"token: {server.token}"))

        told = doctor(shop, monkeypatch, capsys)

    assert "team ours" in told
    assert "bad" in told
    assert [character for character in told.replace("\n", "") if not character.isprintable()] == []
