"""Three months to set: a full one, a quiet one, and one whose tracker did not answer."""

from dataclasses import replace
from pathlib import Path

import builders
import pytest

from digest import paths
from digest.model import (
    Count,
    Coverage,
    Edition,
    IncidentRow,
    Masthead,
    Matrix,
    MatrixRow,
    Problem,
    Severity,
    Source,
    Standing,
    WentRight,
    total,
)
from digest.period import Month
from digest.render import Renderer

OCTOBER = Month(2026, 10, "Europe/Lisbon")
TRACKER = "https://tracker.example.org/incidents/"

# key, severity, title, system, cause, group, factors, tags
INCIDENTS = (
    (
        "1421",
        1,
        "Sign-in refused for 41 minutes",
        "Auth Service",
        "Configuration Change",
        "Configuration",
        ("Lack of rollback", "unclear deploy ownership"),
        ("auth", "config", "no-rollback", "ownership"),
    ),
    (
        "1429",
        2,
        "Card payments hung behind a slow partner",
        "Payments API",
        "External Dependency Failure",
        "Dependency",
        ("No timeout set", "poor failover logic"),
        ("payments", "3rd-party", "timeout", "failover"),
    ),
    (
        "1442",
        3,
        "Admin panel lost its filter",
        "Internal Admin Panel",
        "UI Bug",
        "Software defect",
        ("No QA coverage", "happened after urgent hotfix"),
        ("frontend", "QA-missing", "hotfix"),
    ),
    (
        "1450",
        2,
        "Notifications six hours late",
        "Notification Pipeline",
        "Scaling Limit Exceeded",
        "Capacity",
        ("Monitoring gap", "lacked load test before major release"),
        ("infra", "scaling", "monitoring-gap", "release-risk"),
    ),
    (
        "1458",
        1,
        "EU database without a standby for two hours",
        "Database Cluster (EU)",
        "Hardware Failure",
        "Infrastructure",
        ("Delayed alerting", "under-provisioned failover nodes"),
        ("infra", "db", "alerting", "redundancy"),
    ),
    (
        "1462",
        3,
        "Deploys blocked for the afternoon",
        "DevOps Tooling",
        "Misconfigured IAM Policy",
        "Configuration",
        ("Lack of peer review", "inconsistent Terraform state"),
        ("permissions", "terraform", "review-missing"),
    ),
    (
        "1470",
        2,
        "Checkout dropped the delivery address",
        "Checkout Flow",
        "Deployment Regression",
        "Deployment",
        ("Rushed release", "tests bypassed due to manual override"),
        ("checkout", "deploy", "testing-bypassed"),
    ),
)


def rows() -> tuple[IncidentRow, ...]:
    return tuple(
        IncidentRow(
            key,
            title,
            TRACKER + key,
            Severity(severity),
            f"Sev-{severity}",
            (system,),
            cause,
            group,
            factors,
            tags,
            Standing.LEARNT,
        )
        for key, severity, title, system, cause, group, factors, tags in INCIDENTS
    )


def matrix() -> Matrix:
    groups = (
        "Configuration",
        "Capacity",
        "Dependency",
        "Deployment",
        "Infrastructure",
        "Software defect",
        "Other",
    )
    cells = {(i[1], i[5]): sum(j[1] == i[1] and j[5] == i[5] for j in INCIDENTS) for i in INCIDENTS}
    past = (1, 0, 2, 1, 0, 0, 3, 1, 1, 0, 2, 1)
    lines = []
    for severity in (1, 2, 3, 4):
        line = tuple(
            Count(cells.get((severity, group), 0), past[column:] + past[:column])
            for column, group in enumerate(groups)
        )
        lines.append(MatrixRow(Severity(severity), line, total(line)))
    totals = tuple(total([line.cells[column] for line in lines]) for column in range(len(groups)))
    return Matrix(groups, tuple(lines), totals, total(totals))


CARDS = (
    builders.card(
        "A rollback that nobody has rehearsed takes longer than the repair: "
        "ours needed an approval from a team that was asleep.",
        id="1421-3fa9c2",
        incident="1421",
        incident_title="Sign-in refused for 41 minutes",
        url=TRACKER + "1421",
        severity=Severity.SEV1,
        severity_label="Sev-1",
        service="Auth Service",
        heading="Key takeaways",
        line=9,
        why=("in 2 incidents this month", "third time in 12 months"),
        also=("1377",),
        question="Who may roll back your service at three in the morning, and when did they last do it?",
    ),
    builders.card(
        "A call without a time limit hands our own availability to somebody else.",
        id="1429-81be07",
        incident="1429",
        incident_title="Card payments hung behind a slow partner",
        url=TRACKER + "1429",
        severity=Severity.SEV2,
        severity_label="Sev-2",
        service="Payments API",
        question="Which of your calls to others have no time limit?",
        edited=True,
    ),
    builders.card(
        "Nobody was paged, because the alert still watched the queue that we had replaced in August.",
        id="1450-02c4d1",
        incident="1450",
        incident_title="Notifications six hours late",
        url=TRACKER + "1450",
        severity=Severity.SEV2,
        severity_label="Sev-2",
        service="Notification Pipeline",
        why=("new",),
        question="Which of your alerts would still fire if you broke the thing they watch on purpose?",
    ),
    builders.card(
        "A filter that silently shows everything is worse than one that fails: "
        "people acted on the wrong rows.",
        id="1442-9d10aa",
        incident="1442",
        incident_title="Admin panel lost its filter",
        url=None,
        severity=Severity.SEV3,
        severity_label="Sev-3",
        service="Internal Admin Panel",
        why=("from a minor incident",),
        question=None,
    ),
    builders.card(
        "Standby nodes sized for the average cannot take over at the peak, which is when they are asked to.",
        id="1388-77ab31",
        incident="1388",
        incident_title="Reports stalled during failover",
        url=TRACKER + "1388",
        severity=Severity.SEV4,
        severity_label="Sev-4",
        service="Reporting",
        from_month=Month(2026, 9, "Europe/Lisbon"),
        question="Has your standby ever carried a full day's load?",
    ),
)

RICH = Edition(
    month=OCTOBER,
    audience="all",
    subject="A rollback that nobody has rehearsed takes longer than the repair · October 2026",
    preheader="A rollback that nobody has rehearsed takes longer than the repair.",
    masthead=Masthead(
        "Meridian Rail",
        "Learning Digest",
        ("7 incidents", "6 with takeaways", "2 teams wrote their first review"),
    ),
    lead="",
    key_takeaways=CARDS,
    worth_repeating=(
        builders.card(
            "A certificate's owner is whoever gets the reminder, so send it to a rota.",
            id="1207-aa01bc",
            incident="1207",
            incident_title="Gateway certificate expired",
            url=TRACKER + "1207",
            service="Edge",
            from_month=Month(2025, 12, "Europe/Lisbon"),
            why=(),
            question=None,
        ),
    ),
    went_right=(
        WentRight(
            "The on-call engineer declared the incident after four minutes, before anybody was sure.",
            "1458",
            TRACKER + "1458",
            "Database Cluster (EU)",
            "Storage",
        ),
        WentRight(
            "The feature flag let us turn the new checkout off alone.", "1470", TRACKER + "1470", None, None
        ),
    ),
    matrix=matrix(),
    leadership="2 of 7 incidents were tied to configuration; "
    "3 follow-ups about it are open, 1 was closed this month.",
    waiting=Coverage(Count(7), 6, 1, 0, 47, 2),
    incidents=rows(),
    made=builders.made(
        collected_at=builders.NOW.replace(month=11),
        sources=(Source("reviews", builders.NOW.replace(month=11), 7),),
        reviews_read=9,
        takeaways_found=31,
        takeaways_printed=6,
        unchecked=2,
        set_aside=(("says much the same as another", 4), ("reads as a fix", 11)),
        masked=(("token", 1), ("e-mail address", 3)),
        other_languages=1,
        months_before=12,
        late=1,
    ),
    problems=(Problem("takeaways", "reviews/1399.md", "could not be read: not UTF-8"),),
    editor="learning@example.org",
)

QUIET = builders.edition(
    month=OCTOBER,
    subject="A quiet October: no incidents",
    preheader="No incidents in October, and every source was read.",
    masthead=Masthead("Meridian Rail", "Learning Digest", ("no incidents",)),
    lead="October was quiet: no incident was resolved, and every source was read. "
    "Here is one learning worth repeating.",
    key_takeaways=(),
    worth_repeating=RICH.worth_repeating,
    made=builders.made(sources=(Source("reviews", builders.NOW, 0),), reviews_read=0, takeaways_found=0),
)

UNREAD = replace(
    QUIET,
    subject="October 2026: incidents may be missing",
    lead="",
    problems=(
        Problem("trackers", "Jira", "did not answer for 5 minutes; its incidents are missing here", True),  # noqa: FBT003
    ),
)


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer(paths.templates())


@pytest.fixture(scope="session")
def rich() -> Edition:
    return RICH


@pytest.fixture(scope="session")
def quiet() -> Edition:
    return QUIET


@pytest.fixture(scope="session")
def unread() -> Edition:
    return UNREAD


@pytest.fixture(scope="session")
def snapshots() -> Path:
    return Path(__file__).parents[1] / "snapshots"
