from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from builders import incident, review

from digest.model import FollowUp, Origin
from digest.redact import Rules, redact_incident, redact_url

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config/redaction.yaml").read_text(encoding="utf-8"))
RULES = Rules.of(CONFIG, customers=["Acme Corp"])
KEY = "AKIA" + "Q7ZK2M4X9PLW3RTB"
TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
SECRETS = f"{KEY} by Ana Ribeiro for Acme Corp, mail canary@mail.example.org"
TEXT = "## Responders\n\n- Ana Ribeiro\n\n## Lessons\n\n- Ana found that Acme Corp retries without a limit.\n"


@pytest.mark.parametrize(
    "field",
    [
        {"title": SECRETS},
        {"severity_label": SECRETS},
        {"services": (SECRETS,)},
        {"team": SECRETS},
        {"primary_cause": SECRETS},
        {"trigger": SECRETS},
        {"factors": ("fine", SECRETS)},
        {"tags": (SECRETS,)},
        {"follow_ups": (FollowUp(SECRETS),)},
        {"review": review(SECRETS)},
        {"people": ("Ana Ribeiro",)},
    ],
    ids=lambda field: next(iter(field)),
)
def test_no_field_keeps_a_secret_a_person_or_a_customer(field: dict[str, Any]) -> None:
    redacted = repr(redact_incident(incident("7", **({"people": ("Ana Ribeiro",)} | field)), RULES))

    assert not any(word in redacted for word in (KEY, "Ana", "Ribeiro", "Acme", "canary"))


def test_people_of_the_review_are_masked_in_the_title_too() -> None:
    redacted = redact_incident(incident("7", TEXT, title="Ana was paged for Acme Corp"), RULES)

    assert redacted.title == "[person] was paged for [customer]"
    assert "- [person] found that [customer] retries" in redacted.review.text
    assert redacted.people == ()
    assert redacted.masked == (("customer", 2), ("person", 3))


def test_what_names_nobody_stays_as_it_was() -> None:
    raw = incident(
        "7",
        "## Lessons\n\n- A cache without a limit fills the disk.\n",
        follow_ups=(FollowUp("Set a limit", opened=date(2026, 5, 1), url="https://tracker.example.org/9"),),
        url="https://tracker.example.org/incidents/7?tab=review#timeline",
        tags=("cache", "no-limit"),
    )

    assert redact_incident(raw, RULES) == raw


def test_a_team_that_shares_a_word_with_a_person_stays() -> None:
    raw = incident("7", "Owner: Harbour Lights\n", team="Harbour Lights", services=("Timetable",))

    assert redact_incident(raw, RULES) == raw


def test_positions_count_the_lines_before_the_text() -> None:
    raw = incident("7", review=review(TEXT, origin=Origin(first_line=5)))

    origin = redact_incident(raw, RULES).review.origin

    assert origin.locate(6, 2) == (12, 3)
    assert origin.locate(6, len("- [person] ")) == (12, len("- Ana ") + 1)


def test_an_incident_redacted_twice_is_the_same() -> None:
    once = redact_incident(
        incident("7", TEXT, people=("Ana Ribeiro",), url=f"https://x.example/?token={KEY}"), RULES
    )

    assert redact_incident(once, RULES) == once


def test_a_text_that_names_thousands_is_not_checked_but_refused() -> None:
    names = "\n".join(f"- Ana{n // 100:02} Ribeiro{n % 100:02}" for n in range(2_100))
    letters = names.translate(str.maketrans("0123456789", "abcdefghij"))

    with pytest.raises(ValueError, match="more than 2000 people"):
        redact_incident(incident("7", f"## Attendees\n\n{letters}\n"), RULES)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/a?b=1#c", "https://example.org/a?b=1#c"),
        ("https://ana:pw@example.org/a", "https://example.org/a"),
        ("https://token@example.org:8443/a", "https://example.org:8443/a"),
        ("https://example.org/a?token=x&b=1", "https://example.org/a?b=1"),
        ("https://example.org/a?b=1&X-Amz-Signature=x&access_token=y", "https://example.org/a?b=1"),
        ("https://example.org/cb#access_token=x&state=1", "https://example.org/cb#state=1"),
        ("https://example.org/blob?sv=1&sig=x", "https://example.org/blob?sv=1"),
        ("https://example.org/#/route?api_key=x", "https://example.org/#/route"),
        ("http://[::1", None),
    ],
)
def test_a_link_loses_its_user_and_its_credentials(url: str, expected: str | None) -> None:
    assert redact_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        f"https://example.org/{TOKEN}",
        "https://example.org/customers/acme-corp",
        "https://example.org/u/canary@mail.example.org",
        "https://hooks.slack.com/services/T00000000/B00000000/abcdefghijklmnop12345678",
        "https://example.org/people/Ana%20Ribeiro",
        f"https://example.org/#/route?x={TOKEN}",
    ],
)
def test_a_link_that_still_tells_something_is_dropped_and_counted(url: str) -> None:
    redacted = redact_incident(incident("7", url=url, people=("Ana Ribeiro",)), RULES)

    assert redacted.url is None
    assert redacted.masked == (("link", 1),)
