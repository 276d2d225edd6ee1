"""Secrets, names and customers that markup, encodings or line breaks split."""

from pathlib import Path

import pytest
import yaml

from digest.redact import Rules, redact_text

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config/redaction.yaml").read_text(encoding="utf-8"))
RULES = Rules.of(CONFIG, customers=["Acme Corp", "Zürich Versicherung", "トヨタ"])
KEY = "AKIA" + "Q7ZK2M4X9PLW3RTB"
TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"


@pytest.mark.parametrize(
    "split",
    [
        pytest.param(f"{KEY[:4]}**{KEY[4:9]}**{KEY[9:]}", id="bold"),
        pytest.param(f"{KEY[:7]}*{KEY[7:9]}*{KEY[9:]}", id="emphasis"),
        pytest.param(f"`{KEY[:9]}``{KEY[9:]}`", id="code"),
        pytest.param(f"{KEY[:9]}\u200b{KEY[9:]}", id="zero width space"),
        pytest.param(f"{KEY[:3]}\u00ad{KEY[3:9]}\u2060{KEY[9:]}", id="soft hyphen and word joiner"),
        pytest.param("".join(f"&#{ord(c)};" for c in KEY), id="decimal entities"),
        pytest.param(f"{KEY[:4]}&#x{ord(KEY[4]):x};{KEY[5:]}", id="hexadecimal entity"),
        pytest.param("".join(f"%{ord(c):02X}" for c in KEY), id="percent-encoded"),
        pytest.param("".join(chr(ord(c) + 0xFEE0) for c in KEY), id="full width letters"),
        pytest.param(f"{KEY[:4]}<b>{KEY[4:9]}</b>{KEY[9:]}", id="HTML tags"),
        pytest.param(f"{KEY[:4]}<span class='x'>{KEY[4:9]}</span>{KEY[9:]}", id="HTML tags with attributes"),
        pytest.param(TOKEN.replace("_", "\\_"), id="escaped underscore"),
        pytest.param(TOKEN.replace("_", "&lowbar;"), id="named entity"),
    ],
)
def test_a_split_key_is_masked_whole(split: str) -> None:
    redacted = redact_text(f"The key {split} was in the log.", RULES)

    assert "[aws key]" in redacted.text or "[token]" in redacted.text
    # Nothing of the key is left but marks around the mask.
    assert not any(part in redacted.text for part in (KEY[5:9], KEY[9:], TOKEN[10:], "%4", "&#"))


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "  \n> ", "\n    "])
def test_a_key_broken_over_two_lines_is_masked_and_the_break_stays(line_break: str) -> None:
    redacted = redact_text(f"pushed with {TOKEN[:20]}{line_break}{TOKEN[20:]} today", RULES)

    assert redacted.text.startswith("pushed with [token]")
    assert redacted.text.endswith(" today")
    assert TOKEN[20:] not in redacted.text
    assert redacted.text.count("\n") + redacted.text.count("\r") == len(line_break.strip(" >"))


def test_a_word_on_the_line_after_a_token_is_not_taken_for_more_of_it() -> None:
    text = f"pushed with {TOKEN}\nand then deployed"

    assert redact_text(text, RULES).text == "pushed with [token]\nand then deployed"


@pytest.mark.parametrize(
    "written",
    [
        "Acme Corp",
        "ACME corp",
        "AcmeCorp",
        "acme-corp",
        "acme  corp",
        "Acmé Corp",
        "Acme&nbsp;Corp",
        "**Acme** Corp",
        "Zurich Versicherung",
        "ZÜRICH-VERSICHERUNG",
        "Zu\u0308rich Versicherung",
        "Z&uuml;rich Versicherung",
        "Acme\nCorp",
    ],
)
def test_a_customer_is_found_however_it_is_written(written: str) -> None:
    redacted = redact_text(f"It hit {written}'s orders.", RULES)

    assert "[customer]" in redacted.text
    assert "orp" not in redacted.text
    assert "ersicherung" not in redacted.text


def test_a_customer_is_found_in_a_script_without_blanks() -> None:
    assert redact_text("本日トヨタの注文が失敗", RULES).text == "本日[customer]の注文が失敗"


@pytest.mark.parametrize("other", ["Acme Corporation", "Macme Corp", "acme", "corp", "Acme; the Corp"])
def test_other_words_are_no_customer(other: str) -> None:
    assert redact_text(other, RULES).text == other


@pytest.mark.parametrize(
    "hidden",
    [
        f'<a href="https://example.org/?token={TOKEN}">the log</a>',
        f'<span data-key="{KEY}">the log</span>',
        f"<b\n{TOKEN}>the log</b>",
        f"<!-- {TOKEN} -->",
        f"[the log](https://example.org/{TOKEN})",
        f"![{TOKEN}](x.png)",
        f"~~{TOKEN}~~ __{KEY}__",
    ],
)
def test_what_a_reader_does_not_see_is_masked_too(hidden: str) -> None:
    redacted = redact_text(f"It is in {hidden}.", RULES)

    assert TOKEN not in redacted.text
    assert KEY not in redacted.text
