"""Positions, masking twice, and canaries, over texts put together by chance."""

import re
from pathlib import Path

import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from digest.redact import Redacted, Rules, is_clean, redact_text

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config/redaction.yaml").read_text(encoding="utf-8"))
RULES = Rules.of(CONFIG, customers=["Acme Corp", "Token", "Card"])
PEOPLE = ("Ana Ribeiro", "Will May", "@bo-chen")
LINE_BREAK = re.compile(r"\r\n|\r|\n")

CANARIES = {
    "aws key": "AKIA" + "Q7ZK2M4X9PLW3RTB",
    "token": "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a",
    "password": "password=" + "hunter2swordfish",
    "private key": "-----BEGIN " + "PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END PRIVATE KEY-----",
    "e-mail address": "canary@mail.example.org",
    "handle": "@canarybird",
    "person": "Ana Ribeiro",
    "customer": "Acme Corp",
    "card number": "4111 1111 1111 1111",
    "iban": "DE89 3704 0044 0532 0130 00",
    "phone number": "+1 415 555 2671",
}
WORDS = [
    *CANARIES.values(),
    "Ana",
    "Will",
    "May",
    "[token]",
    "[person]",
    "[card number]",
    "pod-7f9c",
    "café",
    "2026-05-12",
]
WORDS += [
    "the **bold** word",
    "`code`",
    "<b>x</b>",
    "&amp;",
    "%41",
    "\u200b",
    "a_b",
    "3.0.6.1",
    "token",
    "password",
    "|",
    ":",
    "=",
]
GLUE = [
    " ",
    " ",
    "\n",
    "\r\n",
    "\n\n",
    ", ",
    ". ",
    ": ",
    "\n- ",
    "\n## Authors\n\n",
    "\n| Owner | ",
    " | ",
    "\n> ",
    "**",
    "_",
    "",
    "\n\r",
    "\r",
]
LETTERS = st.text(alphabet="aA1@.*_`[]|:=+ \n\r#-<>&;\\%/()é\u200b", max_size=40)

texts = st.lists(
    st.tuples(st.one_of(st.sampled_from(WORDS), LETTERS), st.sampled_from(GLUE)), max_size=14
).map(lambda parts: "".join(word + glue for word, glue in parts))


def lines(text: str) -> list[str]:
    return LINE_BREAK.split(text)


def assert_positions(text: str, redacted: Redacted) -> None:
    """Every character that was not masked is found where `locate` says it came from."""
    before, after = lines(text), lines(redacted.text)
    assert len(before) == len(after)
    for number, line in enumerate(after):
        edits = [e for e in redacted.origin.edits if e.line == number]
        inside = {e.column + n for e in edits for n in range(e.masked)}
        for column, letter in enumerate(line):
            at, place = redacted.origin.locate(number, column)
            assert at == number + 1
            if column not in inside:
                assert before[number][place - 1] == letter


@given(texts)
@settings(max_examples=150, deadline=None)
def test_locate_gives_the_originals_own_line_and_column(text: str) -> None:
    assert_positions(text, redact_text(text, RULES, PEOPLE))


@given(texts)
@settings(max_examples=150, deadline=None)
def test_masking_again_changes_nothing(text: str) -> None:
    once = redact_text(text, RULES, PEOPLE)

    twice = redact_text(once.text, RULES, PEOPLE)

    assert twice.text == once.text
    assert twice.counts == ()
    assert is_clean(once.text, RULES, PEOPLE) == ()


@given(texts, st.sampled_from(sorted(CANARIES)), texts)
@settings(max_examples=150, deadline=None)
def test_no_canary_survives_among_other_words(before: str, kind: str, after: str) -> None:
    canary = CANARIES[kind]
    assume(canary not in before + after)  # glued to other words it is no token, address or name

    redacted = redact_text(f"{before} \n\nIt said {canary} there. {after}", RULES, PEOPLE)

    assert canary.removeprefix("password=") not in redacted.text


def test_a_place_in_a_mask_is_where_the_masked_words_began() -> None:
    text = "The 1st: canary@mail.example.org and then @canarybird again"

    redacted = redact_text(text, RULES, first_line=7)

    assert redacted.text == "The 1st: [e-mail address] and then [handle] again"
    for column in range(9, 25):
        assert redacted.origin.locate(0, column) == (8, 10)
    assert redacted.origin.locate(0, redacted.text.index("then")) == (8, text.index("then") + 1)
    assert redacted.origin.locate(0, redacted.text.index("again")) == (8, text.index("again") + 1)


def test_a_mask_over_lines_stands_on_the_first_and_keeps_the_breaks() -> None:
    text = f"a\r\n{CANARIES['private key']} z\r\nb @canarybird c"

    redacted = redact_text(text, RULES)

    assert redacted.text == "a\r\n[private key]\n\n z\r\nb [handle] c"
    assert redacted.origin.locate(3, 1) == (4, len("-----END PRIVATE KEY-----") + 2)
    assert redacted.origin.locate(4, redacted.text.splitlines()[4].index("c")) == (5, 15)


def test_a_clean_text_comes_back_as_it_was() -> None:
    text = "Nobody was paged: the alert watched the old queue.\n"

    redacted = redact_text(text, RULES, first_line=3)

    assert redacted.text == text
    assert redacted.counts == ()
    assert redacted.origin.locate(0, 0) == (4, 1)
