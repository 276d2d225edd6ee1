"""Texts of 200 KB made to keep a backtracking pattern busy.

No clock is read: a pattern whose work grows with the square of the text would need hours here, and
would stop the run.
"""

from pathlib import Path

import pytest
import yaml

from digest.redact import Rules, redact_text

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config/redaction.yaml").read_text(encoding="utf-8"))
RULES = Rules.of(CONFIG | {"options": {"ip_addresses": True}}, customers=["Acme Corp", "A B C"])
SIZE = 200_000

PIECES = [
    "a",
    "@",
    "a.",
    "a@",
    "a@a.",
    "4",
    "4 ",
    "4111 ",
    "+1",
    "1.",
    "1:",
    "::",
    "DE89",
    "AB12 ",
    "eyJ",
    "eyJaaaaaaaa.",
    "ghp_",
    "AKIA",
    "xoxb-",
    "key-",
    "sk-",
    "aws ",
    "Aa0/",
    "LS0tLS1CRUdJTi",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----AAAA\n",
    "password=",
    "password: ",
    "password=(",
    "secret",
    "token ",
    "?code=",
    "bearer ",
    "authorization:",
    "://",
    "http://a:",
    "[at]",
    "a [at] ",
    "[",
    "[token]",
    "<",
    "<b ",
    "<div>",
    "<td>",
    '<a href="',
    "&",
    "&#1",
    "%41",
    "\\",
    "*",
    "**a",
    "**a** \n",
    "`",
    "_",
    "__",
    "|",
    "owner|",
    "| owner |\n",
    "|owner|x|\n",
    "|a|owner|\n|--|--|\n|x|ana|\n\n",
    "owner: ",
    "owner: Ana ",
    "authors\n",
    "  authors:\n",
    "# authors\n- ana\n",
    "# authors\n- authors:\n",
    "- authors:\n  - ana\n",
    "# Authors\n- Ana Ribeiro\n",
    "Ana Ribeiro ",
    "Acme ",
    "A ",
    "\n",
    "\r",
    " \n",
    " ",
    "\t",
    ">",
    "#",
    "-",
    "==",
    "\u200b",
    "é",
    "\uff21",
    "@a\n",
    "<@U",
]


@pytest.mark.parametrize("piece", PIECES, ids=repr)
def test_the_work_grows_with_the_text_and_not_with_its_square(piece: str) -> None:
    text = (piece * (SIZE // len(piece) + 1))[:SIZE]

    redacted = redact_text(text, RULES, ["Ana Ribeiro", "bo"])

    # Masks may shorten a line; they never take one away.
    assert redacted.text.count("\n") >= text.count("\n")
