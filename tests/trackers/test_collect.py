from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import builders
import pytest

from digest.errors import ConfigError, Reason, RemoteError
from digest.model import Incident, ReviewState, Visibility
from digest.period import Month
from digest.trackers.base import Payload, UnusableError
from digest.trackers.collect import CollectPlan, collect, refresh

MAY = builders.MAY
NOW = builders.NOW
SECRET = "the insider's name"


@dataclass
class FakeTracker:
    """Gives incidents, raises what stands among them: in to_incident, or, where remote, in fetch."""

    incidents: Sequence[Incident | Exception]
    name: str = "reviews"
    asked: list[str] = field(default_factory=list)

    def fetch(self, month: Month) -> Iterator[Payload]:  # noqa: ARG002  a fake gives all, whatever the month
        for incident in self.incidents:
            if isinstance(incident, RemoteError | ConfigError):
                raise incident
            yield {"incident": incident}

    def refresh(self, keys: Sequence[str]) -> Iterator[Payload]:
        self.asked += keys
        return (p for p in self.fetch(MAY) if getattr(p["incident"], "key", None) in keys)

    def to_incident(self, payload: Payload) -> Incident:
        incident = payload["incident"]
        if isinstance(incident, Exception):
            raise incident
        assert isinstance(incident, Incident)
        return incident


def plan(**over: Any) -> CollectPlan:
    return replace(CollectPlan(NOW, redact=lambda incident: incident), **over)


def keys(incidents: Sequence[Incident]) -> list[str]:
    return [incident.key for incident in incidents]


def down() -> RemoteError:
    return RemoteError("reviews", Reason.NO_ANSWER, "did not answer in 30 s")


def test_an_incident_counts_in_the_month_it_was_resolved_in() -> None:
    early = builders.incident("1", resolved=datetime(2026, 4, 30, 22, 59, tzinfo=UTC))
    first = builders.incident("2", resolved=datetime(2026, 4, 30, 23, 0, tzinfo=UTC))
    late = builders.incident("3", resolved=datetime(2026, 5, 31, 23, 0, tzinfo=UTC))
    still_open = builders.incident("4", resolved=None)

    collected = collect([FakeTracker([early, first, late, still_open])], MAY, plan())

    assert keys(collected.incidents) == ["2"]  # Lisbon is an hour ahead of UTC in May


def test_counted_by_creation_an_incident_without_one_is_taken_by_its_start() -> None:
    created = builders.incident("1", created=datetime(2026, 5, 2, tzinfo=UTC), resolved=None)
    started = builders.incident("2", created=None, started=datetime(2026, 5, 1, 8, tzinfo=UTC))
    neither = builders.incident("3", created=None, started=None)

    collected = collect([FakeTracker([created, started, neither])], MAY, plan(count_by="created"))

    assert keys(collected.incidents) == ["2", "1"]


def test_a_tracker_that_fails_costs_itself_alone_and_is_said() -> None:
    failing = FakeTracker([builders.incident("1"), down()], name="first")
    other = FakeTracker([builders.incident("2")], name="second")

    collected = collect([failing, other], MAY, plan())

    assert keys(collected.incidents) == ["1", "2"]
    assert [(s.tracker, s.incidents, s.complete) for s in collected.sources] == [
        ("first", 1, False),
        ("second", 1, True),
    ]
    (problem,) = collected.problems
    assert problem.subject == "first"
    assert problem.incidents_missing
    assert "did not answer in 30 s" in problem.detail


def test_what_the_operator_must_put_right_stops_all() -> None:
    with pytest.raises(ConfigError):
        collect([FakeTracker([ConfigError("a.csv:1", "no column 'key'")])], MAY, plan())


@pytest.mark.parametrize("error", [KeyError(SECRET), TypeError(SECRET), ValueError(SECRET)])
def test_a_payload_not_understood_costs_one_incident_and_its_text_is_not_told(error: Exception) -> None:
    collected = collect([FakeTracker([builders.incident("1"), error])], MAY, plan())

    assert keys(collected.incidents) == ["1"]
    (problem,) = collected.problems
    assert problem.incidents_missing
    assert problem.detail == (
        f"incident 2 of its answer: not understood ({type(error).__name__}); this incident is left out"
    )


def test_a_payload_that_cannot_be_used_says_why() -> None:
    error = UnusableError("incidents.csv:17 resolved: '2026-10-32' is not a time")

    (problem,) = collect([FakeTracker([error])], MAY, plan()).problems

    assert problem.detail.startswith("incidents.csv:17 resolved: '2026-10-32' is not a time")


def test_a_bug_in_a_tracker_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        collect([FakeTracker([ZeroDivisionError()])], MAY, plan())


def test_whatever_redaction_raises_leaves_the_incident_out_and_counts_it() -> None:
    def redact(incident: Incident) -> Incident:
        if incident.key == "1":
            raise RecursionError(SECRET)
        return incident

    tracker = FakeTracker([builders.incident("1"), builders.incident("2")])
    collected = collect([tracker], MAY, plan(redact=redact))

    assert keys(collected.incidents) == ["2"]
    assert collected.unchecked == 1
    (problem,) = collected.problems
    assert "RecursionError" in problem.detail
    assert SECRET not in problem.detail
    assert problem.incidents_missing


def test_private_incidents_are_counted_in_their_month_alone_and_never_redacted_or_named() -> None:
    seen: list[str] = []

    def redact(incident: Incident) -> Incident:
        seen.append(incident.key)
        return incident

    ours = builders.incident("S-1", title=SECRET, visibility=Visibility.PRIVATE)
    other = builders.incident("S-2", visibility=Visibility.PRIVATE, resolved=datetime(2026, 4, 2, tzinfo=UTC))

    collected = collect([FakeTracker([ours, other])], MAY, plan(redact=redact))

    assert collected.private == 1
    assert collected.incidents == ()
    assert collected.problems == ()
    assert seen == []


def test_an_incident_of_unknown_visibility_is_left_out_and_the_setting_is_named() -> None:
    unknown = [builders.incident(str(n), visibility=Visibility.UNKNOWN) for n in range(5)]

    collected = collect([FakeTracker(unknown)], MAY, plan())

    assert collected.incidents == ()
    (problem,) = collected.problems
    assert "`visibility: public`" in problem.detail
    assert "and 2 more" in problem.detail
    assert problem.incidents_missing


def test_a_key_that_stands_twice_is_read_the_first_time_and_both_places_are_named() -> None:
    tracker = FakeTracker([builders.incident("1", title="first"), builders.incident("1", title="second")])

    collected = collect([tracker], MAY, plan())

    assert [incident.title for incident in collected.incidents] == ["first"]
    (problem,) = collected.problems
    assert "incident 1 of its answer, incident 2 of its answer" in problem.detail


@pytest.mark.parametrize("first", [Visibility.PUBLIC, Visibility.PRIVATE])
def test_a_key_that_is_private_once_is_private(first: Visibility) -> None:
    second = Visibility.PRIVATE if first is Visibility.PUBLIC else Visibility.PUBLIC
    tracker = FakeTracker([builders.incident("1", visibility=v) for v in (first, second)])

    collected = collect([tracker], MAY, plan())

    assert (collected.incidents, collected.private, collected.problems) == ((), 1, ())


def test_the_same_key_in_two_trackers_is_two_incidents() -> None:
    trackers = [FakeTracker([builders.incident("1", tracker=name)], name=name) for name in ("b", "a")]

    collected = collect(trackers, MAY, plan())

    assert [incident.tracker for incident in collected.incidents] == ["a", "b"]


def test_incidents_are_sorted_by_the_time_that_counts_then_key() -> None:
    noon, one = datetime(2026, 5, 9, 12, tzinfo=UTC), datetime(2026, 5, 9, 13, tzinfo=UTC)
    incidents = [builders.incident(key, resolved=at) for key, at in (("c", one), ("b", noon), ("a", one))]

    assert keys(collect([FakeTracker(incidents)], MAY, plan()).incidents) == ["b", "a", "c"]


def test_names_are_not_kept_and_a_finished_review_is_seen_complete_now() -> None:
    finished = builders.incident("1", text="# A review", people=("Ana Lima",))
    draft = builders.incident("2", review=builders.review("x", state=ReviewState.DRAFT))

    first, second = collect([FakeTracker([finished, draft])], MAY, plan()).incidents

    assert first.people == ()
    assert first.seen_complete == NOW
    assert second.seen_complete is None


def test_progress_is_told_by_tracker() -> None:
    told: list[tuple[str, int]] = []
    tracker = FakeTracker([builders.incident("1"), ValueError()])

    collect([tracker], MAY, plan(progress=lambda name, count: told.append((name, count))))

    assert told == [("reviews", 1), ("reviews", 2)]


def test_a_refresh_asks_each_tracker_for_its_own_keys() -> None:
    april = builders.incident("7", resolved=datetime(2026, 4, 9, tzinfo=UTC))
    asked = FakeTracker([april, builders.incident("8")])
    silent = FakeTracker([], name="other")

    renewed = refresh([asked, silent], {"reviews": ["7", "7"]}, plan())

    assert keys(renewed.incidents) == ["7"]
    assert (asked.asked, silent.asked) == (["7"], [])


def test_a_refresh_names_what_may_no_longer_be_shown() -> None:
    private = builders.incident("7", visibility=Visibility.PRIVATE)
    unknown = builders.incident("8", visibility=Visibility.UNKNOWN)

    renewed = refresh([FakeTracker([private, unknown])], {"reviews": ["7", "8"]}, plan())

    assert renewed.incidents == ()
    assert renewed.withdrawn == (("reviews", "7"), ("reviews", "8"))


def test_a_refresh_that_fails_is_said() -> None:
    (problem,) = refresh([FakeTracker([down()])], {"reviews": ["7"]}, plan()).problems

    assert problem.incidents_missing


def test_a_key_that_stands_twice_in_two_months_counts_in_the_first_ones_month() -> None:
    april = builders.incident("1", resolved=datetime(2026, 4, 9, tzinfo=UTC))

    collected = collect([FakeTracker([april, builders.incident("1")])], MAY, plan())

    assert collected.incidents == ()
    assert len(collected.problems) == 1
