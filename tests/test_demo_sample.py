"""The sample incidents in config/demo hold what the rest of the tests and the demo rely on."""

import csv
import re
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from digest.period import Month

DEMO = Path(__file__).parent.parent / "config" / "demo"
ZONE = "Europe/Lisbon"
COLUMNS = [
    *("key", "title", "url", "severity", "service", "team"),
    *("primary_cause", "contributing_factors", "tags"),
    *("created", "started", "detected", "resolved"),
    *("visibility", "change", "review_state", "review_finished", "out_of_hours"),
]

FIELDS = ("key", "severity", "service", "primary_cause", "contributing_factors", "tags")
LAST_MONTH = [
    (
        "1421",
        "Sev-1",
        "Auth Service",
        "Configuration Change",
        "Lack of rollback, unclear deploy ownership",
        "auth, config, no-rollback, ownership",
    ),
    (
        "1429",
        "Sev-2",
        "Payments API",
        "External Dependency Failure",
        "No timeout set, poor failover logic",
        "payments, 3rd-party, timeout, failover",
    ),
    (
        "1442",
        "Sev-3",
        "Internal Admin Panel",
        "UI Bug",
        "No QA coverage, happened after urgent hotfix",
        "frontend, QA-missing, hotfix",
    ),
    (
        "1450",
        "Sev-2",
        "Notification Pipeline",
        "Scaling Limit Exceeded",
        "Monitoring gap, lacked load test before major release",
        "infra, scaling, monitoring-gap, release-risk",
    ),
    (
        "1458",
        "Sev-1",
        "Database Cluster (EU)",
        "Hardware Failure",
        "Delayed alerting, under-provisioned failover nodes",
        "infra, db, alerting, redundancy",
    ),
    (
        "1462",
        "Sev-3",
        "DevOps Tooling",
        "Misconfigured IAM Policy",
        "Lack of peer review, inconsistent Terraform state",
        "permissions, terraform, review-missing",
    ),
    (
        "1470",
        "Sev-2",
        "Checkout Flow",
        "Deployment Regression",
        "Rushed release, tests bypassed due to manual override",
        "checkout, deploy, testing-bypassed",
    ),
]
PUBLIC_A_MONTH = {
    "2025-10": 5,
    "2025-11": 4,
    "2025-12": 4,
    "2026-01": 4,
    "2026-02": 5,
    "2026-03": 3,
    "2026-04": 4,
    "2026-05": 4,
    "2026-06": 5,
    "2026-07": 6,
    "2026-08": 4,
    "2026-09": 4,
    "2026-10": 7,
}
CANARIES = ("marrowgate", "quillfeather", "zephyrine", "holtmarck", "crew document vault")
TOKEN = re.compile(r"\bAKIA[A-Z2-7]{16}\b")
SECRET = re.compile(r"AWS_SECRET_ACCESS_KEY=[A-Za-z0-9/+]{40}\b")

Row = dict[str, str]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    with (DEMO / "incidents.csv").open(encoding="utf-8", newline="") as table:
        reader = csv.DictReader(table)
        assert reader.fieldnames == COLUMNS
        return list(reader)


@pytest.fixture(scope="module")
def reviews() -> dict[str, Path]:
    """Each review's file by the key that joins it."""
    files = sorted((DEMO / "reviews").rglob("*.md"))
    keyed = {_key(file): file for file in files}
    assert len(keyed) == len(files), "two reviews of one incident"
    return keyed


def _front_matter(file: Path) -> dict[str, object]:
    text = file.read_text(encoding="utf-8")
    if not text.startswith("---\n"):
        return {}
    loaded = yaml.safe_load(text.split("---\n", 2)[1])
    assert isinstance(loaded, dict)
    return loaded


def _key(file: Path) -> str:
    digits = re.match(r"\d+", file.name)
    fields = _front_matter(file)
    told = fields.get("incident", fields.get("key"))
    if digits and told:
        assert digits[0] == str(told), file
    key = digits[0] if digits else told
    assert key, f"{file} names no incident"
    return str(key)


def _time(cell: str) -> datetime:
    moment = datetime.fromisoformat(cell)
    assert moment.tzinfo is not None, cell
    return moment


def _public(rows: list[Row], month: str) -> list[Row]:
    wanted = Month.parse(month, ZONE)
    return [r for r in rows if r["visibility"] == "public" and _time(r["resolved"]) in wanted]


def test_the_last_month_holds_the_seven_word_for_word(rows: list[Row]) -> None:
    found = [tuple(row[field] for field in FIELDS) for row in _public(rows, "2026-10")]

    assert found == LAST_MONTH


def test_thirteen_months_hold_sixty_incidents(rows: list[Row]) -> None:
    months = Counter(Month.of(_time(r["resolved"]), ZONE).key for r in rows if r["visibility"] == "public")

    assert dict(months) == PUBLIC_A_MONTH
    assert len(rows) == 60


def test_most_incidents_are_minor(rows: list[Row]) -> None:
    count = Counter(row["severity"] for row in rows)

    assert count["Sev-3"] + count["Sev-4"] > 2 * (count["Sev-1"] + count["Sev-2"])
    assert count["Sev-1"] < count["Sev-2"] < count["Sev-3"]


def test_keys_are_unique_and_ascend_with_time(rows: list[Row]) -> None:
    keys = [int(row["key"]) for row in rows]

    assert keys == sorted(set(keys))
    created = [_time(row["created"]) for row in rows]
    assert created == sorted(created)


def test_times_have_zones_and_are_in_order(rows: list[Row]) -> None:
    for row in rows:
        order = ("started", "detected", "created", "resolved", "review_finished")
        times = [_time(row[name]) for name in order if row[name]]

        assert times == sorted(times), row["key"]


def test_offsets_are_mixed_as_in_life(rows: list[Row]) -> None:
    assert {row["created"][19:] for row in rows} == {"+01:00", "+00:00", "Z"}


def test_every_review_joins_an_incident_and_says_the_same_of_its_state(
    rows: list[Row], reviews: dict[str, Path]
) -> None:
    states = {row["key"]: row["review_state"] for row in rows}

    assert set(reviews) == {key for key, state in states.items() if state in {"finished", "draft"}}
    assert len(reviews) > 32
    for row in rows:
        assert bool(row["review_finished"]) == (row["review_state"] == "finished"), row["key"]


def test_front_matter_tells_the_same_day_as_the_table(rows: list[Row], reviews: dict[str, Path]) -> None:
    for row in rows:
        fields = _front_matter(reviews[row["key"]]) if row["key"] in reviews else {}
        finished = str(fields.get("finished", row["review_finished"]))

        assert finished[:10] == row["review_finished"][:10], row["key"]


def test_only_one_review_of_an_earlier_month_was_finished_in_the_last(rows: list[Row]) -> None:
    october = Month.parse("2026-10", ZONE)

    late = [
        row["key"]
        for row in rows
        if row["review_finished"]
        and _time(row["review_finished"]) in october
        and _time(row["resolved"]) not in october
    ]

    assert late == ["1417"]


def test_one_incident_is_private_and_its_words_stand_nowhere_else(
    rows: list[Row], reviews: dict[str, Path]
) -> None:
    private = [row for row in rows if row["visibility"] != "public"]
    assert [row["key"] for row in private] == ["1455"]
    secret = reviews["1455"].read_text(encoding="utf-8").lower() + str(private[0]).lower()
    others = [file.read_text(encoding="utf-8").lower() for key, file in reviews.items() if key != "1455"]
    others += [str(row).lower() for row in rows if row["key"] != "1455"]

    for word in CANARIES:
        assert word in secret
        assert not any(word in text for text in others)


def test_one_review_leaks_a_key_pair() -> None:
    files = [file for file in DEMO.rglob("*") if file.is_file()]

    for pattern in (TOKEN, SECRET):
        leaking = [file.name for file in files if pattern.search(file.read_text(encoding="utf-8"))]
        assert leaking == ["1462-iam-policy.md"]


def test_customers_and_people_are_there_to_be_masked(reviews: dict[str, Path]) -> None:
    texts = {key: file.read_text(encoding="utf-8") for key, file in reviews.items()}

    assert {key for key in texts if "Solmar Holidays" in texts[key]} == {"1188", "1429", "1450"}
    assert {key for key in texts if "Atlântida Tours" in texts[key]} == {"1153", "1458"}
    assert "- Rui Falcão rang" in texts["1429"]


def test_no_two_reviews_share_a_sentence(reviews: dict[str, Path]) -> None:
    seen: dict[str, str] = {}
    for key, file in reviews.items():
        text = " ".join(line for line in file.read_text(encoding="utf-8").splitlines() if line[:1] != "#")
        for sentence in re.split(r"(?<=[.!?])\s+", text):
            if len(sentence.split()) > 5:
                assert seen.setdefault(sentence, key) == key, sentence
