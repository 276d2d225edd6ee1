"""The last look before an edition goes out: what turned private leaves it, and nothing else does."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from workshop import Mailer, Workshop

from digest.errors import ConfigError, DigestError, Reason, RemoteError
from digest.ledger import EditionState, Ledger, Overtaken
from digest.model import Incident
from digest.pipeline import Job, NotAsked, Outcome, run
from digest.pipeline.approval import apply_decisions, approve
from digest.pipeline.making import remake
from digest.trackers.base import Payload, Tracker

A = "A cache without a limit fills the disk at night, because nothing ever removes what is old."
SECRET = "A secret learning about a partner, which nobody outside of the team may ever come to read."
READERS = ("ana@example.org", "ben@example.org")
LATER = "2026-06-05T08:00"


class Office:
    """An edition of May with the incidents 101 and 102, approved and not yet sent."""

    def __init__(self, folder: Path, sources: str = "hold") -> None:
        self.shop = Workshop(folder)
        self.config("approval: never", "approval: always")
        self.config("missing_sources: send", f"missing_sources: {sources}")
        self.shop.write("101", "2026-05-12T10:00:00Z", [A])
        self.shop.write("102", "2026-05-20T10:00:00Z", [SECRET])
        self.ledger = Ledger.open(folder / "digest.db")
        self.mailer = Mailer(READERS)
        self.tracker: Tracker | None = None
        run(self.job("2026-06-03T08:00"), self.ledger)
        approve(self.job("2026-06-03T09:00"), self.ledger)

    def config(self, old: str, new: str) -> None:
        text = self.shop.file.read_text()
        assert old in text
        self.shop.file.write_text(text.replace(old, new))

    def job(self, now: str = LATER, month: str = "2026-05") -> Job:
        job = self.shop.job(month, now, self.mailer)
        if self.tracker is None:
            return job
        return replace(job, setup=replace(job.setup, trackers=(self.tracker,)))

    def run(self, now: str = LATER, *, incomplete: bool = False) -> Outcome:
        return run(self.job(now), self.ledger, incomplete=incomplete)

    def hide(self) -> None:
        self.shop.write("102", "2026-05-20T10:00:00Z", [SECRET], visibility="private")

    @property
    def keys(self) -> list[str]:
        held = self.ledger.held("2026-05")
        assert held is not None
        return [row.key for row in held.edition.incidents]


class Moody:
    """The folder's tracker, with moods."""

    def __init__(self, real: Tracker, *, away: bool = False, odd: str = "") -> None:
        self.name = real.name
        self.real, self.away, self.odd = real, away, odd

    def fetch(self, month: object) -> Iterator[Payload]:
        return self.real.fetch(month)  # type: ignore[arg-type]  # passed on

    def refresh(self, keys: Sequence[str]) -> Iterator[Payload]:
        if self.away:
            raise RemoteError(self.name, Reason.UNAVAILABLE, "nobody answers")
        return self.real.refresh(keys)

    def to_incident(self, payload: Payload) -> Incident:
        found = self.real.to_incident(payload)
        if found.key == self.odd:
            message = "a field of another shape"
            raise TypeError(message)
        return found


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def moody(office: Office, *, away: bool = False, odd: str = "") -> Moody:
    return Moody(office.shop.setup().trackers[0], away=away, odd=odd)


def test_an_incident_that_the_ledger_let_go_of_meanwhile_leaves_the_edition(office: Office) -> None:
    """The process ended between forgetting it and making the edition again."""
    office.hide()
    office.ledger.amend((), [("folder", "102")])
    later = office.run()
    assert (later.awaits_approval, later.left, office.mailer.sent) == (True, 1, [])
    assert office.keys == ["101"]


def test_the_next_month_that_finds_it_private_first_does_not_let_it_out(office: Office) -> None:
    office.hide()
    run(office.job("2026-07-02T08:00", "2026-06"), office.ledger)
    assert office.run("2026-07-02T09:00").awaits_approval
    assert (office.keys, office.mailer.sent) == (["101"], [])


def test_it_is_never_sent_while_the_editors_file_names_it(office: Office) -> None:
    held = office.ledger.held("2026-05")
    assert held is not None
    pinned = next(card.id for card in held.edition.key_takeaways if card.incident == "102")
    file = office.shop.folder / "editions" / "2026-05.yaml"
    file.parent.mkdir()
    file.write_text(f"pin: [{pinned}]\n")
    office.hide()
    for _ in range(3):
        with pytest.raises(ConfigError, match="no takeaway of this month has the id"):
            office.run()
    file.unlink()
    assert office.run().awaits_approval
    assert (office.keys, office.mailer.sent) == (["101"], [])


def test_a_shorter_history_by_now_hides_nothing_from_the_last_look(tmp_path: Path) -> None:
    office = Office(tmp_path)
    old = "A certificate without an owner expires, since the reminder goes to a mailbox that nobody reads."
    office.shop.write("090", "2026-04-11T10:00:00Z", [old])
    run(office.job("2026-06-03T08:00"), office.ledger, recollect=True)
    held = office.ledger.held("2026-05")
    assert held is not None
    assert "090" in [card.incident for card in held.edition.key_takeaways]
    assert "090" not in office.keys
    approve(office.job("2026-06-03T09:00"), office.ledger)
    office.config("history: 3", "history: 0")
    (office.shop.folder / "incidents" / "090.md").unlink()
    assert office.run().awaits_approval
    assert office.mailer.sent == []


@pytest.mark.parametrize("sources", ["hold", "send"])
def test_one_incident_that_is_not_understood_leaves_and_stops_no_other(tmp_path: Path, sources: str) -> None:
    office = Office(tmp_path, sources)
    office.shop.write("103", "2026-05-21T10:00:00Z", [A])
    run(office.job("2026-06-03T08:00"), office.ledger, recollect=True)
    approve(office.job("2026-06-03T09:00"), office.ledger)
    office.hide()
    office.tracker = moody(office, odd="103")
    later = office.run()
    assert (later.awaits_approval, later.left, office.keys) == (True, 2, ["101"])


def test_a_tracker_that_does_not_answer_holds_it_back_and_a_word_sends_it(office: Office) -> None:
    office.tracker = moody(office, away=True)
    with pytest.raises(
        NotAsked, match=r"was not sent.*folder: nobody answers.*run --month 2026-05 --incomplete"
    ):
        office.run()
    assert (office.mailer.sent, office.keys) == ([], ["101", "102"])
    assert office.run(incomplete=True).sent == 2


def test_with_missing_sources_sent_nobody_waits_for_it(tmp_path: Path) -> None:
    office = Office(tmp_path, "send")
    office.tracker = moody(office, away=True)
    assert office.run().sent == 2


def test_a_tracker_of_another_name_by_now_does_not_empty_the_edition(office: Office) -> None:
    office.config("name: folder", "name: incidents")
    with pytest.raises(NotAsked, match="folder: the config has no tracker of this name any more"):
        office.run()
    assert office.keys == ["101", "102"]
    assert office.run(incomplete=True).sent == 2


def test_what_is_made_again_after_a_tracker_got_another_name_keeps_its_history(tmp_path: Path) -> None:
    office = Office(tmp_path, "send")
    before = office.ledger.held("2026-05")
    office.config("name: folder", "name: incidents")
    office.ledger.amend((), [("folder", "102")])
    office.run()
    after = office.ledger.held("2026-05")
    assert before is not None
    assert after is not None
    assert after.edition.made.months_before == before.edition.made.months_before
    assert office.keys == ["101"]


def test_a_clock_set_back_is_no_reason_not_to_ask(office: Office) -> None:
    office.hide()
    assert office.run("2026-06-02T08:00").awaits_approval


def test_what_another_process_changes_while_trackers_are_asked_is_not_sent(office: Office) -> None:
    """An editor applies a change between the last look and the sending."""

    class Meddler(Mailer):
        def targets(self) -> Sequence[str]:
            file = office.shop.folder / "editions" / "2026-05.yaml"
            file.parent.mkdir(exist_ok=True)
            held = office.ledger.held("2026-05")
            assert held is not None
            file.write_text(f"drop: [{held.edition.key_takeaways[0].id}]\n")
            remake(office.job(), office.ledger, held)
            return self.people

    meddler = Meddler(READERS)
    with pytest.raises(Overtaken, match="made again meanwhile; nothing was sent"):
        run(office.shop.job("2026-05", LATER, meddler), office.ledger)
    assert meddler.sent == []
    held = office.ledger.held("2026-05")
    assert held is not None
    assert held.state is EditionState.AWAITING_APPROVAL
    assert office.ledger.deliveries(held.id) == ()


def test_what_is_made_again_is_held_in_the_same_step(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two steps another process would address what nobody has looked at."""
    held = office.ledger.held("2026-05")
    assert held is not None

    def ended(_: str) -> bool:
        message = "the process ended here"
        raise DigestError(message)

    monkeypatch.setattr(office.ledger, "hold", ended)
    remake(office.job(), office.ledger, held)
    assert office.ledger.editions()[0].state is EditionState.AWAITING_APPROVAL


def test_a_review_that_was_finished_after_the_cut_off_is_not_in_what_is_made_again(office: Office) -> None:
    office.shop.write("104", "2026-05-25T10:00:00Z", [], review="draft")
    run(office.job("2026-06-03T08:00"), office.ledger, recollect=True)
    late = "Retries without a bound turn one slow server into a storm that takes down its neighbours."
    office.shop.write("104", "2026-05-25T10:00:00Z", [late], review_finished="2026-06-20T09:00:00Z")
    june = run(office.job("2026-07-02T08:00", "2026-06"), office.ledger).held
    assert late in [card.text for card in june.edition.key_takeaways]
    made = apply_decisions(office.job("2026-07-02T09:00"), office.ledger)
    assert late not in [card.text for card in made.edition.key_takeaways]
