"""A tracker is tried and read as a run would read it, and how its words are understood is told."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pipeline.checks.fakes_of_checks import FakeTracker, october
from workshop import Workshop

from digest.errors import Reason, RemoteError
from digest.ledger import Ledger
from digest.model import Collected, Problem, Review, Visibility
from digest.period import Month
from digest.pipeline.checks.sources import Bench, connection_checks, content_checks

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OCTOBER = Month(2026, 10, "Europe/Lisbon")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(Workshop(tmp_path).setup(), None, NOW)


def told(tracker: FakeTracker, bench: Bench) -> list[str]:
    return [f"{check.level.value} {check}" for check in content_checks(tracker, bench)]


def starting(lines: list[str], start: str) -> str:
    (line,) = [line for line in lines if line.startswith(start)]
    return line


def test_a_probe_says_what_it_found() -> None:
    (check,) = connection_checks(FakeTracker())

    assert (check.subject, str(check)) == ("tracker issues", "acme/incidents: 3 issues")


def test_a_failing_probe_is_the_caller_s_to_word() -> None:
    refused = FakeTracker(said=RemoteError("issues", Reason.AUTH, "401: the token was refused"))

    with pytest.raises(RemoteError, match="the token was refused"):
        list(connection_checks(refused))


def test_one_incident_shows_how_its_fields_were_read_and_from_what(bench: Bench) -> None:
    tracker = FakeTracker(
        [
            october("11", severity=None),
            october(text="# Review\n", severity_label="sev2", primary_cause="Bad Deploy"),
        ],
        told={"severity": "label sev2", "visibility": "the repository is public"},
    )

    lines = told(tracker, bench)

    assert lines[0] == "ok October 2026: 2 incidents, 1 with a finished review"
    assert lines[1] == (
        "ok incident 12 was read so: severity SEV3 ← “sev2” (label sev2); service Timetable; team Payments; "
        "cause Deployment ← “Bad Deploy”; review finished; visibility public (the repository is public)"
    )


def test_neither_title_nor_text_of_an_incident_is_printed(bench: Bench) -> None:
    tracker = FakeTracker([october(text="# canary-text\n\n- canary-line\n", title="canary-title")])

    assert "canary" not in " ".join(told(tracker, bench))


def test_labels_are_masked(bench: Bench) -> None:
    token = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"
    tracker = FakeTracker(
        [october(primary_cause=f"leak of {token}", severity=None, severity_label=token, tags=(token,))],
        told={"severity": f"label {token}", "tags": "`labels:` maps them"},
    )

    lines = told(tracker, bench)

    assert len(lines) == 4
    assert token not in " ".join(lines)


def test_words_that_mean_nothing_to_us_are_named_with_their_counts_and_what_maps_them(bench: Bench) -> None:
    words: list[dict[str, Any]] = [
        {"primary_cause": "Gremlins", "severity": None, "severity_label": "ouch", "tags": ("q3", "x")},
        {"primary_cause": "Gremlins", "tags": ("q3",)},
        {"primary_cause": "Moon", "severity": None, "severity_label": "ouch"},
    ]
    tracker = FakeTracker(
        [october(str(n), **over) for n, over in enumerate(words)], told={"tags": "see `labels:`"}
    )

    lines = told(tracker, bench)

    assert starting(lines, "warn severities") == (
        "warn severities that are not understood: “ouch” (2); "
        "say what they are under this tracker's `severities:`"
    )
    assert starting(lines, "warn causes") == (
        "warn causes that no group knows, so they count as Other: “Gremlins” (2), “Moon” (1); "
        "add them to a group in factors.yaml beside the config"
    )
    assert starting(lines, "ok labels") == "ok labels that tell no field: “q3” (2), “x” (1); see `labels:`"


def test_of_many_words_ten_are_named(bench: Bench) -> None:
    tracker = FakeTracker([october(f"{n:02}", primary_cause=f"Gremlin {n:02}") for n in range(12)])

    line = starting(told(tracker, bench), "warn causes")

    assert "“Gremlin 09” (1), 2 more;" in line
    assert "Gremlin 10" not in line


def test_tags_of_a_tracker_that_has_no_advice_about_them_are_not_told(bench: Bench) -> None:
    assert len(told(FakeTracker([october(tags=("q3",))]), bench)) == 2


def test_what_the_ledger_holds_of_the_last_months_counts_too(tmp_path: Path) -> None:
    old = october("7", primary_cause="Gremlins")
    other = october("8", primary_cause="Moon", tracker="elsewhere")
    with Ledger.open(tmp_path / "digest.db") as ledger:
        ledger.store(Collected(OCTOBER, (old, other)))
        bench = Bench(Workshop(tmp_path).setup(), ledger, NOW)

        line = starting(told(FakeTracker([october()]), bench), "warn causes")

    assert "“Gremlins” (1);" in line


def test_private_incidents_are_counted_and_named_nowhere(bench: Bench) -> None:
    private = october("canary-1", visibility=Visibility.PRIVATE)

    alone = told(FakeTracker([private]), bench)
    beside = told(FakeTracker([private, october()]), bench)

    assert alone == ["warn October 2026: no incident that readers may see; 1 private one left out"]
    assert beside[0] == "ok October 2026: 1 incident, 0 with a finished review; 1 private one left out"
    assert "canary" not in " ".join((*alone, *beside))


def test_unknown_visibility_is_explained(bench: Bench) -> None:
    lines = told(FakeTracker([october(visibility=Visibility.UNKNOWN)]), bench)

    assert lines[0].startswith("warn ")
    assert "visibility: public" in lines[0]
    assert lines[1] == "warn October 2026: no incident could be used"


def test_a_quiet_tracker_is_asked_for_three_months_and_no_more(bench: Bench) -> None:
    tracker = FakeTracker()

    lines = told(tracker, bench)

    assert tracker.fetched == ["2026-10", "2026-09", "2026-08"]
    assert lines == [
        (
            "warn no incident counts in August 2026 to October 2026; "
            "if there were some: look at this tracker's settings"
        )
    ]


def test_an_earlier_month_does_where_the_last_was_quiet(bench: Bench) -> None:
    at = datetime(2026, 9, 3, tzinfo=UTC)

    lines = told(FakeTracker([october(resolved=at, started=at)]), bench)

    assert lines[0] == "ok September 2026: 1 incident, 0 with a finished review"


def test_a_tracker_that_cannot_be_read_is_a_failure_with_its_reason(bench: Bench) -> None:
    tracker = FakeTracker(
        fetching=RemoteError("issues", Reason.NOT_FOUND, "404: is there such a repository?")
    )

    lines = told(tracker, bench)

    assert lines[0] == "FAIL 404: is there such a repository?; its incidents may be missing"


def test_many_problems_are_summed_up(bench: Bench) -> None:
    class Odd(FakeTracker):
        def to_incident(self, payload: Any) -> Any:
            raise KeyError(payload["incident"].key)

    lines = told(Odd([october(str(n)) for n in range(5)]), bench)

    assert len([line for line in lines if "not understood (KeyError)" in line]) == 3
    assert "warn 2 more problems of October 2026; see `digest preview`" in lines


def test_a_review_that_is_missing_is_said(bench: Bench) -> None:
    lines = told(FakeTracker([october(review=Review())], told={"review": "no heading of a review"}), bench)

    assert "review missing (no heading of a review)" in lines[1]


def test_a_severity_is_told_in_the_sum_and_not_once_more_for_each_incident(bench: Bench) -> None:
    class Saying(FakeTracker):
        def place(self, payload: Any) -> str:
            return f"#{payload['incident'].key}"

        def problems(self, payload: Any = None) -> list[Problem]:
            what = "severity: 'ouch' is not understood; say what it is under `severities:`"
            return [Problem("trackers", self.name, f"{self.place(payload)} {what}")] if payload else []

    lines = told(Saying([october(severity=None, severity_label="ouch")]), bench)

    assert [line for line in lines if "ouch" in line and line.startswith("warn")] == [
        starting(lines, "warn severities")
    ]
