from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from workshop import Mailer, Workshop

from digest.errors import ConfigError, Reason, RemoteError
from digest.ledger import Ledger
from digest.model import DeliveryState
from digest.period import Month
from digest.pipeline import AlreadySent, Job, proof_of, run, trial

A = "A cache without a limit fills the disk at night, because nothing ever removes what is old."
B = "An alert that watches the old queue stays silent when the new one stops, so nobody is paged."
C = "A certificate without an owner expires, since the reminder goes to a mailbox that nobody reads."
D = "Retries without a bound turn one slow server into a storm that takes down its neighbours."
READERS = ("ana@example.org", "ben@example.org", "eva@example.org")


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture
def ledger(shop: Workshop) -> Ledger:
    return Ledger.open(shop.folder / "digest.db")


def texts(job: Job, ledger: Ledger) -> list[str]:
    return [card.text for card in trial(job, ledger).edition.key_takeaways]


def test_a_month_goes_in_and_each_form_comes_out(shop: Workshop, ledger: Ledger) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A, B])
    shop.write("102", "2026-05-20T10:00:00Z", [C])

    outcome = run(shop.job("2026-05", "2026-06-03T08:00"), ledger)

    assert [d.state for d in outcome.deliveries] == [DeliveryState.SENT]
    made = {file.suffix for file in (shop.folder / "out" / "2026-05").iterdir()}
    assert made == {".eml", ".html", ".md", ".txt"}
    for form in (outcome.held.rendering.html, outcome.held.rendering.text, outcome.held.rendering.markdown):
        assert "expires" in form


def test_a_second_run_collects_nothing_and_sends_nothing(shop: Workshop, ledger: Ledger) -> None:
    mailer = Mailer(READERS)
    file = shop.write("101", "2026-05-12T10:00:00Z", [A])
    first = run(shop.job("2026-05", "2026-06-03T08:00", mailer), ledger)
    file.unlink()

    second = run(shop.job("2026-05", "2026-06-04T08:00", mailer), ledger)

    assert (first.fresh, first.sent) == (True, 3)
    assert (second.fresh, second.sent) == (False, 0)
    assert second.held.edition == first.held.edition
    assert sorted(target for target, _ in mailer.sent) == sorted(READERS)


def test_a_channel_that_is_down_does_not_stop_the_others_and_is_served_later(
    shop: Workshop, ledger: Ledger
) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    mailer, other = Mailer(READERS, down=True), Mailer(("room",), name="chat")

    first = run(shop.job("2026-05", "2026-06-03T08:00", mailer, other), ledger)
    mailer.down = False
    second = run(shop.job("2026-05", "2026-06-03T09:00", mailer, other), ledger)

    assert [p.subject for p in first.problems] == ["mail"]
    assert len(other.sent) == 1
    assert second.sent == 3
    assert len(mailer.sent) == 3


def test_an_edition_that_went_out_is_not_made_anew(shop: Workshop, ledger: Ledger) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    run(shop.job("2026-05", "2026-06-03T08:00", Mailer(READERS)), ledger)

    with pytest.raises(AlreadySent, match="went out already"):
        run(shop.job("2026-05", "2026-06-03T09:00", Mailer(READERS)), ledger, recollect=True)


def test_an_edition_that_nobody_has_had_is_made_anew_on_demand(shop: Workshop, ledger: Ledger) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    run(shop.job("2026-05", "2026-06-03T08:00", Mailer(READERS, down=True)), ledger)
    shop.write("102", "2026-05-20T10:00:00Z", [C])
    mailer = Mailer(READERS)

    outcome = run(shop.job("2026-05", "2026-06-03T09:00", mailer), ledger, recollect=True)

    assert outcome.fresh
    assert {row.key for row in outcome.held.edition.incidents} == {"101", "102"}
    assert len(mailer.sent) == 3


def test_an_edition_that_cannot_be_made_anew_stays_as_it_was(shop: Workshop, ledger: Ledger) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    first = run(shop.job("2026-05", "2026-06-03T08:00"), ledger)
    decide(shop, "pinn: [x]\n")

    with pytest.raises(ConfigError, match="did you mean 'pin'"):
        run(shop.job("2026-05", "2026-06-03T09:00"), ledger, recollect=True)

    assert ledger.held("2026-05") is not None
    assert ledger.deliveries(first.held.id) == first.deliveries


def test_an_editors_file_written_after_the_edition_is_frozen_is_told_of(
    shop: Workshop, ledger: Ledger
) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    run(shop.job("2026-05", "2026-06-03T08:00"), ledger)
    decide(shop, "pin: []\n")

    assert run(shop.job("2026-05", "2026-06-03T09:00"), ledger).stale == "2026-05.yaml was written"


def test_files_alone_do_not_keep_an_edition_from_being_made_anew(shop: Workshop, ledger: Ledger) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    run(shop.job("2026-05", "2026-06-03T08:00"), ledger)
    shop.write("102", "2026-05-20T10:00:00Z", [C])

    outcome = run(shop.job("2026-05", "2026-06-03T09:00"), ledger, recollect=True)

    page = (shop.folder / "out" / "2026-05" / "digest-2026-05.md").read_text(encoding="utf-8")
    assert outcome.sent == 1
    assert "Incident 102" in page


# --- The month ------------------------------------------------------------------------------


def test_a_review_that_came_late_is_in_the_next_edition_marked_with_its_month(
    shop: Workshop, ledger: Ledger
) -> None:
    shop.write("101", "2026-04-28T10:00:00Z", [A], review_finished="2026-05-14T09:00:00Z")
    shop.write("102", "2026-05-20T10:00:00Z", [C], review_finished="2026-05-25T09:00:00Z")

    edition = trial(shop.job("2026-05", "2026-06-03T08:00"), ledger).edition

    by_incident = {card.incident: card.from_month for card in edition.key_takeaways}
    assert by_incident["102"] is None
    late = by_incident["101"]
    assert late is not None
    assert late.key == "2026-04"
    assert [row.key for row in edition.incidents] == ["102"]
    assert edition.masthead.facts[0] == "1 incident"


def test_a_takeaway_is_in_one_edition_only(shop: Workshop, ledger: Ledger) -> None:
    # Finished between April's cut-off and the end of May: late for April, and not again in June.
    shop.write("101", "2026-04-28T10:00:00Z", [A], review_finished="2026-05-14T09:00:00Z")
    run(shop.job("2026-04", "2026-05-04T08:00"), ledger)
    may = run(shop.job("2026-05", "2026-06-03T08:00"), ledger).held.edition
    june = run(shop.job("2026-06", "2026-07-03T08:00"), ledger).held.edition

    assert [card.incident for card in may.key_takeaways] == ["101"]
    assert june.key_takeaways == ()
    assert june.worth_repeating == ()


def test_a_review_written_after_the_edition_went_out_is_found_by_asking_again(
    shop: Workshop, ledger: Ledger
) -> None:
    shop.write("101", "2026-03-28T10:00:00Z", [], review_state="draft")
    run(shop.job("2026-03", "2026-04-03T08:00"), ledger)
    run(shop.job("2026-04", "2026-05-04T08:00"), ledger)
    shop.write("101", "2026-03-28T10:00:00Z", [A])  # no finish time: first seen complete now

    may = run(shop.job("2026-05", "2026-06-03T08:00"), ledger).held.edition

    assert [(c.incident, c.from_month and c.from_month.key) for c in may.key_takeaways] == [
        ("101", "2026-03")
    ]


def test_an_incident_recorded_after_its_months_edition_is_not_lost(shop: Workshop, ledger: Ledger) -> None:
    shop.write("90", "2026-03-10T10:00:00Z")
    run(shop.job("2026-04", "2026-05-04T08:00"), ledger)
    shop.write("101", "2026-04-28T10:00:00Z", [A], review_finished="2026-05-14T09:00:00Z")

    may = run(shop.job("2026-05", "2026-06-03T08:00"), ledger).held.edition

    assert [card.incident for card in may.key_takeaways] == ["101"]


def test_a_first_run_does_not_print_a_year_of_old_reviews(shop: Workshop, ledger: Ledger) -> None:
    shop.write("90", "2026-03-10T10:00:00Z", [A, D])  # no finish time
    shop.write("95", "2026-04-10T10:00:00Z", [B])
    shop.write("101", "2026-05-12T10:00:00Z", [C])

    edition = run(shop.job("2026-05", "2026-06-03T08:00"), ledger).held.edition

    assert [card.incident for card in edition.key_takeaways] == ["101"]
    # Fewer than three: followed by earlier ones that no edition has carried, one an incident.
    assert {card.incident for card in edition.worth_repeating} == {"90", "95"}


def test_months_before_the_first_record_are_not_counted_as_quiet(shop: Workshop, ledger: Ledger) -> None:
    shop.write("95", "2026-04-10T10:00:00Z", [B])
    shop.write("101", "2026-05-12T10:00:00Z", [C])

    edition = trial(shop.job("2026-05", "2026-06-03T08:00"), ledger).edition

    assert edition.made.months_before == 1


def test_a_draft_gives_nothing_and_waits(shop: Workshop, ledger: Ledger) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A], review_state="draft")

    edition = trial(shop.job("2026-05", "2026-06-03T08:00"), ledger).edition

    assert edition.key_takeaways == ()
    assert edition.waiting is not None
    assert edition.waiting.waiting_review == 1


def test_a_quiet_month_is_an_edition_too(shop: Workshop, ledger: Ledger) -> None:
    shop.write("90", "2025-12-10T10:00:00Z", [A])

    outcome = run(shop.job("2026-05", "2026-06-03T08:00"), ledger)

    assert outcome.held.edition.quiet
    assert "without incidents" in outcome.held.edition.subject
    assert outcome.sent == 1


def test_a_review_finished_today_without_a_time_is_in_todays_edition_alone(
    shop: Workshop, ledger: Ledger
) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A, B], review_finished="2026-06-03")

    may = run(shop.job("2026-05", "2026-06-03T08:00"), ledger).held.edition
    june = run(shop.job("2026-06", "2026-07-03T08:00"), ledger).held.edition

    assert [card.incident for card in may.key_takeaways] == ["101", "101"]
    assert june.made.takeaways_found == 0


# --- What could not be read -----------------------------------------------------------------


class Silence:
    """A tracker that does not answer."""

    name = "jira"

    def fetch(self, month: Month) -> list[dict[str, object]]:
        raise RemoteError(self.name, Reason.NO_ANSWER, f"no answer about {month}")

    def refresh(self, keys: object) -> list[dict[str, object]]:
        raise RemoteError(self.name, Reason.NO_ANSWER, f"no answer about {keys}")


def test_when_no_tracker_answers_nothing_is_made_or_sent(shop: Workshop, ledger: Ledger) -> None:
    mailer = Mailer(READERS)
    job = shop.job("2026-05", "2026-06-03T08:00", mailer)
    job = replace(job, setup=replace(job.setup, trackers=(Silence(),)))  # type: ignore[arg-type]  # a fake

    with pytest.raises(RemoteError, match="nothing could be read"):
        run(job, ledger)

    assert mailer.sent == []
    assert ledger.held("2026-05") is None


def test_when_one_tracker_does_not_answer_the_edition_says_so(shop: Workshop, ledger: Ledger) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    job = shop.job("2026-05", "2026-06-03T08:00")
    trackers = (*job.setup.trackers, Silence())

    edition = trial(replace(job, setup=replace(job.setup, trackers=trackers)), ledger).edition  # type: ignore[arg-type]  # a fake

    assert "jira could not be read" in edition.lead
    assert [p.subject for p in edition.problems] == ["jira"]
    assert not edition.quiet


def test_an_incident_that_cannot_be_checked_is_left_out_and_counted(shop: Workshop, ledger: Ledger) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    shop.write("102", "2026-05-20T10:00:00Z", [C])
    job = shop.job("2026-05", "2026-06-03T08:00")
    redact = job.setup.redact

    def poisoned(incident: object) -> object:
        if incident.key == "102":  # type: ignore[attr-defined]  # an Incident
            message = "canary"
            raise RuntimeError(message)
        return redact(incident)  # type: ignore[arg-type]  # as above

    prepared = trial(replace(job, setup=replace(job.setup, redact=poisoned)), ledger)  # type: ignore[arg-type]  # as above

    assert [row.key for row in prepared.edition.incidents] == ["101"]
    assert prepared.edition.made.unchecked == 1
    assert "Incident 102" not in prepared.rendering.html
    assert "canary" not in str(prepared.proof.problems)


# --- An editor ------------------------------------------------------------------------------


def decide(shop: Workshop, text: str) -> None:
    (shop.folder / "editions").mkdir(exist_ok=True)
    (shop.folder / "editions" / "2026-05.yaml").write_text(text, encoding="utf-8")


def test_an_editor_pins_drops_and_rewords(shop: Workshop, ledger: Ledger) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A, B])
    shop.write("102", "2026-05-20T10:00:00Z", [C])
    job = shop.job("2026-05", "2026-06-03T08:00")
    ids = {t.text: t.id for t in trial(job, ledger).takeaways}

    decide(shop, f"pin: [{ids[B]}]\ndrop: [{ids[A]}]\nreword:\n  {ids[C]}: Certificates need an owner.\n")
    prepared = trial(job, ledger)

    cards = prepared.edition.key_takeaways
    assert cards[0].text == B
    assert A not in [card.text for card in cards]
    assert ("Certificates need an owner.", True) in [(card.text, card.edited) for card in cards]
    assert "(edited)" in prepared.rendering.text
    assert "dropped by the editor" in [why for v in prepared.proof.verdicts for why in v.why]


def test_an_id_that_no_takeaway_has_is_named_with_its_line(shop: Workshop, ledger: Ledger) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    decide(shop, "pin: []\ndrop:\n  - 101-000000\n")

    with pytest.raises(ConfigError, match=r"2026-05\.yaml:3 drop\[0\].*101-000000"):
        trial(shop.job("2026-05", "2026-06-03T08:00"), ledger)


def test_a_line_that_blames_is_printed_only_reworded(shop: Workshop, ledger: Ledger) -> None:
    blaming = "The engineer on call should have checked the setting before the release, which was careless."
    shop.write("101", "2026-05-12T10:00:00Z", [blaming])
    job = shop.job("2026-05", "2026-06-03T08:00")
    (takeaway,) = trial(job, ledger).takeaways
    assert texts(job, ledger) == []

    decide(shop, f"pin: [{takeaway.id}]\n")
    with pytest.raises(ConfigError, match="blames"):
        trial(job, ledger)

    decide(
        shop,
        f"pin: [{takeaway.id}]\nreword:\n  {takeaway.id}: The console shows no difference between the two.\n",
    )
    assert texts(job, ledger) == ["The console shows no difference between the two."]


# --- The last look --------------------------------------------------------------------------


def test_what_an_editor_writes_is_masked_too(shop: Workshop, ledger: Ledger) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    job = shop.job("2026-05", "2026-06-03T08:00")
    (takeaway,) = trial(job, ledger).takeaways
    decide(shop, f"reword:\n  {takeaway.id}: A cache of Acme Corp fills, says ana@example.org.\n")
    config = shop.file.read_text(encoding="utf-8") + "redaction: {customers: [Acme Corp]}\n"
    shop.file.write_text(config, encoding="utf-8")

    prepared = trial(shop.job("2026-05", "2026-06-03T08:00"), ledger)

    assert prepared.edition.subject.startswith("A cache of [customer] fills, says [e-mail address]")
    for form in (prepared.rendering.html, prepared.rendering.text, prepared.rendering.markdown):
        assert "Acme" not in form
        assert "ana@example.org" not in form


@pytest.mark.parametrize("apart", ["AKIAIOSFO<!-- x -->DNN7ABCDEFG", "AKIAIOSFO<foo>DNN7ABCDEFG"])
def test_a_secret_that_markup_took_apart_is_masked_where_it_is_printed(
    shop: Workshop, ledger: Ledger, apart: str
) -> None:
    shop.write(
        "101", "2026-05-12T10:00:00Z", [f"A key such as {apart} in a log opens every door to everybody."]
    )

    prepared = trial(shop.job("2026-05", "2026-06-03T08:00"), ledger)

    assert prepared.edition.made.takeaways_found == 1
    for form in (prepared.rendering.html, prepared.rendering.text, prepared.rendering.markdown):
        assert "DNN7ABCDEFG" not in form


def test_an_incident_that_turned_private_is_not_repeated(shop: Workshop, ledger: Ledger) -> None:
    shop.write("90", "2026-03-10T10:00:00Z", [A])
    run(shop.job("2026-04", "2026-05-04T08:00", Mailer((), down=True)), ledger)
    shop.write("101", "2026-05-12T10:00:00Z", [C])
    shop.write("90", "2026-03-10T10:00:00Z", [A], visibility="private")

    edition = run(shop.job("2026-05", "2026-06-03T08:00"), ledger).held.edition

    assert [card.incident for card in (*edition.key_takeaways, *edition.worth_repeating)] == ["101"]
    assert ledger.incidents("2026-03") == ()


def test_a_key_that_two_trackers_use_names_its_tracker(shop: Workshop, ledger: Ledger) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    other = shop.folder / "other"
    other.mkdir()
    text = (shop.folder / "incidents" / "101.md").read_text(encoding="utf-8")
    (other / "101.md").write_text(text.replace(A, C).replace("SEV3", "SEV1"), encoding="utf-8")
    config = shop.file.read_text(encoding="utf-8")
    two = "  - name: second\n    kind: folder\n    path: other\n    visibility: public\nchannels:"
    shop.file.write_text(config.replace("channels:", two), encoding="utf-8")

    cards = trial(shop.job("2026-05", "2026-06-03T08:00"), ledger).edition.key_takeaways

    found = {card.text: (card.incident, card.severity and int(card.severity)) for card in cards}
    assert found == {A: ("folder 101", 3), C: ("second 101", 1)}


def test_a_key_that_may_not_be_shown_costs_the_incident(shop: Workshop, ledger: Ledger) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    shop.write("acme-corp-outage", "2026-05-13T10:00:00Z", [C])
    config = shop.file.read_text(encoding="utf-8") + "redaction: {customers: [Acme Corp]}\n"
    shop.file.write_text(config, encoding="utf-8")

    prepared = trial(shop.job("2026-05", "2026-06-03T08:00"), ledger)

    assert [row.key for row in prepared.edition.incidents] == ["101"]
    assert prepared.edition.made.unchecked == 1
    assert any("UnsafeKeyError" in problem.detail for problem in prepared.proof.problems)


# --- Looking --------------------------------------------------------------------------------


def test_a_trial_stores_nothing(shop: Workshop, ledger: Ledger) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])

    trial(shop.job("2026-05", "2026-06-03T08:00"), ledger)

    assert ledger.held("2026-05") is None
    assert ledger.incidents("2026-05") == ()
    assert ledger.months_held(["folder"]) == frozenset()


def test_the_proof_of_a_frozen_edition_is_of_what_was_frozen(shop: Workshop, ledger: Ledger) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A, B])
    job = shop.job("2026-05", "2026-06-03T08:00")
    tried = trial(job, ledger)
    held = run(job, ledger).held
    shop.write("102", "2026-05-20T10:00:00Z", [C])

    proof = proof_of(replace(job, now=datetime.fromisoformat("2026-06-09T08:00+00:00")), ledger).proof

    assert not proof.trial
    assert proof.edition == held.edition
    assert proof.verdicts == tried.proof.verdicts
    assert proof.waiting == tried.proof.waiting
