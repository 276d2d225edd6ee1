"""`digest check`: a line and a status, and no more than a monitor may have."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from workshop import Workshop

from digest.cli.check import age, command
from digest.cli.common import now
from digest.ledger import Ledger
from digest.period import Month


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def check(shop: Workshop, *words: str) -> Result:
    return CliRunner().invoke(command, ["--config", str(shop.file), *words])


def test_before_anything_was_run_it_says_so_and_makes_no_ledger(shop: Workshop) -> None:
    done = check(shop, "--max-age", "35d")

    assert done.exit_code == 1
    assert (
        done.output == f"FAIL: nothing was ever run here: there is no ledger at {shop.folder / 'digest.db'}\n"
    )
    assert not (shop.folder / "digest.db").exists()


def test_a_fresh_ledger_is_well(shop: Workshop) -> None:
    Ledger.open(shop.folder / "digest.db").close()

    done = check(shop)

    assert done.exit_code == 0
    assert done.output.startswith("ok: no edition is due before ")


def test_what_is_wrong_is_one_line_and_status_1(shop: Workshop) -> None:
    at = now() - timedelta(days=3)
    with Ledger.open(shop.folder / "digest.db") as ledger:
        ledger.plan(Month.of(at, "UTC").shift(-1), at)

    plain, as_json = check(shop), check(shop, "--json")

    assert (plain.exit_code, as_json.exit_code) == (1, 1)
    assert len(plain.output.splitlines()) == 1
    assert "and is not made" in plain.output
    told = json.loads(as_json.output)
    assert (told["well"], plain.output) == (False, f"FAIL: {told['line']}\n")


def test_a_monitor_needs_no_secret(shop: Workshop) -> None:
    mail = (
        "  - kind: smtp\n    host: mx\n    sender: a@x.test\n    recipients: [b@x.test]\n"
        "    username: u\n    password: ${NOT_SET_ANYWHERE}\n"
    )
    shop.file.write_text(shop.file.read_text(encoding="utf-8") + mail, encoding="utf-8")
    Ledger.open(shop.folder / "digest.db").close()

    assert check(shop).exit_code == 0


@pytest.mark.parametrize("word", ["35", "d", "-1d", "0d", "1m", "1.5d", "", "99999d"])
def test_an_age_that_is_none_is_status_2_and_says_how_to_write_one(shop: Workshop, word: str) -> None:
    done = check(shop, "--max-age", word)

    assert done.exit_code == 2
    assert "12h, 35d, 5w" in done.output


@pytest.mark.parametrize(("word", "hours"), [("12h", 12), ("35d", 840), ("5w", 840)])
def test_ages_are_hours_days_or_weeks(word: str, hours: int) -> None:
    assert age(None, None, word) == timedelta(hours=hours)


def test_an_empty_file_is_no_ledger_and_stays_empty(shop: Workshop) -> None:
    (shop.folder / "digest.db").touch()

    done = check(shop)

    assert (done.exit_code, done.output[:35]) == (1, "FAIL: nothing was ever run here: th")
    assert (shop.folder / "digest.db").stat().st_size == 0
