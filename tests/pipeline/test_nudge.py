"""Owners of reviews that wait: who is asked what, when, how often, and that nobody else hears of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import builders
import pytest
from servers.mail_server import PASSWORD, USER, MailServer, mail_server
from servers.slack_server import SECRET, SlackServer
from workshop import Mailer, Workshop

from digest.config.nudge import Nudge
from digest.config.schedule import Schedule
from digest.delivery.base import Context
from digest.delivery.smtp import SmtpChannel
from digest.delivery.smtp_settings import Settings as SmtpSettings
from digest.errors import Reason, RemoteError
from digest.ledger import Ledger
from digest.model import (
    Collected,
    Incident,
    Notice,
    Receipt,
    Rendering,
    Review,
    ReviewState,
    Source,
    Standing,
    Visibility,
)
from digest.period import Month
from digest.pipeline import Setup
from digest.pipeline.nudge import Fate, ask_owners, nudge_owners, plan_of
from digest.pipeline.waiting import Waiting, waiting
from digest.trackers.base import Payload

PAYMENTS, SEARCH = "payments-leads@example.org", "search-leads@example.org"
HEAD = "## Lessons learned\n\n- "
LEARNT = HEAD + "A cache without a limit fills the disk at night, because nothing ever removes what is old.\n"
MAYBE = "We had two places for the same setting."
WEAK = f"## What went wrong\n\n- {MAYBE}\n"
BLAMES = HEAD + "The engineer on call should have checked it before the release, which was careless.\n"
FIX = HEAD + "Add an alert for the queue.\n"
# A Wednesday, ten in the morning in Lisbon.
NOW = datetime(2026, 6, 3, 9, 0, tzinfo=UTC)


@dataclass
class Clock:
    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


@dataclass(slots=True)
class Writer(Mailer):
    """A mail channel that writes to one person, and fails for whom it is told to."""

    got: list[Notice] = field(default_factory=list)
    failing: dict[str, BaseException] = field(default_factory=dict)

    def write(self, notice: Notice) -> Receipt:
        if notice.to in self.failing:
            raise self.failing[notice.to]
        self.got.append(notice)
        return Receipt()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "nudge.db", clock=clock) as opened:
        yield opened


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    return Workshop(tmp_path_factory.mktemp("shop")).setup()


def office(setup: Setup, *channels: object, schedule: Schedule | None = None, **nudge: Any) -> Setup:
    fields = {"teams": {"Payments": PAYMENTS, "Search": SEARCH}} | nudge
    update = {"nudge": Nudge.model_validate(fields), "schedule": schedule or Schedule()}
    return replace(setup, settings=setup.settings.model_copy(update=update), channels=channels)  # type: ignore[arg-type]  # fakes


def incident(key: str, team: str | None = "Payments", text: str = "", day: int = 12, **over: Any) -> Incident:
    review = Review(ReviewState.FINISHED, text) if text else Review()
    fields: dict[str, Any] = {
        "team": team,
        "title": f"Incident {key}",
        "url": f"https://tracker.example.org/{key}",
        "resolved": datetime(2026, 5, day, 9, tzinfo=UTC),
        "review": review,
    }
    return builders.incident(key, **fields | over)


def store(ledger: Ledger, *incidents: Incident, month: str = "2026-05") -> None:
    meant = Month.parse(month, "Europe/Lisbon")
    ledger.store(Collected(meant, incidents, sources=(Source("reviews", NOW, len(incidents)),)))


def keys(found: tuple[Waiting, ...]) -> list[str]:
    return [one.key for one in found]


def look(setup: Setup, ledger: Ledger, clock: Clock) -> tuple[str, ...]:
    return nudge_owners(setup, ledger, clock.at)


# --- What waits -----------------------------------------------------------------------------


def test_what_carries_a_takeaway_does_not_wait(plain: Setup, ledger: Ledger) -> None:
    store(
        ledger, incident("1", text=LEARNT), incident("2"), incident("3", text=WEAK), incident("4", text=FIX)
    )

    found = waiting(plain, ledger, NOW)

    assert {one.key: one.standing for one in found} == {
        "2": Standing.WAITING_REVIEW,
        "3": Standing.WAITING_LEARNING,
        "4": Standing.WAITING_LEARNING,
    }


def test_those_that_waited_longest_come_first_and_the_young_ones_not_at_all(
    plain: Setup, ledger: Ledger
) -> None:
    store(
        ledger,
        incident("young", day=29),
        incident("b", day=12),
        incident("a", day=12),
        incident("old", day=2),
    )

    assert keys(waiting(plain, ledger, NOW, days=7)) == ["old", "a", "b"]
    assert [one.days for one in waiting(plain, ledger, NOW, days=7)] == [32, 22, 22]


def test_six_months_count_and_no_more(plain: Setup, ledger: Ledger) -> None:
    for number, month in enumerate(("2025-11", "2025-12", "2026-05", "2026-06")):
        store(ledger, incident(str(number), resolved=Month.parse(month).start), month=month)

    assert keys(waiting(plain, ledger, NOW)) == ["1", "2"]


def test_what_an_edition_has_carried_does_not_wait(plain: Setup, ledger: Ledger) -> None:
    store(ledger, incident("101"), incident("102"))
    composed = builders.edition(key_takeaways=(builders.card(incident="101"),))
    ledger.freeze(composed, Rendering("2026-05", "all", "May", "<p/>", "May", "# May"))

    assert keys(waiting(plain, ledger, NOW)) == ["102"]


def test_a_line_that_may_be_it_is_quoted_but_none_that_blames_or_only_fixes(
    plain: Setup, ledger: Ledger
) -> None:
    store(ledger, incident("1", text=WEAK), incident("2", text=BLAMES), incident("3", text=FIX))
    draft = incident("4", review=Review(ReviewState.DRAFT, LEARNT))
    store(ledger, draft, month="2026-04")

    quoted = {one.key: one.candidates for one in waiting(plain, ledger, NOW)}

    assert quoted["1"] == (MAYBE,)
    assert (quoted["2"], quoted["3"]) == ((), ())
    assert quoted["4"][0].startswith("A cache without a limit")


def test_what_is_masked_by_now_is_masked(plain: Setup, ledger: Ledger) -> None:
    setup = replace(plain, mask=lambda text: text.replace("Solmar", "[customer]"))
    store(ledger, incident("1", title="Solmar saw errors", text=WEAK.replace("same", "Solmar")))

    (one,) = waiting(setup, ledger, NOW)

    assert one.title == "[customer] saw errors"
    assert one.candidates == ("We had two places for the [customer] setting.",)


# --- Who is asked ---------------------------------------------------------------------------


def test_each_owner_gets_one_letter_about_their_own_incidents(
    plain: Setup, ledger: Ledger, clock: Clock
) -> None:
    writer = Writer(())
    store(ledger, incident("1"), incident("2", "Search"), incident("3"))

    told = look(office(plain, writer), ledger, clock)

    assert told == (f"asked {PAYMENTS} about 2 incidents", f"asked {SEARCH} about 1 incident")
    letters = {notice.to: notice for notice in writer.got}
    assert list(letters) == [PAYMENTS, SEARCH]
    assert "Incident 2" not in letters[PAYMENTS].text
    assert all(f"https://tracker.example.org/{key}" in letters[PAYMENTS].text for key in "13")
    assert "22 days" in letters[SEARCH].text
    assert "What we learnt" in letters[SEARCH].text


def test_an_owner_of_two_teams_gets_one_letter_in_any_spelling(
    plain: Setup, ledger: Ledger, clock: Clock
) -> None:
    writer = Writer(())
    setup = office(plain, writer, teams={"Payments": PAYMENTS, "Search": PAYMENTS.capitalize()})
    store(ledger, incident("1"), incident("2", "  SEARCH "))

    look(setup, ledger, clock)

    (letter,) = writer.got
    assert "- 1, Incident 1 (Payments)" in letter.text
    assert "- 2, Incident 2 (SEARCH)" in letter.text


def test_teams_without_an_owner_are_named_to_the_operator_and_asked_otherwise() -> None:
    found = tuple(
        Waiting(key, "Title", team, None, Standing.WAITING_REVIEW, 9)
        for key, team in (("1", "Rail"), ("2", None), ("3", "rail"), ("4", "Payments"))
    )
    nobody = plan_of(found, Nudge.model_validate({"teams": {"Payments": PAYMENTS}}))
    others = plan_of(found, Nudge.model_validate({"teams": {"Payments": PAYMENTS}, "otherwise": SEARCH}))

    assert [(team, keys(some)) for team, some in nobody.unowned] == [("Rail", ["1", "3"]), (None, ["2"])]
    assert [ask.name for ask in nobody.asks] == [PAYMENTS]
    assert others.unowned == ()
    assert {ask.name: keys(ask.incidents) for ask in others.asks} == {
        SEARCH: ["1", "2", "3"],
        PAYMENTS: ["4"],
    }


def test_more_than_ten_are_counted(plain: Setup, ledger: Ledger, clock: Clock) -> None:
    writer = Writer(())
    store(ledger, *(incident(f"K-{number:02d}") for number in range(13)))

    look(office(plain, writer), ledger, clock)

    assert "13 incidents" in writer.got[0].subject
    assert "- and 3 more" in writer.got[0].text
    assert writer.got[0].text.count("https://tracker.example.org/") == 10


def test_without_owners_in_the_config_nobody_is_asked(plain: Setup, ledger: Ledger, clock: Clock) -> None:
    writer = Writer(())
    store(ledger, incident("1"))

    assert look(replace(plain, channels=(writer,)), ledger, clock) == ()
    assert writer.got == []


# --- When and how often ---------------------------------------------------------------------


def test_once_a_fortnight_and_what_still_waits_is_named_again(
    plain: Setup, ledger: Ledger, clock: Clock
) -> None:
    writer = Writer(())
    setup = office(plain, writer)
    store(ledger, incident("1"))
    days = []
    for _ in range(24 * 4 * 30):  # every quarter of an hour for a month
        if look(setup, ledger, clock):
            days.append(clock.at)
        clock.at += timedelta(minutes=15)

    # It looks once a day, at eight: the fortnight of the first letter, sent at nine, is over an hour later.
    assert [day.strftime("%a %d %b %H:%M") for day in days] == [
        "Wed 03 Jun 09:00",
        "Thu 18 Jun 08:00",
        "Thu 02 Jul 08:00",
    ]
    assert ["Incident 1" in notice.text for notice in writer.got] == [True] * 3
    assert len({n.text for n in writer.got}) == 3


def test_a_new_incident_of_a_team_that_was_asked_waits_for_its_turn(
    plain: Setup, ledger: Ledger, clock: Clock
) -> None:
    writer = Writer(())
    setup = office(plain, writer)
    store(ledger, incident("1"))
    look(setup, ledger, clock)
    store(ledger, incident("1"), incident("2"))

    clock.at += timedelta(days=1)
    assert look(setup, ledger, clock) == ()
    clock.at += timedelta(days=13)
    look(setup, ledger, clock)

    assert len(writer.got) == 2
    assert "Incident 2" in writer.got[1].text


@pytest.mark.parametrize(
    ("moment", "asked"),
    [
        ("2026-06-03T07:59", False),  # 08:59 in Lisbon
        ("2026-06-03T08:00", True),
        ("2026-06-03T15:59", True),
        ("2026-06-03T16:00", False),
        ("2026-06-06T10:00", False),  # Saturday
        ("2026-06-10T10:00", False),  # Portugal Day
        ("2026-06-11T10:00", True),
        ("2026-06-12T10:00", False),  # closed
    ],
)
def test_only_in_working_hours_of_working_days(
    plain: Setup, ledger: Ledger, clock: Clock, moment: str, *, asked: bool
) -> None:
    writer = Writer(())
    schedule = Schedule.model_validate({"country": "PT", "closed": ["2026-06-12"]})
    store(ledger, incident("1"))
    clock.at = datetime.fromisoformat(moment).replace(tzinfo=UTC)

    look(office(plain, writer, schedule=schedule), ledger, clock)

    assert bool(writer.got) is asked


def test_hours_are_by_the_owners_clock_where_it_is_given(plain: Setup, ledger: Ledger, clock: Clock) -> None:
    writer = Writer(())
    setup = office(plain, writer, timezone="Asia/Tokyo", hours="09:00-17:00")
    store(ledger, incident("1"))

    assert look(setup, ledger, clock) == ()  # 18:00 there
    clock.at = datetime(2026, 6, 3, 1, tzinfo=UTC)
    assert len(look(setup, ledger, clock)) == 1


# --- What fails -----------------------------------------------------------------------------


def test_one_who_cannot_be_reached_stops_no_other_and_is_tried_the_next_day(
    plain: Setup, ledger: Ledger, clock: Clock
) -> None:
    writer = Writer((), failing={PAYMENTS: RemoteError("mail", Reason.REJECTED, "550 no such user")})
    setup = office(plain, writer)
    store(ledger, incident("1"), incident("2", "Search"))

    first = look(setup, ledger, clock)
    again = look(setup, ledger, clock)
    writer.failing.clear()
    clock.at += timedelta(days=1)

    assert "550 no such user" in first[0]
    assert first[1].startswith(f"asked {SEARCH}")
    assert again == ()
    assert look(setup, ledger, clock) == (f"asked {PAYMENTS} about 1 incident",)


def test_without_a_channel_that_writes_nobody_is_said_to_have_been_asked(
    plain: Setup, ledger: Ledger, clock: Clock
) -> None:
    setup = office(plain, Mailer(()))
    store(ledger, incident("1"))

    for _ in range(2):
        (line,) = look(setup, ledger, clock)
        assert "lacks a channel of the kind smtp" in line
        clock.at += timedelta(days=1)


def test_one_bounce_over_a_real_server(plain: Setup, ledger: Ledger, clock: Clock, tmp_path: Path) -> None:
    with mail_server(tmp_path) as server:
        server.at_rcpt = {PAYMENTS: "550 5.1.1 no such user"}
        store(ledger, incident("1"), incident("2", "Search", title="x\r\nBcc: evil@example.net"))

        told = look(office(plain, smtp(server)), ledger, clock)

    assert "550 5.1.1 no such user" in told[0]
    assert server.got() == [SEARCH]
    head = server.taken[0][1].partition(b"\r\n\r\n")[0].decode()
    assert "Auto-Submitted: auto-generated" in head
    assert "\nBcc:" not in head
    assert "List-" not in head


def smtp(server: MailServer) -> SmtpChannel:
    fields = {
        "host": "localhost",
        "port": server.port,
        "sender": "digest@example.org",
        "recipients": ["everybody@example.org"],
        "ca_file": server.ca_file,
        "username": USER,
        "password": PASSWORD,
    }
    return SmtpChannel("mail", SmtpSettings.model_validate(fields), Context(Path("/")))


# --- In a chat ------------------------------------------------------------------------------


def test_a_team_is_asked_in_its_own_chat_and_no_title_calls_anybody(
    plain: Setup, ledger: Ledger, clock: Clock
) -> None:
    store(ledger, incident("1", "Search", title="<!channel> <@U123|ana> @here & co", text=WEAK))
    with SlackServer() as server:
        setup = office(plain, Writer(()), teams={"Search": {"slack": server.webhook}})
        told = look(setup, ledger, clock)
        clock.at += timedelta(days=1)
        again = look(setup, ledger, clock)

    assert told == ("asked the chat of Search about 1 incident",)
    assert again == ()
    (post,) = server.room
    assert "Was it this?" in str(post)
    assert "&lt;!channel&gt;" in post["text"]
    assert "<!" not in post["text"]
    assert post["link_names"] is False


def test_a_webhook_shows_nowhere(plain: Setup, ledger: Ledger) -> None:
    store(ledger, incident("1", "Search"))
    with SlackServer(cues=["404 no_service"]) as server:
        setup = office(plain, teams={"Search": {"slack": server.webhook}})
        nudge = setup.settings.nudge
        assert nudge is not None
        plan = plan_of(waiting(setup, ledger, NOW), nudge)
        (one,) = ask_owners(setup, ledger, nudge, plan, NOW)

    assert one.fate is Fate.FAILED
    assert one.problem is not None
    assert "removed or switched off" in one.problem.detail
    for shown in (repr(one), repr(plan), one.ask.target, one.ask.name):
        assert not any(part in shown for part in SECRET.split("/")[1:])


def test_what_may_stand_in_the_chat_is_not_posted_again(plain: Setup, ledger: Ledger, clock: Clock) -> None:
    store(ledger, incident("1", "Search"))
    with SlackServer(cues=["drop"]) as server:
        setup = office(plain, teams={"Search": {"slack": server.webhook}})
        (line,) = look(setup, ledger, clock)
        clock.at += timedelta(days=1)
        assert look(setup, ledger, clock) == ()

    assert "it is not written again" in line
    assert len(server.posts) == 1


@dataclass
class Desk:
    """A tracker that gives again what it is told to, or nothing, or fails."""

    given: dict[str, Incident]
    name: str = "reviews"
    down: bool = False

    def fetch(self, month: Month) -> Iterator[Payload]:  # noqa: ARG002
        return iter(())

    def refresh(self, keys: Sequence[str]) -> Iterator[Payload]:
        if self.down:
            raise RemoteError(self.name, Reason.UNAVAILABLE, "no answer")
        return iter([{"incident": self.given[key]} for key in keys if key in self.given])

    def to_incident(self, payload: Payload) -> Incident:
        held = payload["incident"]
        assert isinstance(held, Incident)
        return held


def test_what_turned_private_or_went_away_since_it_was_collected_is_named_to_nobody(
    plain: Setup, ledger: Ledger
) -> None:
    kept, hidden, gone, alone = (
        incident(key, team, tracker="reviews")
        for key, team in (("1", "Payments"), ("2", "Payments"), ("3", "Payments"), ("4", "Search"))
    )
    store(ledger, kept, hidden, gone, alone)
    private = {
        "2": replace(hidden, visibility=Visibility.PRIVATE),
        "4": replace(alone, visibility=Visibility.UNKNOWN),
    }
    mail = Writer(["ana@example.org"])
    setup = replace(office(plain, mail), trackers=(Desk({"1": kept} | private),))

    nudge_owners(setup, ledger, NOW)

    [letter] = mail.got
    assert letter.to == PAYMENTS
    assert "Incident 1" in letter.subject
    assert not [key for key in ("2", "3", "4") if f"Incident {key}" in letter.subject + letter.text]


def test_where_a_tracker_does_not_answer_nobody_is_asked_and_the_operator_hears_why(
    plain: Setup, ledger: Ledger, clock: Clock
) -> None:
    held = incident("1", tracker="reviews")
    store(ledger, held)
    mail, desk = Writer(["ana@example.org"]), Desk({"1": held}, down=True)
    setup = replace(office(plain, mail), trackers=(desk,))

    told = nudge_owners(setup, ledger, clock())
    desk.down, clock.at = False, NOW + timedelta(days=1)
    nudge_owners(setup, ledger, clock())

    assert len(told) == 1
    assert told[0].startswith(
        f"{PAYMENTS}: not asked, as reviews does not say what may still be shown: no answer"
    )
    assert [letter.to for letter in mail.got] == [PAYMENTS]
