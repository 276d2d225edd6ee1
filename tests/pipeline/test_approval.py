"""An edition that somebody has to look at first."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from workshop import Mailer, Workshop

from digest.errors import ConfigError, Reason, RemoteError
from digest.ledger import EditionState, Ledger, Overtaken
from digest.period import Month
from digest.pipeline import Job, SourcesMissing, run
from digest.pipeline.approval import NotHeld, apply_decisions, approve
from digest.trackers.base import Payload, Tracker

A = "A cache without a limit fills the disk at night, because nothing ever removes what is old."
B = "An alert that watches the old queue stays silent when the new one stops, so nobody is paged."
C = "A certificate without an owner expires, since the reminder goes to a mailbox that nobody reads."
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


# --- Made anew, out of order, or not whole ---------------------------------------------------


def test_an_edition_made_anew_keeps_when_it_was_due_and_is_planned_if_the_process_ends_there(
    shop: Workshop, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = datetime(2026, 6, 1, 8, tzinfo=UTC)
    may = job(shop, Mailer(READERS))
    ledger.plan(may.month, due)
    first = run(may, ledger).held
    approve(may, ledger)

    def ended(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "freeze", ended)
        with pytest.raises(KeyboardInterrupt):
            run(may, ledger, recollect=True)
    (line,) = ledger.editions()
    assert (line.id, line.state, line.due_at, line.cutoff) == (first.id, EditionState.PLANNED, due, None)
    assert not ledger.plan(may.month, due, missed=True)
    assert run(may, ledger).awaits_approval
    assert ledger.editions()[0].due_at == due


def test_a_missed_month_made_after_the_next_one_does_not_print_again_what_that_one_carried(
    shop: Workshop, ledger: Ledger
) -> None:
    shop.write("103", "2026-05-25T10:00:00Z", [C], review_finished="2026-06-20T09:00:00Z")
    june = run(job(shop, Mailer(READERS), "2026-07-02T08:00", "2026-06"), ledger).held
    assert C in [card.text for card in june.edition.key_takeaways]
    may = run(job(shop, Mailer(READERS), "2026-07-03T08:00", "2026-05"), ledger).held
    carried = {card.id for card in june.edition.key_takeaways}
    assert carried.isdisjoint(card.id for card in may.edition.key_takeaways)


def test_a_missed_month_made_after_three_released_ones_is_not_among_the_first(
    shop: Workshop, ledger: Ledger
) -> None:
    shop.file.write_text(shop.file.read_text().replace("approval: always", "approval: first"))
    for number in (6, 7, 8):
        one = job(shop, Mailer(READERS), f"2026-{number + 1:02d}-03T08:00", f"2026-{number:02d}")
        run(one, ledger)
        approve(one, ledger)
    assert not run(job(shop, Mailer(READERS), "2026-09-03T09:00"), ledger).awaits_approval


def test_a_policy_that_changes_meanwhile_releases_nothing_that_is_held(
    shop: Workshop, ledger: Ledger
) -> None:
    mailer = Mailer(READERS)
    run(job(shop, mailer), ledger)
    shop.file.write_text(shop.file.read_text().replace("approval: always", "approval: never"))
    assert run(job(shop, mailer), ledger).awaits_approval
    assert mailer.sent == []


def test_what_was_made_again_since_it_was_looked_at_is_not_released(shop: Workshop, ledger: Ledger) -> None:
    may = job(shop, Mailer(READERS))
    looked_at = run(may, ledger).held.content_hash
    shop.write("102", "2026-05-20T10:00:00Z", [C])
    run(job(shop, Mailer(READERS)), ledger, recollect=True)
    with pytest.raises(Overtaken, match="made again meanwhile"):
        approve(may, ledger, looked_at)
    assert ledger.editions()[0].state is EditionState.AWAITING_APPROVAL


@pytest.mark.parametrize("broken", ["fetch", "refresh"])
def test_where_sources_are_waited_for_the_months_before_are_too(
    shop: Workshop, ledger: Ledger, broken: str
) -> None:
    shop.file.write_text(shop.file.read_text().replace("missing_sources: send", "missing_sources: hold"))
    shop.write("090", "2026-03-11T10:00:00Z", [C])
    may = job(shop, Mailer(READERS))
    if broken == "refresh":
        run(job(shop, Mailer(READERS), "2026-05-03T08:00", "2026-04"), ledger)
    (real,) = may.setup.trackers
    halting = replace(may, setup=replace(may.setup, trackers=(Halting(real, broken),)))

    with pytest.raises(SourcesMissing, match=r"folder: .*run --month 2026-05 --incomplete"):
        run(halting, ledger)
    assert ledger.held("2026-05") is None
    assert run(may, ledger).held.edition.made.months_before == 2
    assert run(halting, ledger, recollect=True, incomplete=True).awaits_approval


class Halting:
    """A tracker that gives the month and the one before, and then no more."""

    def __init__(self, real: Tracker, broken: str) -> None:
        self.name, self.real, self.broken = real.name, real, broken
        self.to_incident = real.to_incident

    def fetch(self, month: Month) -> Iterator[Payload]:
        if self.broken == "fetch" and month.key < "2026-04":
            raise RemoteError(self.name, Reason.RATE_LIMITED, "429 for an hour")
        return self.real.fetch(month)

    def refresh(self, keys: Sequence[str]) -> Iterator[Payload]:
        if self.broken == "refresh":
            raise RemoteError(self.name, Reason.RATE_LIMITED, "429 for an hour")
        return self.real.refresh(keys)


def test_a_tracker_that_gets_another_name_counts_no_incident_twice(shop: Workshop, ledger: Ledger) -> None:
    shop.write("090", "2026-04-11T10:00:00Z", [C])
    first = run(job(shop, Mailer(READERS)), ledger).held
    shop.file.write_text(shop.file.read_text().replace("name: folder", "name: incidents"))
    run(job(shop, Mailer(READERS), "2026-07-03T08:00", "2026-06"), ledger)
    shop.write("120", "2026-07-11T10:00:00Z", [])
    july = run(job(shop, Mailer(READERS), "2026-08-03T08:00", "2026-07"), ledger).held
    assert july.edition.matrix is not None
    assert july.edition.matrix.total.before == (1, 1, 0)  # April, May, June
    made = apply_decisions(job(shop, Mailer(READERS), "2026-08-03T09:00"), ledger)
    assert [row.key for row in made.edition.incidents] == [row.key for row in first.edition.incidents]
