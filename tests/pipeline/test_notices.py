"""What the editor is told, and that a notice gets out once."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import builders
import pytest
from workshop import Mailer, Workshop

from digest.delivery.base import PAGES
from digest.errors import Reason, RemoteError, TemplateError
from digest.ledger import HeldEdition, Ledger
from digest.model import (
    Delivery,
    DeliveryState,
    Linked,
    Notice,
    Problem,
    Proof,
    Receipt,
    Rendering,
    Standing,
    Verdict,
)
from digest.period import Month
from digest.pipeline.notices import (
    Desk,
    Trouble,
    missed_notice,
    proof_notice,
    reminder_notice,
    tell,
    trouble_notice,
    unread_notice,
)

EDITOR = "learning@example.org"
NOTICE = Notice("proof:2026-05:abc", EDITOR, "For approval", "Words.")
HTML = "<p>May</p>"
S = DeliveryState


@dataclass
class Clock:
    at: datetime = datetime(2026, 6, 3, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@dataclass(slots=True)
class Writer(Mailer):
    """A channel that writes to one person, or fails with what is set."""

    got: list[Notice] = field(default_factory=list)
    failing: BaseException | None = None

    def write(self, notice: Notice) -> Receipt:
        if self.failing is not None:
            raise self.failing
        self.got.append(notice)
        return Receipt()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "notices.db", clock=clock) as opened:
        yield opened


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    shop = Workshop(tmp_path_factory.mktemp("shop"))
    return Desk.of(shop.setup(), Path("ops/my digest.yaml"))


def held(ledger: Ledger, rendering: Rendering | None = None) -> HeldEdition:
    composed = builders.edition(key_takeaways=(builders.card(), builders.card("Second.", edited=True)))
    return ledger.freeze(composed, rendering or Rendering("2026-05", "all", "May", HTML, "May", "# May"))


def proof_of(frozen: HeldEdition, **over: object) -> Proof:
    verdicts = tuple(
        Verdict(builders.takeaway(f"Not printed {n}.", id=f"10{n}-x"), printed=False, why=("below the bar",))
        for n in range(7)
    )
    proof = Proof(
        frozen.edition,
        frozen.rendering,
        trial=False,
        verdicts=(Verdict(builders.takeaway("Printed."), printed=True, why=()), *verdicts),
        waiting=(("103", "A title", Standing.WAITING_REVIEW, None),),
        problems=(Problem("trackers", "pager", "502 after five tries"),),
        private=2,
        unchecked=1,
    )
    return replace(proof, **over)  # type: ignore[arg-type]  # a test's own fields


def said(notice: Notice) -> str:
    return " ".join(notice.text.split())


# --- What is said ---------------------------------------------------------------------------


def test_a_proof_says_what_would_be_printed_what_not_and_why(desk: Desk, ledger: Ledger) -> None:
    frozen = held(ledger)

    notice = proof_notice(desk, frozen, proof_of(frozen))

    assert (notice.to, notice.subject) == (EDITOR, "Learning Digest, May 2026: for your approval")
    assert notice.attachment == ("digest-2026-05.html", HTML)
    assert notice.key == f"proof:2026-05:{frozen.content_hash[:16]}"
    words = said(notice)
    for card in frozen.edition.key_takeaways:
        assert card.text in words
    assert "Second. (edited)" in words
    assert "the best 5 of 7" in words
    assert "Not printed 4." in words
    assert "Not printed 5." not in words
    assert "Why not: below the bar." in words
    assert "2 private incidents never entered it" in words
    assert "1 incident was left out, because it could not be checked." in words
    assert "1 incident waits" in words
    assert "pager: 502 after five tries" in words


def test_each_command_has_a_line_of_its_own_and_names_the_config(desk: Desk, ledger: Ledger) -> None:
    frozen = held(ledger)
    lines = proof_notice(desk, frozen, proof_of(frozen)).text.splitlines()

    option = "--config 'ops/my digest.yaml'"
    for command in ("preview --month 2026-05", "edit 2026-05", "approve 2026-05"):
        assert f"    digest {command} {option}" in lines


def test_the_default_config_is_not_named(desk: Desk, ledger: Ledger) -> None:
    frozen = held(ledger)
    lines = proof_notice(Desk(desk.setup), frozen, proof_of(frozen)).text.splitlines()

    assert "    digest approve 2026-05" in lines


def test_it_says_when_it_goes_by_itself_or_that_it_never_does(desk: Desk, ledger: Ledger) -> None:
    frozen = held(ledger)
    at = datetime(2026, 6, 5, 8, tzinfo=UTC)

    assert "by itself on 5 June 2026 at 09:00 (Europe/Lisbon)" in said(
        proof_notice(desk, frozen, proof_of(frozen), at)
    )
    assert "Nothing is sent until you approve it." in said(proof_notice(desk, frozen, proof_of(frozen)))


def test_what_a_quiet_proof_has_nothing_of_it_does_not_mention(desk: Desk, ledger: Ledger) -> None:
    frozen = held(ledger)
    quiet = proof_of(frozen, verdicts=(), waiting=(), problems=(), private=0, unchecked=0)

    words = said(proof_notice(desk, frozen, quiet))

    for absent in ("Not printed", "private", "could not be checked", "For you alone"):
        assert absent not in words


def test_what_is_shown_of_what_was_left_out_is_masked_once_more(desk: Desk, ledger: Ledger) -> None:
    frozen = held(ledger)
    mask = desk.setup.mask
    masked = Desk(replace(desk.setup, mask=lambda text: mask(text).replace("Solmar", "[customer]")))
    verdict = Verdict(builders.takeaway("Solmar was down."), printed=False, why=("below the bar",))

    notice = proof_notice(masked, frozen, proof_of(frozen, verdicts=(verdict,)))

    assert "[customer] was down." in notice.text
    assert "Solmar" not in notice.text


def test_with_a_page_the_mail_that_links_to_it_is_attached(desk: Desk, ledger: Ledger) -> None:
    linked = Rendering(
        "2026-05", "all", "May", "<p>no page</p>", "May", "# May", linked=Linked("<p>page</p>", "May", "May")
    )
    frozen = held(ledger, linked)

    notice = proof_notice(desk, frozen, proof_of(frozen))

    assert notice.attachment == ("digest-2026-05.html", "<p>page</p>")
    assert "leads nowhere until the page is out" in said(notice)


def test_a_reminder_is_shorter_and_another_notice(desk: Desk, ledger: Ledger) -> None:
    frozen = held(ledger)
    proof = proof_notice(desk, frozen, proof_of(frozen))

    reminder = reminder_notice(desk, frozen, datetime(2026, 6, 3, 8, tzinfo=UTC))

    assert len(reminder.text) < len(proof.text)
    assert reminder.key == f"reminder:2026-05:{frozen.content_hash[:16]}"
    assert "has waited for your word since 3 June 2026" in said(reminder)
    assert "digest approve 2026-05" in reminder.text
    assert reminder.attachment == proof.attachment


def test_an_unread_tracker_is_named_with_what_it_said_and_what_to_do(desk: Desk) -> None:
    problems = (
        Problem("trackers", "pager", "it did not answer", incidents_missing=True),
        Problem("trackers", "github", "401: the token was refused; is it expired?", incidents_missing=True),
    )

    notice = unread_notice(desk, builders.MAY, problems)

    assert notice.key == "unread:2026-05:github,pager"
    assert notice.subject == "Learning Digest, May 2026: github and pager could not be read"
    assert "- github: 401: the token was refused; is it expired?" in notice.text
    assert "    digest doctor" in notice.text
    assert "    digest run --month 2026-05 --incomplete" in notice.text


def test_gaps_are_counted_by_channel_and_no_reader_is_named(desk: Desk) -> None:
    deliveries = (
        Delivery("mail", "ana@example.org", S.FAILED, detail="550 no such user"),
        Delivery("mail", "ben@example.org", S.FAILED, detail="550 no such user"),
        Delivery("mail", "eva@example.org", S.UNKNOWN, detail="no answer"),
        Delivery("mail", "joe@example.org", S.SENT),
        Delivery("wiki", "https://git.example.org/wiki.git", S.FAILED, detail="403: may not push"),
    )
    problems = (
        Problem("delivery", "mail: ana@example.org", "failed: 550 no such user"),
        Problem("delivery", "wiki: https://git.example.org/wiki.git", "failed: 403: may not push"),
        Problem("delivery", "chat", "the webhook was refused"),
    )

    notice = trouble_notice(desk, builders.MAY, Trouble(problems=problems, deliveries=deliveries))

    assert "- mail: 2 not sent, and not tried again." in notice.text
    assert "- mail: 1 may have arrived, or not." in said(notice)
    assert "- wiki: not sent, and not tried again (403: may not push)." in said(notice)
    assert "- chat: the webhook was refused" in notice.text
    assert "@example.org" not in notice.text
    assert "    digest status" in notice.text


def test_the_same_trouble_is_one_notice_however_many_it_concerns(desk: Desk) -> None:
    def key(*addresses: str, state: DeliveryState = S.FAILED) -> str:
        deliveries = tuple(Delivery("mail", address, state) for address in addresses)
        return trouble_notice(desk, builders.MAY, Trouble(deliveries=deliveries)).key

    assert key("ana@example.org") == key("ana@example.org", "ben@example.org")
    assert key("ana@example.org") != key("ana@example.org", state=S.UNKNOWN)


def test_an_edition_that_could_not_be_made_says_why_and_how_to_go_on(desk: Desk) -> None:
    trouble = Trouble(("template email/edition.mjml.j2:12: 'masthed' is undefined",), made=False)

    notice = trouble_notice(desk, builders.MAY, trouble)

    assert notice.subject == "Learning Digest, May 2026: could not be made"
    assert "edition.mjml.j2:12: 'masthed' is undefined" in said(notice)
    assert "    digest run --month 2026-05 --config" in notice.text


def test_missed_months_have_a_command_each_the_oldest_first(desk: Desk) -> None:
    months = [Month(2026, 5, "Europe/Lisbon"), Month(2026, 4, "Europe/Lisbon")]

    notice = missed_notice(Desk(desk.setup), months)

    assert notice.key == "missed:2026-04,2026-05"
    assert "The editions of April 2026 and May 2026 fell due" in said(notice)
    assert [line for line in notice.text.splitlines() if line.startswith("    ")] == [
        "    digest run --month 2026-04",
        "    digest run --month 2026-05",
    ]
    assert "The edition of May 2026 fell due" in said(missed_notice(desk, months[:1]))


# --- How it gets out ------------------------------------------------------------------------


def test_a_notice_gets_out_once(ledger: Ledger) -> None:
    writer = Writer(())

    assert [tell(NOTICE, [writer], ledger) for _ in range(3)] == [None, None, None]
    assert writer.got == [NOTICE]


def test_it_goes_by_mail_where_there_is_mail(ledger: Ledger) -> None:
    files, mail, room = Writer((), name="files", order=PAGES), Writer(()), Mailer((), name="room")

    assert tell(NOTICE, [files, room, mail], ledger) is None
    assert (files.got, mail.got) == ([], [NOTICE])


def test_it_lies_in_the_outbox_where_there_is_no_mail(ledger: Ledger) -> None:
    files = Writer((), name="files", order=PAGES)

    assert tell(NOTICE, [Mailer(()), files], ledger) is None
    assert files.got == [NOTICE]


def test_what_failed_is_a_problem_and_is_tried_again(ledger: Ledger) -> None:
    writer = Writer((), failing=RemoteError("mail", Reason.UNAVAILABLE, "450 greylisted"))

    problems = [tell(NOTICE, [writer], ledger) for _ in range(2)]
    writer.failing = None

    assert [p and (p.stage, p.subject) for p in problems] == [("notices", "For approval")] * 2
    assert all(p and "450 greylisted" in p.detail and "tried again" in p.detail for p in problems)
    assert tell(NOTICE, [writer], ledger) is None
    assert writer.got == [NOTICE]


def test_what_may_have_arrived_is_told_and_not_written_again(ledger: Ledger) -> None:
    writer = Writer((), failing=RemoteError("mail", Reason.NO_ANSWER, "no answer; it may have arrived"))

    first = tell(NOTICE, [writer], ledger)
    writer.failing = None

    assert first is not None
    assert "it is not written again" in first.detail
    assert tell(NOTICE, [writer], ledger) is None
    assert writer.got == []


def test_a_process_that_ends_in_the_midst_leaves_it_to_be_tried_again(ledger: Ledger) -> None:
    writer = Writer((), failing=KeyboardInterrupt())

    with pytest.raises(KeyboardInterrupt):
        tell(NOTICE, [writer], ledger)
    writer.failing = None

    assert tell(NOTICE, [writer], ledger) is None
    assert writer.got == [NOTICE]


def test_a_mail_that_cannot_be_put_together_stops_nothing(ledger: Ledger) -> None:
    problem = tell(
        NOTICE, [Writer((), failing=TemplateError("mail", "its headers do not read back"))], ledger
    )

    assert problem is not None
    assert "headers do not read back" in problem.detail


def test_without_an_editor_the_operator_hears_it_once_and_an_editor_added_later_does(ledger: Ledger) -> None:
    writer, nobody = Writer(()), replace(NOTICE, to="")

    problems = [tell(nobody, [writer], ledger) for _ in range(3)]

    assert [p is not None for p in problems] == [True, False, False]
    assert problems[0] is not None
    assert "`editor`" in problems[0].detail
    assert tell(NOTICE, [writer], ledger) is None
    assert writer.got == [NOTICE]


def test_without_a_channel_that_writes_the_operator_hears_it_once(ledger: Ledger) -> None:
    problems = [tell(NOTICE, [Mailer(())], ledger) for _ in range(3)]

    assert [p is not None for p in problems] == [True, False, False]
    assert problems[0] is not None
    assert "smtp" in problems[0].detail
    writer = Writer(())
    assert tell(NOTICE, [writer], ledger) is None
    assert writer.got == [NOTICE]


def test_again_after_a_while_is_again(ledger: Ledger, clock: Clock) -> None:
    writer, fortnight = Writer(()), timedelta(days=14)
    tell(NOTICE, [writer], ledger, fortnight)

    clock.at += timedelta(days=13, hours=23)
    tell(NOTICE, [writer], ledger, fortnight)
    assert len(writer.got) == 1
    clock.at += timedelta(hours=1)
    tell(NOTICE, [writer], ledger, fortnight)

    assert len(writer.got) == 2
