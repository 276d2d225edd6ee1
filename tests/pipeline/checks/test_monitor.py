"""What a monitor is told: one line, and right in each state that an installation can be in."""

from datetime import UTC, datetime, timedelta

import pytest

from digest.due import Rule
from digest.ledger import EditionState
from digest.ledger.look import Watched
from digest.pipeline.checks.monitor import Facts, Verdict, judge

S = EditionState
RULE = Rule()  # the first working day, at 09:00 UTC
DAYS_35 = timedelta(days=35)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NOW = at("2026-11-10T12:00")


def edition(
    state: EditionState = S.SENT,
    since: str = "2026-11-02T09:05",
    out: str | None = "2026-11-02T09:05",
    month: str = "2026-10",
    trouble: tuple[int, int, str] = (0, 0, ""),
) -> Watched:
    failed, unknown, setback = trouble
    return Watched(
        month, state, at("2026-11-02T09:00"), at(since), at(out) if out else None, failed, unknown, setback
    )


def verdict(
    *editions: Watched,
    installed: str = "2026-01-15T10:00",
    ticked: str | None = "2026-11-10T11:50",
    max_age: timedelta = DAYS_35,
    now: datetime = NOW,
) -> Verdict:
    facts = Facts(editions, at(installed), at(ticked) if ticked else None)
    return judge(facts, RULE, max_age, now)


def test_a_young_edition_and_nothing_open_is_well() -> None:
    assert verdict(edition()) == Verdict(
        well=True, reasons=("2026-10 went out on 2026-11-02", "nothing is open")
    )


def test_the_age_is_counted_from_when_it_first_went_out() -> None:
    late = edition(since="2026-11-09T09:00", out="2026-10-06T11:00")
    assert not verdict(late).well
    assert verdict(late, now=at("2026-11-10T11:00"), ticked=None).well


@pytest.mark.parametrize(
    ("editions", "says"),
    [
        (
            [edition(out="2026-09-01T09:00", month="2026-08")],
            "no edition has gone out since 2026-09-01",
        ),
        ([], "no edition has gone out yet, and 2026-10 was due on 2026-11-02"),
        (
            [edition(S.AWAITING_APPROVAL, since="2026-11-02T09:05", out=None), edition(month="2026-09")],
            "2026-10 waits for approval since 2026-11-02 (digest approve 2026-10)",
        ),
        (
            [edition(S.PLANNED, out=None, trouble=(0, 0, "collect: RemoteError")), edition(month="2026-09")],
            "2026-10 was due on 2026-11-02 and is not made (collect: RemoteError)",
        ),
        (
            [edition(S.COLLECTING, out=None), edition(month="2026-09")],
            "2026-10 was due on 2026-11-02 and is not made",
        ),
        (
            [edition(S.FAILED, out=None, trouble=(0, 0, "process: ended")), edition(month="2026-09")],
            "2026-10 could not be made (process: ended)",
        ),
        (
            [edition(S.SENDING), edition(month="2026-09")],
            "2026-10 is sending since 2026-11-02 and not wholly out (digest status)",
        ),
        (
            [edition(S.COMPOSED, out=None), edition(month="2026-09")],
            "2026-10 is composed since 2026-11-02 and not wholly out (digest status)",
        ),
        (
            [edition(S.SENT_WITH_GAPS, trouble=(2, 1, ""))],
            "2026-10: deliveries 2 failed and 1 in doubt (digest status)",
        ),
    ],
)
def test_each_thing_that_is_wrong_is_said_alone(editions: list[Watched], says: str) -> None:
    assert verdict(*editions) == Verdict(well=False, reasons=(says,))


@pytest.mark.parametrize(
    "one",
    [
        edition(S.AWAITING_APPROVAL, since="2026-11-08T09:00", out=None),
        edition(S.SENDING, since="2026-11-10T09:00"),
        edition(S.MISSED, out=None),
        edition(S.CANCELLED, out=None),
        edition(S.SKIPPED, out=None),
    ],
)
def test_what_takes_its_time_is_well_while_the_last_edition_is_young(one: Watched) -> None:
    assert verdict(one, edition(month="2026-09", out="2026-10-08T09:00")).well


def test_where_an_edition_is_overdue_it_is_said_what_is_in_the_way_at_once() -> None:
    held = edition(S.AWAITING_APPROVAL, since="2026-11-10T09:00", out=None)

    found = verdict(held, edition(out="2026-09-01T09:00", month="2026-08"))

    assert found.line == (
        "no edition has gone out since 2026-09-01; "
        "2026-10 waits for approval since 2026-11-10 (digest approve 2026-10)"
    )


def test_a_young_installation_is_well_before_its_first_edition_is_due() -> None:
    found = verdict(installed="2026-11-05T10:00")

    assert found == Verdict(well=True, reasons=("no edition is due before 2026-12-01 (2026-11)",))


def test_the_first_edition_has_a_day_to_be_made() -> None:
    for hours, well in ((23, True), (25, False)):
        now = at("2026-12-01T09:00") + timedelta(hours=hours)
        assert verdict(installed="2026-11-05T10:00", ticked=None, now=now).well is well


def test_an_installation_without_an_edition_for_longer_than_the_age_is_not_well() -> None:
    found = verdict(installed="2026-11-05T10:00", max_age=timedelta(days=4))

    assert found.reasons == ("no edition has gone out since the ledger was made on 2026-11-05",)


def test_gaps_of_an_edition_long_gone_are_not_told_for_ever() -> None:
    old = edition(S.SENT_WITH_GAPS, out="2026-10-01T09:00", month="2026-09", trouble=(3, 0, ""))

    assert verdict(edition(), old).well


@pytest.mark.parametrize(
    ("ticked", "says"),
    [
        (None, "2026-10 went out on 2026-11-02; nothing is open"),
        ("2026-11-09T11:00", "2026-10 went out on 2026-11-02; nothing is open"),
        ("2026-11-07T11:00", "nothing has looked what is due for 3 days: is the timer running?"),
    ],
)
def test_a_timer_that_stopped_is_told_where_there_ever_was_one(ticked: str | None, says: str) -> None:
    assert verdict(edition(), ticked=ticked).line == says
