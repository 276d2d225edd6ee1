"""`digest nudge` as a person runs it."""

import json
from collections.abc import Callable
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest
import time_machine
from workshop import Workshop

Call = Callable[..., tuple[int, str, str]]
NUDGE = """\
nudge:
  teams:
    Payments: payments-leads@example.org
"""
# A Wednesday; ten in the morning in Lisbon, and ten at night.
DAY, NIGHT = "2026-06-03T09:00:00Z", "2026-06-03T21:00:00Z"


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    made = Workshop(tmp_path, history=1)
    made.write("101", "2026-05-12T10:00:00Z", [], team="Payments")
    made.write("102", "2026-05-14T10:00:00Z", [], team='"It\'s \\e[2J us"')
    return made


@pytest.fixture
def call(call: Call) -> Call:
    """Run a command at a time; return its exit status, what it printed, and what it told."""

    def run(at: str, *words: object) -> tuple[int, str, str]:
        with time_machine.travel(at, tick=False):
            return call(*words)

    return run


def made(shop: Workshop, call: Call, more: str = NUDGE) -> Path:
    shop.file.write_text(shop.file.read_text(encoding="utf-8") + more, encoding="utf-8")
    assert call(DAY, "run", "-c", shop.file, "-m", "2026-05")[0] == 0
    return shop.folder / "out" / "notices"


def test_a_dry_run_shows_the_letter_and_writes_to_nobody(call: Call, shop: Workshop) -> None:
    notices = made(shop, call)

    status, out, _ = call(NIGHT, "nudge", "-c", shop.file, "--dry-run")

    assert status == 0
    assert "Dry run: nobody is written to." in out
    assert "To payments-leads@example.org: What was learnt from 101" in out
    assert "put a heading “What we learnt”" in out
    assert not notices.exists()


def test_it_asks_once_and_says_from_when_on_again(call: Call, shop: Workshop) -> None:
    notices = made(shop, call)

    first = call(DAY, "nudge", "-c", shop.file)
    second = call("2026-06-16T09:00:00Z", "nudge", "-c", shop.file)
    third = call("2026-06-17T09:00:00Z", "nudge", "-c", shop.file)

    assert [status for status, _, _ in (first, second, third)] == [0, 0, 0]
    assert "asked payments-leads@example.org about 1 incident, as a file" in first[1]
    assert "was asked before; again from 2026-06-17 on" in second[1]
    assert "asked payments-leads@example.org about 1 incident" in third[1]
    mails = [BytesParser(policy=policy.default).parsebytes(f.read_bytes()) for f in notices.iterdir()]
    assert [mail["To"] for mail in mails] == ["payments-leads@example.org"] * 2


def test_at_night_nobody_is_asked_but_where_somebody_wants_it(call: Call, shop: Workshop) -> None:
    notices = made(shop, call)

    status, out, _ = call(NIGHT, "nudge", "-c", shop.file)
    assert status == 0
    assert "outside of working hours (09:00 to 17:00, Europe/Lisbon, on working days)" in out
    assert "nudge --now" in out
    assert not notices.exists()

    assert "asked payments-leads@example.org" in call(NIGHT, "nudge", "-c", shop.file, "--now")[1]


def test_a_team_without_an_owner_is_named_with_what_to_add(call: Call, shop: Workshop) -> None:
    made(shop, call)

    status, out, _ = call(DAY, "nudge", "-c", shop.file)

    assert status == 0
    assert "Nobody to ask is named in" in out
    assert "1 incident (102)" in out
    assert "'It''s " in out
    assert "\x1b" not in out


def test_without_nudge_in_the_config_it_says_what_to_add_and_asks_nobody(call: Call, shop: Workshop) -> None:
    notices = made(shop, call, more="")

    status, out, _ = call(DAY, "nudge", "-c", shop.file)

    assert status == 0
    assert "  nudge:\n    teams:\n      'Payments': ADDRESS\n" in out
    assert not notices.exists()


def test_a_program_gets_the_same_as_json(call: Call, shop: Workshop) -> None:
    made(shop, call)

    status, out, _ = call(DAY, "nudge", "-c", shop.file, "--json")

    told = json.loads(out)
    assert status == 0
    assert [(o["owner"], o["state"]) for o in told["owners"]] == [("payments-leads@example.org", "asked")]
    (one,) = told["owners"][0]["incidents"]
    assert (one["key"], one["standing"], one["days"]) == ("101", "waiting_learning", 21)
    assert [[i["key"] for i in group["incidents"]] for group in told["unowned"]] == [["102"]]


def test_where_nothing_was_collected_yet_nothing_waits_and_no_file_is_made(
    call: Call, shop: Workshop
) -> None:
    status, out, _ = call(DAY, "nudge", "-c", shop.file)

    assert status == 0
    assert "No incident of the last six months" in out
    assert not (shop.folder / "digest.db").exists()


def test_what_could_not_be_written_is_named_and_the_status_says_so(call: Call, shop: Workshop) -> None:
    notices = made(shop, call)
    notices.write_text("a file in its place")

    status, out, _ = call(DAY, "nudge", "-c", shop.file)

    assert status == 1
    assert "payments-leads@example.org: could not be written" in out
    assert "cannot write to" in out
