"""An edition that somebody has to look at first."""

from dataclasses import replace
from pathlib import Path

import pytest
from workshop import Mailer, Workshop

from digest.errors import ConfigError
from digest.ledger import EditionState, Ledger
from digest.pipeline import Job, run
from digest.pipeline.approval import NotHeld, apply_decisions, approve

A = "A cache without a limit fills the disk at night, because nothing ever removes what is old."
B = "An alert that watches the old queue stays silent when the new one stops, so nobody is paged."
READERS = ("ana@example.org", "ben@example.org")


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    made = Workshop(tmp_path)
    made.file.write_text(made.file.read_text().replace("approval: never", "approval: always"))
    made.write("101", "2026-05-12T10:00:00Z", [A, B])
    return made


@pytest.fixture
def ledger(shop: Workshop) -> Ledger:
    return Ledger.open(shop.folder / "digest.db")


def job(shop: Workshop, mailer: Mailer, now: str = "2026-06-03T08:00", month: str = "2026-05") -> Job:
    return shop.job(month, now, mailer)


def decide(shop: Workshop, text: str) -> Path:
    file = shop.folder / "editions" / "2026-05.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_nothing_is_sent_until_somebody_approves_and_then_what_was_looked_at(
    shop: Workshop, ledger: Ledger
) -> None:
    mailer = Mailer(READERS)
    held = run(job(shop, mailer), ledger)
    again = run(job(shop, mailer), ledger)

    assert (held.awaits_approval, again.awaits_approval, mailer.sent) == (True, True, [])
    shop.write("101", "2026-05-12T10:00:00Z", ["Something else was learnt meanwhile, by nobody who looked."])
    assert approve(job(shop, mailer), ledger).state is EditionState.APPROVED
    sent = run(job(shop, mailer, "2026-06-03T08:30"), ledger)

    assert sent.sent == 2
    assert sent.held.edition == held.held.edition


def test_the_first_three_editions_are_held_and_then_no_more(shop: Workshop, ledger: Ledger) -> None:
    shop.file.write_text(shop.file.read_text().replace("approval: always", "approval: first"))
    held = []
    for number, month in enumerate(("2026-05", "2026-06", "2026-07", "2026-08")):
        one = job(shop, Mailer(READERS), f"2026-{number + 6:02d}-03T08:00", month)
        held.append(run(one, ledger).awaits_approval)
        if held[-1]:
            approve(one, ledger)
            run(one, ledger)
    assert held == [True, True, True, False]


def test_an_edition_that_was_made_but_not_yet_held_is_not_sent(shop: Workshop, ledger: Ledger) -> None:
    """The process ended between the two."""
    mailer = Mailer(READERS)
    held = run(job(shop, mailer), ledger).held
    with ledger.writing() as connection:
        connection.exec_driver_sql("UPDATE edition SET state = 'composed'")
    assert run(job(shop, mailer), ledger).awaits_approval
    assert (mailer.sent, ledger.held("2026-05")) == ([], held)


def test_what_the_editor_changed_is_applied_before_it_can_be_approved(shop: Workshop, ledger: Ledger) -> None:
    mailer = Mailer(READERS)
    first = run(job(shop, mailer), ledger).held
    dropped = first.edition.key_takeaways[0]
    file = decide(shop, f"drop: [{dropped.id}]\n")

    with pytest.raises(ConfigError, match=r"2026-05.yaml: it was changed .* digest edit 2026-05 --apply"):
        approve(job(shop, mailer), ledger)
    applied = apply_decisions(job(shop, mailer), ledger)

    assert applied.state is EditionState.AWAITING_APPROVAL
    assert dropped.id not in [card.id for card in applied.edition.key_takeaways]
    assert applied.cutoff == first.cutoff
    approve(job(shop, mailer), ledger)
    assert run(job(shop, mailer), ledger).sent == 2
    file.write_text("drop: []\n")
    with pytest.raises(NotHeld, match="was released already"):
        apply_decisions(job(shop, mailer), ledger)


def test_approving_twice_changes_nothing_and_approving_nothing_says_so(
    shop: Workshop, ledger: Ledger
) -> None:
    mailer = Mailer(READERS)
    with pytest.raises(NotHeld, match="no edition of 2026-05 yet; make it: digest run --month 2026-05"):
        approve(job(shop, mailer), ledger)
    run(job(shop, mailer), ledger)
    approve(job(shop, mailer), ledger)
    run(job(shop, mailer), ledger)
    assert approve(job(shop, mailer), ledger).state is EditionState.SENT
    assert len(mailer.sent) == 2


def test_an_incident_that_turned_private_while_it_was_held_leaves_it_and_it_is_looked_at_again(
    shop: Workshop, ledger: Ledger
) -> None:
    mailer = Mailer(READERS)
    shop.write("102", "2026-05-20T10:00:00Z", ["A secret learning that nobody outside may read at all."])
    first = run(job(shop, mailer), ledger).held
    assert "102" in [row.key for row in first.edition.incidents]
    approve(job(shop, mailer), ledger)
    shop.write("102", "2026-05-20T10:00:00Z", ["A secret learning."], visibility="private")

    later = run(job(shop, mailer, "2026-06-05T08:00"), ledger)

    assert (later.awaits_approval, later.left, mailer.sent) == (True, 1, [])
    assert [row.key for row in later.held.edition.incidents] == ["101"]
    for form in (later.held.rendering.html, later.held.rendering.text, later.held.rendering.markdown):
        assert "secret" not in form
    approve(job(shop, mailer, "2026-06-05T08:10"), ledger)
    assert run(job(shop, mailer, "2026-06-05T08:10"), ledger).sent == 2


def test_without_approval_an_incident_that_turned_private_just_leaves(shop: Workshop, ledger: Ledger) -> None:
    down = Mailer(READERS, down=True)
    shop.file.write_text(shop.file.read_text().replace("approval: always", "approval: never"))
    shop.write("102", "2026-05-20T10:00:00Z", ["A secret learning that nobody outside may read at all."])
    made = job(shop, Mailer(READERS))
    broken = replace(made, setup=replace(made.setup, channels=()))
    run(broken, ledger)  # made, and addressed to nobody
    with ledger.writing() as connection:
        connection.exec_driver_sql("UPDATE edition SET state = 'composed', addressed_at = NULL")
    (shop.folder / "incidents" / "102.md").unlink()

    later = run(job(shop, Mailer(READERS), "2026-06-05T08:00"), ledger)

    assert (later.left, later.sent, down.sent) == (1, 2, [])
    assert [row.key for row in later.held.edition.incidents] == ["101"]
