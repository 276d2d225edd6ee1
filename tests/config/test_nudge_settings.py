"""Whom to ask: what the config may say, and what it is told where it does not."""

import re
from datetime import time
from pathlib import Path

import pytest

from digest import paths
from digest.config import load
from digest.config.nudge import Nudge, Owner
from digest.errors import ConfigError

GOOD = """\
organisation: Example Rail
trackers:
  - kind: folder
channels:
  - kind: outbox
nudge:
"""


def nudge(folder: Path, *lines: str) -> Nudge:
    file = folder / "digest.yaml"
    file.write_text(GOOD + "".join(f"  {line}\n" for line in lines), encoding="utf-8")
    found = load(file).settings.nudge
    assert found is not None
    return found


def test_owners_are_addresses_or_webhooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEARCH_WEBHOOK", "https://hooks.example.org/services/T0/B0/canary")

    found = nudge(
        tmp_path,
        "teams:",
        "  Payments: payments-leads@example.org",
        "  Search: {slack: '${SEARCH_WEBHOOK}'}",
        "otherwise: learning@example.org",
        'hours: "8:30 - 16:00"',
    )

    assert found.owner_of(" payments ") == Owner(mail="payments-leads@example.org")
    search = found.owner_of("Search")
    assert search is not None
    assert search.slack is not None
    assert search.slack.get_secret_value().endswith("canary")
    assert found.owner_of("Another") == found.owner_of(None) == Owner(mail="learning@example.org")
    assert found.hours == (time(8, 30), time(16))
    assert (found.every_days, found.wait_days) == (14, 7)
    assert "canary" not in repr(found)


def test_nobody_is_asked_for_a_team_that_nobody_is_named_for(tmp_path: Path) -> None:
    assert nudge(tmp_path, "teams: {Payments: a@example.org}").owner_of("Search") is None


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("teams: {Payments: payments}", "nudge.teams.Payments.*one e-mail address"),
        ("teams: {Payments: 'a@example.org, b@example.org'}", "one e-mail address"),
        ("teams: {Payments: 'a@example.org\\nBcc: b@example.org'}", "one e-mail address"),
        ("teams: {Payments: {}}", "an e-mail address, or `slack:`"),
        ("teams: {Payments: {mail: a@example.org, slack: 'https://x.example/y'}}", "or `slack:`"),
        ("teams: {Payments: {slak: x}}", "did you mean 'slack'"),
        ("teams: {Payments: {slack: 'http://hooks.example.org/canary'}}", "https:// address"),
        ("teams: {Payments: {slack: 'https://user:canary@hooks.example.org/x'}}", "https:// address"),
        ("teams: {Payments: {slack: '${NOT_SET_ANYWHERE}'}}", "NOT_SET_ANYWHERE is not set"),
        ("teams: {Payments: a@example.org, ' payments': b@example.org}", "stands here twice"),
        ("otherwise: '${EDITOR}'", "nudge.otherwise"),
        ('hours: "17:00-09:00"', "end later on the day than they start"),
        ("hours: 9-17", "working hours in quotes"),
        ("every_days: 1", "nudge.every_days.*greater than or equal to 7"),
        ("wait_days: soon", "nudge.wait_days"),
        ("timezone: Lisbon", "nudge.timezone.*name of a time zone"),
        ("team: {}", "did you mean 'teams'"),
    ],
)
def test_each_fault_says_what_was_meant_and_no_secret(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        nudge(tmp_path, line.replace("\\n", "\n      "))

    assert re.search(says, str(caught.value)), str(caught.value)
    assert "canary" not in str(caught.value)


def test_the_shipped_config_names_every_setting_and_is_right_once_uncommented(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCH_WEBHOOK", "https://hooks.example.org/services/T0/B0/canary")
    text = (paths.config() / "digest.yaml").read_text(encoding="utf-8")
    start = text.index("# nudge:")
    end = text.index("\n# ---", start)
    block = "\n".join(line.removeprefix("# ") for line in text[start:end].splitlines())
    file = tmp_path / "digest.yaml"
    file.write_text(text[:start] + block + text[end:], encoding="utf-8")

    found = load(file).settings.nudge

    assert found is not None
    assert set(found.teams) == {"Payments", "Search"}
    assert found.model_fields_set == set(Nudge.model_fields)
    assert (found.every_days, found.wait_days, found.hours) == (14, 7, Nudge().hours)


def test_nothing_is_asked_where_nothing_is_said() -> None:
    assert load(paths.config() / "digest.yaml").settings.nudge is None
    assert load(paths.config() / "demo.yaml").settings.nudge is None
