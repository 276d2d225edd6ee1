"""What every kind of tracker promises. A new kind joins by standing in the registry.

It needs tests/recordings/KIND/contract.yaml, and, where it asks a network, a stand-in in stand_ins.py.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from trackers.stand_ins import FAILURES, STAND_INS, StandIn

from digest.errors import RemoteError
from digest.model import Collected, Incident, Visibility
from digest.period import Month
from digest.trackers import TRACKERS
from digest.trackers.base import Context, Tracker
from digest.trackers.collect import CollectPlan, collect, refresh

RECORDINGS = Path(__file__).parents[1] / "recordings"
NOW = datetime(2026, 6, 3, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Recording:
    tracker: Tracker
    month: Month
    told: dict[str, Any]
    stand_in: StandIn | None = None  # None: the kind asks no network

    def collected(self) -> Collected:
        return collect([self.tracker], self.month, CollectPlan(NOW, redact=lambda incident: incident))

    def read(self) -> list[Incident]:
        incidents = []
        for payload in self.tracker.fetch(self.month):
            try:
                incidents.append(self.tracker.to_incident(payload))
            except (KeyError, TypeError, ValueError):
                continue
        return incidents


def recorded(kind_name: str, stack: ExitStack) -> Recording:
    folder = RECORDINGS / kind_name
    told = yaml.safe_load((folder / "contract.yaml").read_text(encoding="utf-8"))
    kind = TRACKERS[kind_name]
    stand_in = stack.enter_context(STAND_INS[kind_name](folder)) if kind_name in STAND_INS else None
    settings = kind.settings.model_validate(told["settings"] | (dict(stand_in.settings) if stand_in else {}))
    # No patience: what fails is not tried again, so that nothing here waits.
    tracker = kind.connect("recorded", settings, Context(folder, told["zone"], patience_s=0))
    return Recording(tracker, Month.parse(str(told["month"]), told["zone"]), told, stand_in)


@pytest.fixture(params=sorted(TRACKERS))
def recording(request: pytest.FixtureRequest) -> Iterator[Recording]:
    with ExitStack() as stack:
        yield recorded(request.param, stack)


@pytest.fixture(params=sorted(STAND_INS))
def remote(request: pytest.FixtureRequest) -> Iterator[tuple[Recording, StandIn]]:
    with ExitStack() as stack:
        recording = recorded(request.param, stack)
        assert recording.stand_in is not None
        yield recording, recording.stand_in


def test_only_incidents_of_the_month_are_collected(recording: Recording) -> None:
    keys = sorted(incident.key for incident in recording.collected().incidents)

    assert keys == sorted(recording.told["keys"])


def test_a_private_incident_is_counted_and_named_nowhere(recording: Recording) -> None:
    private = [i for i in recording.read() if i.visibility is Visibility.PRIVATE]

    collected = recording.collected()

    assert collected.private == recording.told["private"]
    for incident in private:
        assert incident.key not in {i.key for i in collected.incidents}
        assert not any(incident.title in problem.detail for problem in collected.problems)


def test_every_time_is_aware(recording: Recording) -> None:
    for incident in recording.read():
        review = incident.review.finished
        for at in (incident.created, incident.started, incident.detected, incident.resolved, review):
            assert at is None or at.utcoffset() is not None


def test_what_cannot_be_used_is_said_and_costs_no_other_incident(recording: Recording) -> None:
    details = [problem.detail for problem in recording.collected().problems]

    for expected in recording.told["problems"]:
        assert any(expected in detail for detail in details), details


def test_a_payload_of_another_shape_is_refused_by_one_of_the_three_errors(recording: Recording) -> None:
    for odd in ({}, {"entry": None}, {"id": 1, "labels": 3}, {"title": ["a"], "entry": {"key": 2}}):
        with pytest.raises((KeyError, TypeError, ValueError)):
            recording.tracker.to_incident(odd)


def test_people_in_fields_are_known_for_masking_and_not_kept(recording: Recording) -> None:
    read = {person for incident in recording.read() for person in incident.people}

    assert read >= set(recording.told["people"])
    assert all(not incident.people for incident in recording.collected().incidents)


def test_earlier_incidents_are_read_again_by_their_keys(recording: Recording) -> None:
    asked = recording.told["elsewhere"]

    again = [recording.tracker.to_incident(p) for p in recording.tracker.refresh([*asked, "no such key"])]

    assert sorted(incident.key for incident in again) == sorted(asked)


def test_the_same_month_read_twice_gives_the_same(recording: Recording) -> None:
    assert recording.collected() == recording.collected()


# --- Those that ask a network -----------------------------------------------------------------


def test_incidents_are_read_across_pages(remote: tuple[Recording, StandIn]) -> None:
    recording, stand_in = remote

    keys = {incident.key for incident in recording.collected().incidents}

    assert keys == set(recording.told["keys"])
    assert stand_in.pages() >= 2


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_is_a_problem_of_this_tracker_and_no_quiet_month(
    remote: tuple[Recording, StandIn], failure: str
) -> None:
    recording, stand_in = remote
    stand_in.fail(failure)

    collected = recording.collected()

    assert [problem.subject for problem in collected.problems if problem.incidents_missing] == ["recorded"]
    assert not collected.sources[0].complete
    assert collected.incidents == ()


@pytest.mark.parametrize("failure", FAILURES)
def test_the_token_shows_nowhere(remote: tuple[Recording, StandIn], failure: str) -> None:
    recording, stand_in = remote
    collected = recording.collected()
    stand_in.fail(failure)
    with pytest.raises(RemoteError) as caught:
        list(recording.tracker.fetch(recording.month))

    error: BaseException | None = caught.value
    while error is not None:
        assert stand_in.secret not in f"{error!r} {error.args} {vars(error)}"
        error = error.__cause__ or error.__context__
    assert stand_in.secret not in repr(recording.tracker)
    assert stand_in.secret not in repr((collected, recording.collected()))


@pytest.mark.parametrize("failure", FAILURES)
def test_earlier_incidents_that_cannot_be_read_again_are_no_withdrawn_ones(
    remote: tuple[Recording, StandIn], failure: str
) -> None:
    recording, stand_in = remote
    stand_in.fail(failure)
    plan = CollectPlan(NOW, redact=lambda incident: incident)

    refreshed = refresh([recording.tracker], {"recorded": recording.told["elsewhere"]}, plan)

    assert refreshed.withdrawn == ()
    assert any(problem.incidents_missing for problem in refreshed.problems)


def test_nothing_is_asked_before_something_is_wanted(remote: tuple[Recording, StandIn]) -> None:
    assert remote[1].pages() == 0


def test_each_kind_says_what_it_needs_to_be_tried() -> None:
    # A kind with a token and without a stand-in would reach out to a real service in these tests.
    asking = {name for name, kind in TRACKERS.items() if "token" in kind.settings.model_fields}

    assert asking <= STAND_INS.keys()
