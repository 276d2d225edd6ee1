"""The sample's last month, as `make demo` makes it: what must be in it, and what must not."""

import contextlib
import re
import shutil
import sqlite3
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest import paths
from digest.assemble import assemble
from digest.config import load
from digest.ledger import Ledger
from digest.model import Severity
from digest.period import Month
from digest.pipeline import Job, Outcome, Silent, run

SEVEN = ("1421", "1429", "1442", "1450", "1458", "1462", "1470")
PRIVATE = ("1455", "Marrowgate", "Quillfeather", "Zephyrine", "Holtmarck", "Crew Document Vault")
PEOPLE = (
    *(
        "Valadares",
        "Krall",
        "Falcão",
        "Ramanathan",
        "Brandt",
        "Quintela",
        "Dervent",
        "Okafor",
        "Peixe",
        "Semedo",
    ),
    *("Lindqvist", "Saskia", "Noronha", "Asante", "Anneke", "Haverkate", "Reboredo", "ivaladares"),
)
# Who stands in one review's running text alone is not found in it (SECURITY.md). None may be printed.
NOT_FOUND = ("Vasco Teles", "Hennessy", "Dulce Farinha", "Sottomayor", "Manrique")
CUSTOMERS = ("Solmar", "Atlântida")
TOKEN = re.compile(r"AKIA[A-Z0-9]{16}")


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("demo")
    shutil.copytree(paths.config(), folder / "config")
    setup = assemble(load(folder / "config" / "demo.yaml"))
    job = Job(setup, Month.parse("2026-10", "Europe/Lisbon"), datetime(2026, 11, 3, 9, tzinfo=UTC), Silent())
    with Ledger.open(setup.ledger) as ledger:
        return run(job, ledger)


@pytest.fixture(scope="module")
def forms(outcome: Outcome) -> dict[str, str]:
    folder = Path(next(d.reference for d in outcome.deliveries if d.reference))
    return {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}


@pytest.fixture(scope="module")
def kept(outcome: Outcome) -> str:
    """All text in the ledger, as bytes on the disk would give it away."""
    folder = Path(next(d.reference for d in outcome.deliveries if d.reference)).parent
    with contextlib.closing(sqlite3.connect(folder / "demo.db")) as connection:
        return "\n".join(connection.iterdump())


def test_the_seven_are_all_there_and_no_other(outcome: Outcome) -> None:
    edition = outcome.held.edition

    assert tuple(row.key for row in edition.incidents) == SEVEN
    assert outcome.problems == ()
    assert not edition.problems


def test_the_sample_holds_what_must_not_show() -> None:
    """Without these in the input, their absence below would prove nothing."""
    text = "".join(f.read_text(encoding="utf-8") for f in (paths.config() / "demo").rglob("*.*"))

    for word in (*PRIVATE, *PEOPLE, *NOT_FOUND, *CUSTOMERS):
        assert word in text, word
    assert TOKEN.search(text)


@pytest.mark.parametrize("word", [*PRIVATE, *PEOPLE, *NOT_FOUND, *CUSTOMERS])
def test_no_form_names_a_person_a_customer_or_the_private_incident(forms: dict[str, str], word: str) -> None:
    assert len(forms) == 4
    assert [name for name, text in forms.items() if word in text] == []


def test_no_form_and_no_row_of_the_ledger_holds_the_token(forms: dict[str, str], kept: str) -> None:
    assert [name for name, text in forms.items() if TOKEN.search(text)] == []
    assert not TOKEN.search(kept)
    assert "[aws key]" in kept


@pytest.mark.parametrize("word", [*PRIVATE, *PEOPLE, *CUSTOMERS])
def test_the_ledger_never_holds_raw_text(kept: str, word: str) -> None:
    assert "Departure boards froze" in kept
    assert word not in kept


def test_the_private_incident_is_counted_nowhere_a_reader_sees(
    outcome: Outcome, forms: dict[str, str]
) -> None:
    edition = outcome.held.edition

    assert edition.masthead.facts[0] == "7 incidents"
    assert edition.matrix is not None
    assert edition.matrix.total.now == 7
    assert [s.incidents for s in edition.made.sources] == [7]
    assert not any("private" in text.lower() for text in forms.values())


def test_causes_meet_in_groups_and_the_table_keeps_the_trackers_words(outcome: Outcome) -> None:
    edition = outcome.held.edition
    rows = {row.key: row for row in edition.incidents}

    assert rows["1421"].primary_cause == "Configuration Change"
    assert rows["1462"].primary_cause == "Misconfigured IAM Policy"
    assert rows["1421"].group == rows["1462"].group == "Configuration"
    assert edition.leadership.startswith("2 of 7 incidents were tied to configuration")
    assert edition.made.months_before == 12


def test_the_edition_is_not_all_of_one_incident_nor_all_severe(outcome: Outcome) -> None:
    cards = outcome.held.edition.key_takeaways

    assert 3 <= len(cards) <= 5
    assert len({card.incident for card in cards}) >= 3
    assert any(card.severity is not None and card.severity >= Severity.SEV3 for card in cards)


def test_the_late_review_is_marked_from_september(outcome: Outcome, forms: dict[str, str]) -> None:
    late = [card for card in outcome.held.edition.key_takeaways if card.from_month]

    assert [(card.incident, card.from_month and card.from_month.key) for card in late] == [
        ("1417", "2026-09")
    ]
    assert all("from September" in text for name, text in forms.items() if not name.endswith(".eml"))


def test_two_that_teach_the_same_are_said_once(outcome: Outcome) -> None:
    cards = {card.incident: card.also for card in outcome.held.edition.key_takeaways}

    assert cards["1470"] == ("1442",)
    assert "1442" not in cards


def test_what_blames_argues_with_hindsight_or_names_a_fix_is_not_printed(forms: dict[str, str]) -> None:
    for words in ("Human error", "should have", "in hindsight", "Add an alert"):
        assert [n for n, text in forms.items() if words.lower() in text.lower()] == [], words


def test_the_incident_without_takeaways_waits_and_is_not_named_for_it(outcome: Outcome) -> None:
    waiting = outcome.held.edition.waiting

    assert waiting is not None
    assert (waiting.learnt, waiting.waiting_learning, waiting.waiting_review) == (6, 1, 0)


def test_the_mail_is_small(outcome: Outcome) -> None:
    assert len(outcome.held.rendering.html.encode()) < 60_000


def test_every_field_of_the_edition_that_a_section_needs_is_filled(outcome: Outcome) -> None:
    edition = outcome.held.edition
    empty = {f.name for f in fields(edition) if not getattr(edition, f.name)}

    # Absent, not empty: there are takeaways enough, nothing failed, and this is no correction.
    assert empty == {"lead", "worth_repeating", "problems", "revision"}
