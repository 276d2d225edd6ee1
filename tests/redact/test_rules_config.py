from pathlib import Path
from typing import Any

import pytest
import yaml

from digest.errors import ConfigError
from digest.redact import Rules, is_clean, redact_text

CONFIG: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "config/redaction.yaml").read_text(encoding="utf-8")
)
RULE = {"name": "badge", "kind": "badge", "pattern": r"BADGE-\d{4}"}


def with_rule(**over: object) -> dict[str, object]:
    return {"secrets": [RULE, RULE | over]}


@pytest.mark.parametrize(
    ("mapping", "key"),
    [
        ({}, "secrets"),
        ({"secrets": []}, "secrets"),
        ({"secrets": "x"}, "secrets"),
        ({"secrets": [3]}, "secrets[0]"),
        ({"secret": []}, "secret"),
        ({"secrets": [RULE | {"patern": "x"}]}, "secrets[0].patern"),
        ({"secrets": [{"name": "x", "kind": "x"}]}, "secrets[0].kind"),
        ({"secrets": [{"name": "x", "kind": "badge"}]}, "secrets[0].pattern"),
        (with_rule(pattern="(unclosed"), "secrets[1].pattern"),
        (with_rule(pattern=4), "secrets[1].pattern"),
        (with_rule(needs="["), "secrets[1].needs"),
        (with_rule(kind="Kind!"), "secrets[1].kind"),
        (with_rule(name=""), "secrets[1].name"),
        (with_rule(check="checksum"), "secrets[1].check"),
        (with_rule(check=["luhn"]), "secrets[1].check"),
        (with_rule(check="password"), "secrets[1].pattern"),
        (with_rule(keywords="badge"), "secrets[1].keywords"),
        (with_rule(keywords=[""]), "secrets[1].keywords"),
        (with_rule(reach=0), "secrets[1].reach"),
        (with_rule(reach=True), "secrets[1].reach"),
        (with_rule(wrapped="yes"), "secrets[1].wrapped"),
        (with_rule(option="colours"), "secrets[1].option"),
        (with_rule() | {"options": {"ip_addresses": "off"}}, "options.ip_addresses"),
        (with_rule() | {"options": {"colours": True}}, "options.colours"),
        (with_rule() | {"options": []}, "options"),
        (with_rule() | {"people": []}, "people"),
        (with_rule() | {"people": {"heading": []}}, "people.heading"),
        (with_rule() | {"people": {"headings": [True]}}, "people.headings"),
    ],
)
def test_a_malformed_file_is_told_by_its_key(mapping: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Rules.of(mapping)

    assert caught.value.key == f"config/redaction.yaml {key}"


def test_a_malformed_pattern_among_the_allowed_is_told_by_its_key() -> None:
    with pytest.raises(ConfigError) as caught:
        Rules.of(with_rule(), allow=["fine", "/(unclosed/"])

    assert caught.value.key == "redaction.allow[1]"


def test_an_operators_own_rule_masks() -> None:
    assert redact_text("saw BADGE-1234 there", Rules.of(with_rule())).text == "saw [badge] there"


def test_phone_numbers_stay_where_they_are_turned_off() -> None:
    rules = Rules.of(CONFIG | {"options": {"phone_numbers": False}})

    assert redact_text("call +1 415 555 2671", rules).text == "call +1 415 555 2671"


def test_addresses_of_machines_stay_unless_they_are_asked_for() -> None:
    text = "10.0.0.12 and 2001:db8::1 refused"

    assert redact_text(text, Rules.of(CONFIG)).text == text


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Nothing to see.", ()),
        ("Owner: Ana Ribeiro", ()),
        ("@ana wrote to canary@mail.example.org", ("e-mail address", "handle")),
        ("<p>Acme&nbsp;Corp</p>", ("customer",)),
        ("Ana Ribeiro knew", ("person",)),
    ],
)
def test_a_finished_text_is_checked_for_what_is_left(text: str, kinds: tuple[str, ...]) -> None:
    rules = Rules.of(CONFIG, customers=["Acme Corp"])

    found = is_clean(text, rules, ["Ana Ribeiro"] if "knew" in text else [])

    assert found == kinds


def test_the_gate_lets_the_editors_own_address_through() -> None:
    rules = Rules.of(CONFIG, allow=["digest@example.org"])

    assert is_clean('<a href="mailto:digest@example.org">digest@example.org</a>', rules) == ()
