"""What every kind of tracker promises. A new kind joins by standing in the registry."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from digest.model import Collected, Incident, Visibility
from digest.period import Month
from digest.trackers import TRACKERS
from digest.trackers.base import Context, Tracker
from digest.trackers.collect import CollectPlan, collect

RECORDINGS = Path(__file__).parents[1] / "recordings"
NOW = datetime(2026, 6, 3, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Recording:
    tracker: Tracker
    month: Month
    told: dict[str, Any]

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


@pytest.fixture(params=sorted(TRACKERS))
def recording(request: pytest.FixtureRequest) -> Recording:
    folder = RECORDINGS / request.param
    told = yaml.safe_load((folder / "contract.yaml").read_text(encoding="utf-8"))
    kind = TRACKERS[request.param]
    context = Context(folder, told["zone"])
    tracker = kind.connect("recorded", kind.settings.model_validate(told["settings"]), context)
    return Recording(tracker, Month.parse(str(told["month"]), told["zone"]), told)


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
