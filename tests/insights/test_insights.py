from datetime import UTC, datetime, timedelta

import pytest
import yaml
from builders import NOW, incident

from digest import paths
from digest.errors import ConfigError
from digest.insights import Causes, Past, insights_of
from digest.insights.matrix import matrix_of
from digest.model import Count, FollowUp, Incident, Reading, Remark, Severity, Standing

CAUSES = Causes.of(yaml.safe_load((paths.config() / "factors.yaml").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("cause", "group"),
    [
        ("Configuration Change", "Configuration"),
        ("Misconfigured IAM Policy", "Configuration"),
        ("External Dependency Failure", "Dependency"),
        ("UI Bug", "Software defect"),
        ("Scaling Limit Exceeded", "Capacity"),
        ("Hardware Failure", "Infrastructure"),
        ("Deployment Regression", "Deployment"),
        ("deployments", "Deployment"),
        ("EXPIRED CERTIFICATE", "Security and access"),
        ("Seagulls", "Other"),
        ("", "Other"),
        (None, "Other"),
    ],
)
def test_a_trackers_words_meet_in_groups(cause: str | None, group: str) -> None:
    assert CAUSES.group_of(cause) == group


@pytest.mark.parametrize(
    ("mapping", "key"),
    [
        ({}, "groups"),
        ({"groups": ["x"]}, r"groups\[0\]"),
        ({"groups": [{"name": "Other"}]}, r"groups\[0\]\.name"),
        ({"groups": [{"name": "A", "cues": "abc"}]}, r"groups\[0\]\.cues"),
    ],
)
def test_a_taxonomy_of_the_wrong_shape_names_the_key(mapping: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        Causes.of(mapping)


def month(*rows: tuple[int, str]) -> list[Incident]:
    return [incident(str(n), severity=Severity(s), primary_cause=cause) for n, (s, cause) in enumerate(rows)]


def test_the_matrix_counts_each_incident_once_beside_the_months_before() -> None:
    now = month((1, "Config"), (2, "IAM policy"), (2, "Deploy"), (2, "Gremlins"))
    earlier = [month((2, "Config"), (2, "Config")), [], month((3, "Hardware failure"))]

    matrix = matrix_of(now, earlier, CAUSES)

    assert matrix is not None
    assert matrix.groups == ("Configuration", "Deployment", "Other")
    assert [row.severity for row in matrix.rows] == [Severity.SEV1, Severity.SEV2]
    assert [[cell.now for cell in row.cells] for row in matrix.rows] == [[1, 0, 0], [1, 1, 1]]
    assert matrix.totals[0] == Count(2, (2, 0, 0))
    assert matrix.rows[1].cells[0] == Count(1, (2, 0, 0))
    # The hardware failure has no column this month, and still counts in the months' totals.
    assert matrix.total == Count(4, (2, 0, 1))
    assert sum(row.total.now for row in matrix.rows) == matrix.total.now


def test_an_incident_without_severity_has_a_row_of_its_own_at_the_foot() -> None:
    matrix = matrix_of([incident("1", severity=None), incident("2", severity=Severity.SEV5)], [], CAUSES)

    assert matrix is not None
    assert [row.severity for row in matrix.rows] == [Severity.SEV5, None]


def test_a_month_without_incidents_has_no_matrix() -> None:
    assert matrix_of([], [month((1, "Config"))], CAUSES) is None


def test_two_earlier_months_are_too_few_to_compare_with() -> None:
    assert not Count(3, (1, 2)).comparable
    assert Count(3, (1, 2, 0)).comparable
    assert Count(3, (1, 2, 0, 4)).median == 1.5


def reading(key: str, standing: Standing, follow_ups: int = 0) -> Reading:
    asked = tuple(Remark(key, "Add it", "Add it", "Actions", 9 + n, 1) for n in range(follow_ups))
    return Reading(key, "Title", standing, follow_ups=asked)


def test_coverage_counts_what_waits_and_the_oldest_of_all() -> None:
    old = incident("7", resolved=NOW - timedelta(days=70), review=incident("7").review)
    readings = [reading("0", Standing.LEARNT), reading("1", Standing.WAITING_LEARNING)]

    got = insights_of(
        month((1, "x"), (1, "x"), (1, "x")), readings, Past(((),), (old,)), CAUSES, NOW
    ).coverage

    assert (got.learnt, got.waiting_learning, got.waiting_review, got.earlier_waiting) == (1, 1, 1, 1)
    assert got.oldest_days == 70
    assert got.incidents == Count(3, (0,))


def test_an_incident_without_any_time_has_no_age() -> None:
    bare = incident("1", started=None, resolved=None)

    assert insights_of([bare], [], Past(), CAUSES, NOW).coverage.oldest_days is None


def test_the_leading_group_comes_with_what_is_being_done() -> None:
    done = FollowUp("a", done=True, closed=datetime(2026, 5, 30, tzinfo=UTC).date())
    now = [
        incident("1", primary_cause="Config", follow_ups=(done, FollowUp("b"))),
        incident("2", primary_cause="IAM policy"),
        incident("3", primary_cause="Deploy"),
    ]

    leading = insights_of(now, [reading("2", Standing.LEARNT, follow_ups=3)], Past(), CAUSES, NOW).leading

    assert leading is not None
    assert (leading.group, leading.incidents.now, leading.of) == ("Configuration", 2, 3)
    assert (leading.follow_ups_open, leading.follow_ups_closed, leading.follow_ups_stated) == (1, 1, 3)


@pytest.mark.parametrize(
    "rows",
    [
        [(1, "Config"), (1, "Deploy")],  # one each
        [(1, "Config"), (2, "Config"), (1, "Deploy"), (3, "Deploy")],  # two share the first place
        [(1, "Gremlins"), (1, "Ghosts")],  # unmapped
    ],
)
def test_no_group_leads_without_standing_out(rows: list[tuple[int, str]]) -> None:
    assert insights_of(month(*rows), [], Past(), CAUSES, NOW).leading is None
