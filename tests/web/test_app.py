import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from builders import edition, made, takeaway

from digest.errors import TemplateError
from digest.model import Masthead, Problem, Rendering, Standing, Verdict
from digest.paths import templates
from digest.web import preview_app

Ask = Callable[..., Any]
Make = Callable[..., Any]

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><base href=//evil.test>"


@pytest.fixture
def page(ask: Ask, proof: Make) -> Callable[..., str]:
    """The page of a proof, by what is particular about it."""

    def showing(**over: Any) -> str:
        body: str = ask("/", app=preview_app(proof(**over), templates(), 8123)).body
        return body

    return showing


def test_the_page_may_run_nothing_and_load_nothing_from_elsewhere(ask: Ask) -> None:
    policy = ask().headers["content-security-policy"]

    assert policy == (
        "default-src 'none'; style-src 'self'; frame-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert ask().headers["cross-origin-opener-policy"] == "same-origin"


def test_the_mail_is_served_sandboxed_and_framed_here_only(ask: Ask) -> None:
    answer = ask("/mail.html")
    directives = answer.headers["content-security-policy"].split("; ")

    assert answer.body == "<p>The mail</p>"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert {"default-src 'none'", "frame-ancestors 'self'", "sandbox"} <= set(directives)


def test_both_frames_hold_the_mail_in_a_sandbox_without_any_allowance(page: Callable[..., str]) -> None:
    frames = re.findall(r"<iframe[^>]*>", page())

    assert len(frames) == 2
    for frame in frames:
        assert re.search(r'<iframe src="/mail\.html" sandbox title=', frame)


def test_the_page_itself_has_no_script_no_style_attribute_and_no_form(page: Callable[..., str]) -> None:
    assert not re.search(r"<script|<form|<style| style=| on\w+=|javascript:", page())


@pytest.mark.parametrize(
    ("path", "media", "body"),
    [
        ("/digest.txt", "text/plain; charset=utf-8", "The text"),
        ("/digest.md", "text/plain; charset=utf-8", "# The page"),
    ],
)
def test_text_and_markdown_are_served_as_they_are(ask: Ask, path: str, media: str, body: str) -> None:
    answer = ask(path)

    assert (answer.body, answer.headers["content-type"]) == (body, media)


def test_a_hostile_word_is_shown_wherever_it_stands_and_does_nothing(page: Callable[..., str]) -> None:
    shown = page(
        edition=edition(
            subject=HOSTILE, preheader=HOSTILE, masthead=Masthead(HOSTILE, HOSTILE, ()), problems=()
        ),
        rendering=Rendering("2026-05", "all", HOSTILE, HOSTILE, HOSTILE, HOSTILE),
        verdicts=(
            Verdict(
                takeaway(HOSTILE, id=HOSTILE, heading=HOSTILE, reasons=(HOSTILE,)),
                printed=True,
                why=(HOSTILE,),
            ),
            Verdict(takeaway(HOSTILE, incident=HOSTILE), printed=False, why=(HOSTILE,)),
        ),
        waiting=((HOSTILE, HOSTILE, Standing.WAITING_LEARNING, f"https://evil.test/{HOSTILE}"),),
        problems=(Problem(HOSTILE, HOSTILE, HOSTILE),),
    )

    assert "<script" not in shown
    assert "<base" not in shown
    assert "<img" not in shown
    assert shown.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 15


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "//evil.test", "\\\\evil\\share", "https://", "https://a b", "data:text/html,x"],
)
def test_an_unsafe_address_is_no_link(page: Callable[..., str], url: str) -> None:
    shown = page(waiting=(("103", "Export was late", Standing.WAITING_REVIEW, url),))

    assert ">103<" in shown
    assert not re.search(r'<a [^>]*href="(?![#/]|$)', shown)


def test_a_waiting_incident_is_linked_named_and_explained(page: Callable[..., str]) -> None:
    shown = page()

    assert 'href="https://tracker.example.org/103"' in shown
    assert "Export was late" in shown
    assert "no finished review" in shown


@pytest.mark.parametrize(
    ("trial", "said", "not_said"),
    [(True, "Trial:", "Frozen:"), (False, "Frozen:", "Trial:")],
)
def test_trial_and_held_editions_are_told_apart(
    page: Callable[..., str], *, trial: bool, said: str, not_said: str
) -> None:
    shown = page(trial=trial)

    assert said in shown
    assert not_said not in shown


@pytest.mark.parametrize(
    "words",
    [
        "Example Rail",
        "May 2026",
        "What we learnt in May 2026",
        "0.70",
        'Printed: <span class="isolate">the same in 2 incidents',
        'Not printed: <span class="isolate">below the bar',
        "stands under “Lessons learned”",
        "101-abc123",
        "reviews/101.md:41:7",
        "“careless change”",
        "What made sense?",
        "did not answer",
        "Readers are told that incidents may be missing.",
        "<dt>3</dt><dd>private",
        "<dt>2</dt><dd>could not be checked",
        "digest edit 2026-05",
    ],
)
def test_the_editor_is_told(page: Callable[..., str], words: str) -> None:
    assert words in page()


def test_a_proof_with_nothing_in_it_says_so_part_by_part(page: Callable[..., str]) -> None:
    nothing = edition(made=made(takeaways_found=0))
    shown = page(edition=nothing, verdicts=(), waiting=(), findings=(), problems=(), private=0, unchecked=0)

    assert "No takeaways were found" in shown
    assert "None waits." in shown
    assert "It found nothing to advise." in shown
    assert 'id="problems"' not in shown


def test_an_edition_kept_without_its_ranking_does_not_claim_that_nothing_was_found(
    page: Callable[..., str],
) -> None:
    shown = page(edition=edition(made=made(takeaways_found=5, set_aside=(("names a fix", 2),))), verdicts=())

    assert "5 takeaways were found, but their ranking was not kept" in shown
    assert '2: <span class="isolate">names a fix</span>' in shown
    assert "No takeaways were found" not in shown


def test_half_a_character_does_not_stop_the_preview(ask: Ask, proof: Make) -> None:
    broken = proof(rendering=Rendering("2026-05", "all", "May \ud800", "a\ud800b", "a\ud800b", "a\ud800b"))
    app = preview_app(broken, templates(), 8123)

    assert ask("/", app=app).status == 200
    assert ask("/digest.txt", app=app).body == "a?b"


def test_what_a_visitor_sends_never_comes_back(ask: Ask) -> None:
    assert "evil" not in ask("/evil<script>").body


def test_showing_a_proof_writes_no_file(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = _files(templates())

    ask("/")

    assert list(tmp_path.iterdir()) == []
    assert _files(templates()) == before


def test_a_template_with_a_mistake_is_named_with_its_line(proof: Make, tmp_path: Path) -> None:
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "preview.html.j2").write_text("<p>\n{% if %}\n")

    with pytest.raises(TemplateError, match=r"web/preview\.html\.j2:2"):
        preview_app(proof(), tmp_path, 8123)


def test_a_template_that_asks_for_what_is_not_there_is_named(proof: Make, tmp_path: Path) -> None:
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "preview.html.j2").write_text("{{ nothing.such }}")

    with pytest.raises(TemplateError, match="nothing"):
        preview_app(proof(), tmp_path, 8123)


def test_missing_templates_are_named(proof: Make, tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"web/preview\.html\.j2"):
        preview_app(proof(), tmp_path, 8123)


def _files(folder: Path) -> dict[Path, float]:
    return {path: path.stat().st_mtime for path in folder.rglob("*")}
