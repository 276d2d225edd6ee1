"""One look at what is due, again and again: each thing once, and somebody is told where it fails."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from workshop import Mailer, Workshop

from digest.delivery.base import Handover, TargetRefused
from digest.errors import Reason, RemoteError
from digest.ledger import EditionState, Ledger
from digest.model import Notice, Receipt, Rendering
from digest.period import Month
from digest.pipeline import Silent
from digest.pipeline.approval import approve
from digest.pipeline.due_work import ClockDoubt, Done, tick
from digest.pipeline.notices import Desk
from digest.pipeline.setup import Stopped
from digest.trackers.base import Payload, Tracker

A = "A cache without a limit fills the disk at night, because nothing ever removes what is old."
READERS = ("ana@example.org", "ben@example.org")
S = EditionState


@dataclass(slots=True)
class Post(Mailer):
    """A mail channel that can write to one person too."""

    notices: list[Notice] = field(default_factory=list)
    deaf: bool = False
    ends: bool = False  # the process is asked to end while it writes
    refuses: str = ""

    def send(self, rendering: Rendering, target: str, handover: Handover) -> Receipt:
        if target == self.refuses:
            raise TargetRefused(self.name, Reason.REJECTED, "no such mailbox", 550)
        return Mailer.send(self, rendering, target, handover)

    def write(self, notice: Notice) -> Receipt:
        if self.ends:
            message = "stopped as asked"
            raise Stopped(message)
        if self.deaf:
            raise RemoteError(self.name, Reason.UNAVAILABLE, "nobody answers")
        self.notices.append(notice)
        return Receipt()

    @property
    def kinds(self) -> list[str]:
        return [notice.key.partition(":")[0] for notice in self.notices]


class Away:
    """A tracker that does not answer, with a clock where it is set."""

    name = "folder"

    def __init__(self, clock: datetime | None = None) -> None:
        self.clock = clock

    def fetch(self, month: Month) -> Iterator[Payload]:
        raise RemoteError(self.name, Reason.UNAVAILABLE, f"no answer for {month}")

    def server_time(self) -> datetime | None:
        return self.clock


class Office:
    """An organisation whose clock is turned by hand."""

    def __init__(self, folder: Path) -> None:
        self.shop = Workshop(folder, history=1)
        self.now = datetime(2026, 5, 20, 9, tzinfo=UTC)
        self.ledger = Ledger.open(folder / "digest.db", clock=lambda: self.now)
        self.post = Post(READERS)
        self.trackers: tuple[Tracker, ...] | None = None

    def config(self, old: str, new: str) -> None:
        text = self.shop.file.read_text()
        assert old in text
        self.shop.file.write_text(text.replace(old, new))

    def look(self, at: str = "", *, trust_clock: bool = False) -> Done:
        if at:
            self.now = datetime.fromisoformat(at).replace(tzinfo=UTC)
        setup = self.shop.setup(self.post)
        if self.trackers is not None:
            setup = replace(setup, trackers=self.trackers)
        return tick(Desk(setup), self.ledger, self.now, Silent(), trust_clock=trust_clock)

    def states(self) -> dict[str, EditionState]:
        return {line.month: line.state for line in self.ledger.editions()}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path)
    made.shop.write("101", "2026-05-12T10:00:00Z", [A])
    return made


def test_nothing_is_due_before_its_time_and_then_once(office: Office) -> None:
    assert office.look() == Done()
    assert office.look("2026-06-01T07:59") == Done()
    assert office.look("2026-06-01T08:00").lines == ("2026-05 is due", "2026-05 was made", "2026-05: 2 sent")
    assert office.look("2026-06-01T08:05") == Done()
    assert office.look("2026-06-20T08:05") == Done()
    assert len(office.post.sent) == 2
    assert office.post.notices == []


def test_the_first_start_does_not_send_what_was_due_before(office: Office) -> None:
    office.look()
    assert office.states() == {}


def test_after_months_away_the_newest_is_made_and_the_others_are_named(office: Office) -> None:
    office.look()
    done = office.look("2026-08-05T12:00", trust_clock=True)
    assert office.states() == {"2026-07": S.SENT, "2026-06": S.MISSED, "2026-05": S.MISSED}
    assert done.lines[:2] == (
        "2026-05 was missed; by hand: digest run --month 2026-05",
        "2026-06 was missed; by hand: digest run --month 2026-06",
    )
    assert office.post.kinds == ["missed"]
    assert "2026-06" in office.post.notices[0].text


def test_a_clock_that_jumped_is_not_believed_without_a_witness(office: Office) -> None:
    office.look()
    with pytest.raises(ClockDoubt, match=r"since 2026-05-20.*says that it is 2036-01-01.*--trust-clock"):
        office.look("2036-01-01T00:00")
    assert office.states() == {}
    office.trackers = (Away(datetime(2026, 5, 21, tzinfo=UTC)),)
    with pytest.raises(ClockDoubt):
        office.look("2036-01-01T00:00")
    office.trackers = (Away(datetime(2026, 7, 2, 11, 59, tzinfo=UTC)),)
    office.look("2026-07-02T12:00")
    assert set(office.states()) == {"2026-05", "2026-06"}


def test_a_clock_set_back_makes_nothing_twice(office: Office) -> None:
    office.look("2026-06-01T08:00")
    office.look("2026-05-30T08:00")
    office.look("2026-06-01T08:00")
    assert len(office.post.sent) == 2


def test_a_held_edition_is_told_of_once_reminded_of_and_sent_after_approval(office: Office) -> None:
    office.config("approval: never", "approval: always")
    assert office.look("2026-06-01T08:00").lines[-1] == "2026-05 waits for approval"
    office.look("2026-06-02T08:00")
    assert office.post.kinds == ["proof"]
    assert "digest approve 2026-05" in office.post.notices[0].text
    office.look("2026-06-03T08:00")  # two working days later
    office.look("2026-06-04T08:00")
    assert office.post.kinds == ["proof", "reminder"]
    assert office.post.sent == []
    approve(office.shop.job("2026-05", "2026-06-04T09:00", office.post), office.ledger)
    assert office.look("2026-06-04T09:05").lines == ("2026-05: 2 sent",)
    assert office.post.kinds == ["proof", "reminder"]


def test_silence_releases_only_where_the_config_says_so(office: Office) -> None:
    office.config("approval: never", "approval: always\napprove_after: 3")
    office.look("2026-06-01T08:00")
    office.look("2026-06-04T07:55")
    assert office.post.sent == []
    done = office.look("2026-06-04T08:00")
    assert "released, as nobody objected" in done.lines[0]
    assert len(office.post.sent) == 2


def test_silence_does_not_release_what_the_editor_was_about_to_change(office: Office) -> None:
    office.config("approval: never", "approval: always\napprove_after: 3")
    office.look("2026-06-01T08:00")
    (office.shop.folder / "editions").mkdir()
    (office.shop.folder / "editions" / "2026-05.yaml").write_text("drop: []\n")
    done = office.look("2026-06-05T08:00")
    assert (done.trouble, office.post.sent, office.post.kinds[-1]) == (True, [], "trouble")
    assert "digest edit 2026-05 --apply" in " ".join(office.post.notices[-1].text.split())


def test_an_edition_waits_for_a_tracker_and_the_editor_is_told_once(office: Office) -> None:
    office.config("missing_sources: send", "missing_sources: hold")
    office.trackers = (Away(),)
    for hour in range(8, 14):
        assert office.look(f"2026-06-01T{hour:02d}:00").trouble
    assert office.states() == {"2026-05": S.PLANNED}
    assert office.ledger.editions()[0].setback.startswith("collect")
    office.trackers = None
    assert office.look("2026-06-01T15:00").lines == ("2026-05 was made", "2026-05: 2 sent")
    assert len(office.post.kinds) == 1


def test_a_channel_that_is_down_is_served_later_and_after_a_day_somebody_is_told(office: Office) -> None:
    office.post.down = True
    office.look("2026-06-01T08:00")
    office.look("2026-06-02T07:00")
    assert office.post.kinds == []
    office.look("2026-06-02T09:00")
    office.look("2026-06-02T10:00")
    assert office.post.kinds == ["trouble"]
    office.post.down = False
    office.look("2026-06-02T11:00")
    assert office.states() == {"2026-05": S.SENT}


def test_a_notice_that_does_not_get_out_is_said_and_tried_again(office: Office) -> None:
    office.config("approval: never", "approval: always")
    office.post.deaf = True
    assert office.look("2026-06-01T08:00").trouble
    office.post.deaf = False
    office.look("2026-06-01T08:05")
    office.look("2026-06-01T08:10")
    assert office.post.kinds == ["proof"]


def test_a_config_error_in_the_editors_file_does_not_stop_other_months(office: Office) -> None:
    office.config("approval: never", "approval: never\nschedule: {catch_up: all}")
    (office.shop.folder / "editions").mkdir()
    (office.shop.folder / "editions" / "2026-05.yaml").write_text("pin: [nothing-like-it]\n")
    office.shop.write("102", "2026-06-12T10:00:00Z", [A])
    office.look("2026-06-01T08:00")
    done = office.look("2026-07-01T08:00")
    assert office.states() == {"2026-06": S.SENT, "2026-05": S.PLANNED}
    assert done.trouble
    assert office.post.kinds == ["trouble"]


def test_two_schedulers_make_each_edition_once(office: Office) -> None:
    with Ledger.open(office.ledger.path, clock=lambda: office.now) as other:
        for day in range(1, 66):
            office.now = datetime(2026, 6, 1, 7, 58, tzinfo=UTC) + timedelta(days=day)
            for ledger in (office.ledger, other):
                setup = office.shop.setup(office.post)
                tick(Desk(setup), ledger, office.now, Silent())
    assert office.states() == {"2026-05": S.SENT, "2026-06": S.SENT, "2026-07": S.SENT}
    assert len(office.post.sent) == 6


# --- What goes wrong in one month, or with one notice ----------------------------------------


class Trips:
    """A tracker over which the program itself stumbles, in one month."""

    def __init__(self, real: Tracker, month: str, error: BaseException) -> None:
        self.name = real.name
        self.real, self.month, self.error = real, month, error
        self.refresh, self.to_incident = real.refresh, real.to_incident

    def fetch(self, month: Month) -> Iterator[Payload]:
        if month.key == self.month:
            raise self.error
        return self.real.fetch(month)


def trips(office: Office, error: BaseException, month: str = "2026-05") -> None:
    office.trackers = (Trips(office.shop.setup().trackers[0], month, error),)


def two_months(office: Office) -> None:
    office.config("approval: never", "approval: never\nschedule: {catch_up: all}")
    office.config("history: 1", "history: 0")
    office.shop.write("102", "2026-06-12T10:00:00Z", [A])


def test_a_fault_of_the_program_in_one_month_stops_no_other_and_is_given_up_after_five_tries(
    office: Office,
) -> None:
    two_months(office)
    trips(office, RuntimeError("with the words of an incident"))
    done = office.look("2026-07-01T08:00")
    assert office.states() == {"2026-06": S.SENT, "2026-05": S.PLANNED}
    assert done.trouble
    assert "a fault of the program stopped it (RuntimeError)" in " ".join(done.lines)
    assert "words of an incident" not in " ".join((*done.lines, office.post.notices[0].text))
    for hour in range(9, 15):
        office.look(f"2026-07-01T{hour:02d}:00")
    assert office.states()["2026-05"] is S.FAILED
    assert office.ledger.editions()[1].setback == "program: RuntimeError"
    assert office.post.kinds == ["trouble", "trouble"]
    assert "not tried again by itself" in " ".join(office.post.notices[1].text.split())
    assert office.look("2026-07-01T16:00") == Done()  # said, and nothing is done about it any more


def test_an_edition_damaged_in_the_ledger_stops_no_other_month(office: Office) -> None:
    office.config("approval: never", "approval: always\nhistory: 0")
    office.config("history: 1\n", "")
    office.look("2026-06-01T08:00")
    approve(office.shop.job("2026-05", "2026-06-01T08:10", office.post), office.ledger)
    with office.ledger.writing() as connection:
        connection.exec_driver_sql("UPDATE artefact SET bytes = replace(bytes, 'limit', 'Limit')")
    office.ledger.plan(Month(2026, 7), datetime(2026, 6, 1, tzinfo=UTC), missed=True)
    done = office.look("2026-06-01T08:15")
    assert any("not what was frozen" in line for line in done.lines)
    assert office.post.kinds == ["proof", "missed", "trouble"]
    assert office.ledger.last_tick() == office.now


def test_being_asked_to_stop_is_no_trouble_and_no_try(office: Office) -> None:
    trips(office, Stopped("stopped as asked"))
    for hour in range(8, 16):
        with pytest.raises(Stopped):
            office.look(f"2026-06-01T{hour:02d}:00")
    (line,) = office.ledger.editions()
    assert (line.state, line.setback, office.post.notices) == (S.PLANNED, "", [])
    assert office.ledger.last_tick() == office.now
    office.trackers = None
    office.look("2026-06-01T17:00")
    assert office.states() == {"2026-05": S.SENT}


def test_being_asked_to_stop_while_a_notice_is_written_stops(office: Office) -> None:
    office.config("approval: never", "approval: always")
    office.post.ends = True
    with pytest.raises(Stopped):
        office.look("2026-06-01T08:00")
    office.post.ends = False
    office.look("2026-06-01T08:05")
    assert office.post.kinds == ["proof"]


def test_what_was_missed_is_told_when_the_mail_works_again(office: Office) -> None:
    office.look()
    office.post.deaf = True
    assert office.look("2026-08-05T12:00", trust_clock=True).trouble
    office.post.deaf = False
    for minute in (5, 10):
        office.look(f"2026-08-05T12:{minute:02d}")
    assert office.post.kinds == ["missed"]
    assert office.look("2026-08-05T12:15") == Done()


def test_silence_counts_from_when_the_editor_was_told(office: Office) -> None:
    office.config("approval: never", "approval: always\napprove_after: 3")
    office.post.deaf = True
    for day in range(1, 9):
        office.look(f"2026-06-{day:02d}T08:00")
    assert office.states() == {"2026-05": S.AWAITING_APPROVAL}
    office.post.deaf = False
    office.look("2026-06-08T09:00")
    office.look("2026-06-10T09:00")
    assert (office.post.kinds, office.post.sent) == (["proof", "reminder"], [])
    office.look("2026-06-11T09:00")
    assert len(office.post.sent) == 2


def test_silence_releases_nothing_where_nobody_could_be_told(office: Office) -> None:
    office.config("editor: learning@example.org\n", "")
    office.config("approval: never", "approval: always\napprove_after: 1")
    lines = [line for day in range(1, 9) for line in office.look(f"2026-06-{day:02d}T08:00").lines]
    assert (office.states(), office.post.sent) == ({"2026-05": S.AWAITING_APPROVAL}, [])
    assert len([line for line in lines if "nobody was told of it" in line]) == 1


def test_silence_does_not_release_what_was_made_again_just_then(office: Office) -> None:
    office.config("approval: never", "approval: always\napprove_after: 3")
    office.shop.write("102", "2026-05-20T10:00:00Z", ["A secret learning that nobody outside may read."])
    office.look("2026-06-01T08:00")
    (office.shop.folder / "incidents" / "102.md").unlink()
    done = office.look("2026-06-04T08:00")
    assert "2026-05: made again without 1 that may no longer be shown" in done.lines
    assert (office.post.sent, office.post.kinds) == ([], ["proof", "proof"])
    office.look("2026-06-08T08:00")
    assert office.post.sent == []
    office.look("2026-06-09T08:00")
    assert len(office.post.sent) == 2


def test_trouble_whose_words_count_is_told_once(office: Office) -> None:
    for minute in range(5):
        trips(office, RemoteError("folder", Reason.RATE_LIMITED, f"429: {minute} requests are left"))
        office.look(f"2026-06-01T08:{minute:02d}")
    assert office.post.kinds == ["trouble"]


def test_a_tracker_that_cannot_be_asked_before_sending_is_told_with_what_to_do(office: Office) -> None:
    office.config("approval: never\nmissing_sources: send", "approval: always\nmissing_sources: hold")
    office.look("2026-06-01T08:00")
    approve(office.shop.job("2026-05", "2026-06-01T08:10", office.post), office.ledger)
    away = Away()
    away.refresh = away.fetch  # type: ignore[attr-defined,assignment]  # it raises whatever is asked
    office.trackers = (away,)
    office.look("2026-06-02T08:00")
    office.look("2026-06-02T08:05")
    assert (office.post.kinds, office.post.sent) == (["proof", "trouble"], [])
    assert "run --month 2026-05 --incomplete" in " ".join(office.post.notices[1].text.split())
    office.trackers = None
    office.look("2026-06-02T08:10")
    assert len(office.post.sent) == 2


def test_gaps_are_told_once_also_after_the_process_ended_before_it_could(office: Office) -> None:
    office.post.refuses = READERS[0]
    office.post.deaf = True
    office.look("2026-06-01T08:00")
    assert office.states() == {"2026-05": S.SENT_WITH_GAPS}
    office.post.deaf = False
    for minute in (5, 10):
        office.look(f"2026-06-01T08:{minute:02d}")
    assert office.post.kinds == ["trouble"]
    assert office.look("2026-06-01T08:15") == Done()


def test_a_notice_whose_template_is_wrong_stops_nothing(office: Office) -> None:
    own = office.shop.folder / "templates" / "notices"
    own.mkdir(parents=True)
    (own / "missed.txt.j2").write_text("{{ nothing.like_it }}\n")
    office.config("history: 1", "history: 1\ntemplates: templates")
    office.look()
    done = office.look("2026-08-05T12:00", trust_clock=True)
    assert office.states()["2026-07"] is S.SENT
    assert any("missed.txt.j2" in line for line in done.lines)


def test_a_clock_that_a_tracker_contradicts_makes_no_edition(office: Office) -> None:
    real = office.shop.setup().trackers[0]
    witness = Trips(real, "", ValueError())
    witness.server_time = lambda: datetime(2026, 5, 20, 9, tzinfo=UTC)  # type: ignore[attr-defined]
    office.trackers = (witness,)
    office.look()
    office.look("2026-06-01T08:00")  # twelve days early
    assert (office.states(), office.post.kinds) == ({"2026-05": S.PLANNED}, ["trouble"])
    assert "Set the clock" in " ".join(office.post.notices[0].text.split())
    office.look("2026-06-01T08:05", trust_clock=True)
    assert office.states() == {"2026-05": S.SENT}
