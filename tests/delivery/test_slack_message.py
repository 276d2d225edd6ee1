"""The payload for a chat: within its limits, and nothing in it can call anybody or lead elsewhere."""

import json
import os
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import builders
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest
from servers.slack_server import BLOCKS_MOST, TOKEN, faults_of, markup, texts, unescaped, visible

from digest import paths
from digest.delivery.chats.slack_message import message
from digest.model import Edition, Severity
from digest.render import Renderer

PAGE = "https://git.example.org/learning/wiki/2026-10?a=1&b=2"
NOTE = f"""\
Learning Digest, October 2026
7 incidents · 6 with takeaways

1. A rollback that nobody has rehearsed takes longer than the repair. (1421)

2. R&D saw p99 < 5 ms, and *nobody* asked @here or <!channel>. (1429, edited)

Read the full page: all 7 incidents in one table
{PAGE}"""
CALLS = (
    "<!channel>", "<!here>", "<!everyone>", "@here", "@channel", "@everyone", "<@U123>", "<@W123|ana>",
    "<!subteam^S1>", "<!subteam^S1|@team>", "<#C123>", "<http://evil.test|text>", "<https://evil.test>",
    "<mailto:a@evil.test|x>", "<!date^1^{date}|x>", "&lt;!channel&gt;", "&amp;lt;!here&amp;gt;",
    "&", "<", ">", "|",
    "*bold*", "_it_", "~x~", "`code`", "```", ":tada:", "https://evil.test/", "\\", "\u202e", "\u2028",
    "\n", "\r\n", "\x00", "\ud800", "a", " ", "…",
)  # fmt: skip


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(paths.templates())


def only_the_link(payload: Any) -> str:
    """Return what stands in Slack's markup besides the one link to the page, which must be ours."""
    left = []
    for text in markup(payload):
        found = TOKEN.findall(text)
        assert found in ([], [token for token in found if token.startswith("https://git.example.org/")])
        assert len(found) <= 1
        left.append(TOKEN.sub(lambda match: match[1].rpartition("|")[2], text))
    return "\n".join(left)


def is_harmless(payload: Any) -> None:
    left = only_the_link(payload)
    assert "<" not in left
    assert ">" not in left
    assert re.sub("&(amp|lt|gt);", "", left).count("&") == 0
    assert faults_of(payload) == []
    assert (payload["link_names"], payload["parse"]) == (False, "none")
    assert (payload["unfurl_links"], payload["unfurl_media"]) == (False, False)
    assert all(text.get("verbatim", True) for block in payload["blocks"] for text in texts(block))


def test_a_note_becomes_a_title_small_print_a_block_a_line_and_one_link() -> None:
    payload: Any = message(NOTE)

    assert [block["type"] for block in payload["blocks"]] == [
        "header", "context", "section", "section", "section",
    ]  # fmt: skip
    assert list(visible(payload)) == [line for line in NOTE.split("\n") if line][:-1]
    link = payload["blocks"][-1]["text"]["text"]
    assert link == f"<{PAGE.replace('&', '&amp;')}|Read the full page: all 7 incidents in one table>"
    assert unescaped(payload["text"]) == re.sub(r"\n+", "\n", NOTE)
    is_harmless(payload)


@pytest.mark.parametrize("call", CALLS[:15])
def test_words_that_would_call_people_stay_words(call: str) -> None:
    payload: Any = message(f"Title\nFacts\n\n1. Look {call} here. (1)")

    assert f"1. Look {call} here. (1)" in list(visible(payload))
    assert all(text["type"] == "plain_text" for block in payload["blocks"] for text in texts(block))
    assert f"Look {call} here" in unescaped(payload["text"])
    is_harmless(payload)


def hostile(edition: Edition, words: str) -> Edition:
    card = replace(
        builders.card(f"w{words}", incident=f"k{words}"), severity=Severity.SEV1, from_month=edition.month
    )
    facts = replace(edition.masthead, title=f"t{words}", facts=(f"f{words}", words))
    return replace(
        edition, masthead=facts, lead=f"l{words}", key_takeaways=(card, card), worth_repeating=(card,)
    )


def test_500_random_texts_of_a_tracker_reach_no_markup(renderer: Renderer) -> None:
    chance = random.Random(20261001)  # noqa: S311 - texts to try, no secret
    environment = renderer._environments
    assert environment
    for _ in range(500):
        words = "".join(chance.choices(CALLS, k=chance.randint(1, 30)))
        made = renderer.render(hostile(builders.edition(), words), page=True)

        for note in (made.notice, made.with_page(PAGE).notice):
            is_harmless(message(note))
        assert TOKEN.search(json.dumps(message(made.with_page(PAGE).notice)))


@given(note=st.lists(st.one_of(st.sampled_from(CALLS), st.text(max_size=8)), max_size=60).map("".join))
@settings(max_examples=300, deadline=None)
def test_no_note_whatever_is_refused_or_calls_anybody(note: str) -> None:
    # An address alone on the last line is the page's by rule; the renderer lets no words of data stand there.
    payload = message(note + "\n.")

    is_harmless(payload)
    assert json.loads(json.dumps(payload).encode()) == payload


@pytest.mark.parametrize(
    "url",
    [
        "https://x.test/a|b",
        "https://x.test/<b>",
        "https://x.test/a b",
        "javascript:alert(1)",
        "x",
        "https://x.test/" + "a" * 2000,
    ],
)
def test_an_address_that_could_be_misread_is_no_link(url: str) -> None:
    payload: Any = message(f"Title\n\nRead the full page\n{url}")

    assert all(text["type"] == "plain_text" for block in payload["blocks"] for text in texts(block))
    assert "Read the full page" in list(visible(payload))
    is_harmless(payload)


def test_a_note_that_is_too_long_is_cut_and_says_so() -> None:
    lines = "\n".join(f"{n}. {'patience & ' * 100}" for n in range(200))
    payload: Any = message(f"{'Title ' * 100}\n{'facts ' * 200}\n\n{lines}\n\nRead the full page\n{PAGE}")

    shown = list(visible(payload))
    assert len(payload["blocks"]) < BLOCKS_MOST
    assert len(json.dumps(payload)) < 10_000
    assert shown[0].endswith("Title…")
    assert shown[-2] == "… (the rest of this note was too long for a chat)"
    assert shown[-1] == "Read the full page"
    assert payload["text"].endswith(PAGE.replace("&", "&amp;"))
    is_harmless(payload)


@pytest.mark.parametrize("note", ["", "\n\n", "One line", "Title\nhttps://x.test/", "\x00\n\x00"])
def test_a_note_of_next_to_nothing_is_no_bad_payload(note: str) -> None:
    payload = message(note)
    assert faults_of(payload) == []


@pytest.mark.skipif("DIGEST_API_SPECS" not in os.environ, reason="DIGEST_API_SPECS names no folder")
@pytest.mark.parametrize("note", [NOTE, "One line", "x\n" * 500])
def test_a_payload_is_one_of_the_service_s_own_description(note: str) -> None:
    file = Path(os.environ["DIGEST_API_SPECS"]) / "chat_webhooks.yaml"
    api = OpenAPI.from_dict(yaml.safe_load(file.read_text(encoding="utf-8")))
    request = MockRequest(
        "https://hooks.slack.com",
        "post",
        "/slack/services/T0/B0/x",
        data=json.dumps(message(note)).encode(),
        content_type="application/json",
    )

    api.validate_request(request)
