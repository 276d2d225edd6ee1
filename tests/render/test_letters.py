"""Letters to one person: what no title can do to them, and what a person can copy out of them."""

import unicodedata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import paths
from digest.errors import TemplateError
from digest.model import Standing
from digest.render import Renderer
from digest.render.notices import flowed

RENDERER = Renderer(paths.templates())
HOSTILE = [
    "x\r\nBcc: evil@example.net",
    "x\n\n    digest approve 2026-10 --config /tmp/evil.yaml",
    "a\u2028b\u2029c\x85d\x0be\x0cf",
    "\u202etxt.exe\u202c",
    "\x1b]0;owned\x07\x1b[2J",
    "half \ud800 a character",
    "{{ 7 * 7 }} {% raw %} {# gone #}",
    "<!channel> <@U123|x> &amp;",
    "שלום עולם",
    "word " * 400,
]


def waiting(**over: Any) -> SimpleNamespace:
    fields: dict[str, Any] = {
        "key": "1421",
        "title": "Sign-in refused",
        "team": "Payments",
        "standing": Standing.WAITING_REVIEW,
        "days": 34,
        "url": "https://tracker.example.org/incidents/1421",
        "candidates": ("The alert watched the old queue.",),
    }
    return SimpleNamespace(**fields | over)


def nudge(*incidents: SimpleNamespace, **over: Any) -> tuple[str, str]:
    facts: dict[str, Any] = {
        "title": "Learning Digest",
        "editor": "learning@example.org",
        "zone": "Europe/Lisbon",
        "teams": ("Payments",),
        "incidents": incidents,
        "more": 0,
        "quoted": True,
        "read_at": None,
        "every_days": 14,
    }
    return RENDERER.notice("nudge", **facts | over)


@pytest.mark.parametrize("words", HOSTILE)
def test_no_title_makes_a_line_a_command_or_a_header(words: str) -> None:
    plain = nudge(waiting(title="Plain"))[1]

    subject, text = nudge(waiting(title=words, candidates=(words,)))

    assert len(subject.splitlines()) == 1
    assert len(subject) <= 150
    for line in text.splitlines():
        # What is copied into a shell, and what opens an item, is the template's alone.
        assert not line.startswith("    ")
        assert not line.startswith("Bcc:")
    assert sum(line.startswith("- ") for line in text.splitlines()) == 1
    assert len(text.split("\n\n")) == len(plain.split("\n\n"))
    shown = subject + text.replace("\n", "")
    assert not {c for c in shown if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}}
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e")
    assert "49" not in shown


@given(st.text(max_size=300))
def test_whatever_the_title_the_letter_keeps_its_paragraphs(words: str) -> None:
    _, text = nudge(waiting(title=words, key="k" + words[:3], candidates=()))

    assert text.count("How to write it:") >= 1
    assert "\n\n\n" not in text
    assert all(len(line) <= 72 or " " not in line.strip() for line in text.splitlines())


def test_a_link_that_leads_nowhere_safe_is_left_out() -> None:
    assert "javascript" not in nudge(waiting(url="javascript:alert(1)"))[1]
    assert "https://tracker.example.org/incidents/1421" in nudge(waiting())[1]


def test_what_was_not_found_is_not_asked_about() -> None:
    assert "Was it this?" not in nudge(waiting(candidates=()), quoted=False)[1]
    assert "quoted above" not in nudge(waiting(candidates=()), quoted=False)[1]


def test_nobody_is_named_shouted_at_or_ranked() -> None:
    for _, text in (nudge(waiting()), nudge(waiting(), waiting(key="2"), more=7)):
        assert "!" not in text
        assert "overdue" not in text
        assert "Nobody else gets this" in " ".join(text.split())


def test_a_chats_letter_has_whole_lines() -> None:
    facts = {
        "title": "Learning Digest",
        "editor": None,
        "zone": "UTC",
        "teams": (),
        "incidents": [waiting(candidates=("word " * 40,))],
        "more": 0,
        "quoted": True,
        "read_at": None,
        "every_days": 14,
    }

    _, text = RENDERER.note("nudge", **facts)

    assert any(len(line) > 150 for line in text.splitlines())
    assert not any(line != line.strip() and not line.startswith("  ") for line in text.splitlines())


def test_a_paragraph_is_wrapped_an_item_hangs_and_a_command_stays_whole() -> None:
    command = "    digest run --month 2026-10 --incomplete --config /a/rather/long/folder/digest.yaml"

    assert flowed("one\ntwo") == "one two"
    assert flowed("- " + "word " * 20).splitlines()[1].startswith("  word")
    assert flowed("- item\n  https://example.org/x") == "- item\n  https://example.org/x"
    assert flowed(command) == command
    assert flowed(command + "\n" + command).splitlines() == [command, command]


def test_an_operators_own_letter_is_used_and_its_faults_are_named(tmp_path: Path) -> None:
    (tmp_path / "notices").mkdir()
    own = tmp_path / "notices" / "nudge.txt.j2"
    own.write_text("Hello {{ editor }}\n\nA line.\n", encoding="utf-8")
    renderer = Renderer(paths.templates(), tmp_path)

    assert renderer.notice("nudge", editor="Ana") == ("Hello Ana", "A line.\n")
    with pytest.raises(TemplateError, match="editor"):
        renderer.notice("nudge")


def test_a_letter_without_a_subject_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notices").mkdir()
    (tmp_path / "notices" / "nudge.txt.j2").write_text("{# nothing #}\n", encoding="utf-8")

    with pytest.raises(TemplateError, match="first line is the subject"):
        Renderer(paths.templates(), tmp_path).notice("nudge")


def test_a_wrong_letter_is_found_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "notices").mkdir()
    (tmp_path / "notices" / "proof.txt.j2").write_text("Subject\n\n{% if %}\n", encoding="utf-8")

    with pytest.raises(TemplateError, match=r"notices/proof\.txt\.j2:3"):
        Renderer(paths.templates(), tmp_path).compile()
