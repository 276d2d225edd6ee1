from pathlib import Path
from typing import Any

import pytest
import yaml

from digest.redact import Rules, is_clean, redact_text

ROOT = Path(__file__).parents[2]
CONFIG: dict[str, Any] = yaml.safe_load((ROOT / "config/redaction.yaml").read_text(encoding="utf-8"))
TABLE: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / "tests/hostile/redaction.yaml").read_text(encoding="utf-8")
)
RULES = Rules.of(CONFIG)
RULES_WITH_ADDRESSES = Rules.of(CONFIG | {"options": {"ip_addresses": True}})
ENOUGH = 5


def examples(part: str) -> list[Any]:
    return [
        pytest.param(row, text.replace("¦", ""), id=name) for row in TABLE for name, text in row[part].items()
    ]


def rules_for(row: dict[str, Any]) -> Rules:
    return RULES_WITH_ADDRESSES if row.get("option") == "ip_addresses" else RULES


@pytest.mark.parametrize(("row", "text"), examples("masked"))
def test_it_is_masked_and_nothing_else(row: dict[str, Any], text: str) -> None:
    before, _, rest = text.partition("«")
    secret, _, after = rest.partition("»")
    broken = "\n" * secret.count("\n")

    redacted = redact_text(before + secret + after, rules_for(row))

    assert redacted.text == f"{before}[{row['kind']}]{broken}{after}"
    assert redacted.counts == ((row["kind"], 1),)


@pytest.mark.parametrize(("row", "text"), examples("kept"))
def test_it_is_left_alone(row: dict[str, Any], text: str) -> None:
    assert redact_text(text, rules_for(row)).text == text
    assert is_clean(text, rules_for(row)) == ()


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["rule"])
def test_each_rule_has_examples_both_ways(row: dict[str, Any]) -> None:
    assert len(row["masked"]) >= ENOUGH
    assert len(row["kept"]) >= ENOUGH


def test_every_rule_of_the_config_has_a_row() -> None:
    assert {rule["name"] for rule in CONFIG["secrets"]} <= {row["rule"] for row in TABLE}
