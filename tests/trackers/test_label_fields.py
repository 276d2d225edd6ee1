import pytest

from digest.model import ReviewState, Severity
from digest.trackers.label_fields import Labelled, LabelRules, Prefixes, worst

RULES = LabelRules(severities={"outage": Severity.SEV1}, ignored=frozenset({"incident"}))


@pytest.mark.parametrize(
    ("label", "fields"),
    [
        ("service:checkout", {"service": ["checkout"]}),
        ("Service :: checkout api", {"service": ["checkout api"]}),
        ("area/search/index", {"service": ["search/index"]}),
        ("team=web", {"team": ["web"]}),
        ("root cause: Deployment", {"primary_cause": ["Deployment"]}),
        ("contributing_factor/no limit", {"contributing_factors": ["no limit"]}),
        ("trigger: config change", {"trigger": ["config change"]}),
        ("sev: purple", {"severity": ["purple"]}),
        ("severity/1", {"severity": ["1"]}),
        ("SEV-2", {"severity": ["SEV-2"]}),
        ("p1", {"severity": ["p1"]}),
        ("Outage", {"severity": ["Outage"]}),
        ("critical", {"severity": ["critical"]}),
        ("high", {"tags": ["high"]}),
        ("tag:cache", {"tags": ["cache"]}),
        ("kind/regression", {"tags": ["kind/regression"]}),
        ("service:", {"tags": ["service:"]}),
        ("Incident", {}),
        ("", {}),
        ("confidential", {"private": ["yes"]}),
        ("private: no", {"private": ["no"]}),
        ("visibility/restricted", {"visibility": ["restricted"]}),
        ("privacy", {"visibility": ["privacy"]}),
        ("type: security", {"visibility": ["security"]}),
        ("cause: security", {"visibility": ["security"]}),
        ("service: security", {"service": ["security"]}),
        ("not public", {"visibility": ["not public"]}),
    ],
)
def test_each_label_tells_one_thing(label: str, fields: dict[str, list[str]]) -> None:
    assert Labelled.of([label], RULES).fields == fields


@pytest.mark.parametrize("label", ["confidental", "visiblity: all", "security-incident", "Secrets"])
def test_what_is_nearly_a_mark_of_privacy_is_a_doubt(label: str) -> None:
    told = Labelled.of([label], RULES)

    assert told.fields == {}
    assert len(told.doubts) == 1


@pytest.mark.parametrize(
    ("labels", "state"),
    [
        (["draft"], ReviewState.DRAFT),
        (["review-draft"], ReviewState.DRAFT),
        (["review: done"], ReviewState.FINISHED),
        (["postmortem/published"], ReviewState.FINISHED),
        (["review: missing"], ReviewState.DRAFT),
        (["review: done", "wip"], ReviewState.DRAFT),
        (["wip", "review: done"], ReviewState.DRAFT),
        (["review"], None),
        ([], None),
    ],
)
def test_the_careful_word_about_a_review_counts(labels: list[str], state: ReviewState | None) -> None:
    assert Labelled.of(labels, RULES).state is state


def test_with_prefixes_of_their_own_nothing_else_is_a_tag() -> None:
    rules = LabelRules(Prefixes.model_validate({"tag": "t-", "service": ["svc-", "app:"]}))

    told = Labelled.of(["t-cache", "svc-fares", "App/search", "service:x", "svc-"], rules)

    assert told.fields == {"tags": ["cache"], "service": ["fares", "search"]}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sev3", "outage", "sev1"], "outage"),
        (["purple", "minor"], "minor"),
        (["purple", "x"], "purple"),
        ([], ""),
    ],
)
def test_of_several_severities_the_worst_counts(words: list[str], said: str) -> None:
    assert worst(words, RULES.severities) == said
