"""Whatever a tracker's users wrote: nothing raises, nothing becomes markup, nothing is lost for readers."""

import re
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from render.seen import html_text, links, markdown_parser, markdown_text, one_line, tree
from render.test_facts import rebuilt

from digest.model import Edition, Rendering
from digest.render import Renderer

FRAGMENTS = (
    "<script>alert(1)</script>",
    "</mj-text><mj-include path='/etc/passwd'/><mj-text>",
    "</td></tr></table></body></html>",
    "<img src=x onerror=alert(1)>",
    "<style>@import url(//evil.test)</style>",
    "<!-- -->]]><![CDATA[",
    'x" onmouseover="alert(1)',
    "x onmouseover=alert(1)",
    "{{7*7}}{% include '/etc/passwd' %}{{ ''.__class__ }}",
    "%s %(x)s {0} {x}",
    "javascript:alert(1)",
    "[a](javascript:alert(1)) ![x](http://track.test/p.png)",
    "| a | b |\n| --- | --- |",
    "\n# Title\n\n---\n",
    "```\n~~~",
    "@channel @here <!channel>",
    "&lt;b&gt; &amp; &#60; &copy;",
    "\x1b[31m\x00\x08\x7f\x9b",
    "\r\nBcc: evil@example.org",
    "\u2028\u2029\x85\x0b\x0c\x1c",
    "\u202e\u2066\u2069\u200f",
    "\ud800",
    "\ufffe\uffff\ufdd0",
    "تعطل الخدمة",
    "👩\u200d💻\ufe0f \u00a0\u202f\u00ad",
    "C:\\temp\\{x}",
    "Z" + "\u0301" * 30,
    "a" * 300,
)
HOSTILE = st.lists(
    st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=12), st.characters(exclude_categories=())),
    max_size=5,
).map("".join)
# Fields whose words are not free: they decide about links, or are Python's own.
FIXED = {"Card.url", "WentRight.url", "IncidentRow.url", "Edition.editor"}


def filled(edition: Edition, words: str) -> Edition:
    """Put `words` into every text of `edition`, behind a letter, so that no text is empty."""

    def change(path: str, value: Any) -> Any:
        return "w" + words if isinstance(value, str) and path not in FIXED else value

    return rebuilt(edition, change)


def outline(html: str) -> list[tuple[str, tuple[str, ...], str | None]]:
    """Return each element's name, attributes' names, and style: what data must never change."""
    return [
        (element.tag, tuple(sorted(element.attrib)), element.get("style"))
        for element in tree(html).iter()
        if isinstance(element.tag, str)
    ]


def blocks(markdown: str) -> list[str]:
    """Return the types of the tokens of a page, inline ones too; text next to text is one."""
    types: list[str] = []
    for token in markdown_parser().parse(markdown):
        types += [token.type, *(child.type for child in token.children or ())]
    return types


def as_readers_see(words: str) -> str:
    """Return what should be shown of `words`, worked out by Unicode's categories rather than by guards."""
    kept = []
    for character in "w" + words:
        bidi = unicodedata.bidirectional(character) in {
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        }
        if bidi:
            continue
        control = unicodedata.category(character) in {"Cc", "Cs"} or character in "\ufffe\uffff"
        nothing = "\ufdd0" <= character <= "\ufdef"
        blank = character.isspace()
        kept.append(character if blank else "\ufffd" if control or nothing else character)
    return one_line(_three_marks("".join(kept)))


def _three_marks(text: str) -> str:
    kept, marks = "", 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        kept += character if marks <= 3 else ""
    return kept


@given(words=HOSTILE)
@example(words="".join(FRAGMENTS))
@settings(max_examples=40, deadline=None)
def test_no_text_breaks_a_form_or_becomes_markup_in_it(renderer: Renderer, rich: Edition, words: str) -> None:
    safe = renderer.render(filled(rich, "ords"))

    made = renderer.render(filled(rich, words))

    assert outline(made.html) == outline(safe.html)
    assert blocks(made.markdown) == blocks(safe.markdown)
    seen = as_readers_see(words)
    assert seen in html_text(made.html)
    assert seen in one_line(made.text)
    assert seen.rstrip(".") in markdown_text(made.markdown)
    assert len(made.notice.splitlines()) == len(safe.notice.splitlines())
    _is_a_subject(made.subject)


def _is_a_subject(subject: str) -> None:
    assert len(subject) <= 150
    assert subject.isprintable() or not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", subject)
    subject.encode()


@given(
    url=st.one_of(
        HOSTILE, HOSTILE.map("https://example.org/".__add__), HOSTILE.map("mailto:a@b.test?".__add__)
    )
)
@example(url="java\nscript:alert(1)")
@example(url="//evil.test/x")
@example(url="https://example.org/a|b(c)[d]{{e}}`f`&lt;")
@example(url="https://example.org/x) [y](javascript:alert(1)")
@settings(max_examples=40, deadline=None)
def test_links_lead_to_hosts_and_addresses_only(renderer: Renderer, rich: Edition, url: str) -> None:
    def change(path: str, value: Any) -> Any:
        return url if path in FIXED else value

    made = renderer.render(rebuilt(rich, change))

    for form in (made.html, markdown_parser().render(made.markdown)):
        assert all(_is_safe(link) for link in links(form))
        assert "<script" not in form
    allowed = {element[0] for element in outline(renderer.render(rich).html)}
    assert {element[0] for element in outline(made.html)} <= allowed
    table = [line for line in made.markdown.split("\n") if line.startswith("|")]
    assert blocks(made.markdown).count("td_open") == blocks(renderer.render(rich).markdown).count("td_open")
    assert table


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme == "mailto":
        return "@" in parts.path and not re.search(r"bcc|cc=|to=|%0[ad]", parts.query, re.IGNORECASE)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc


def test_an_override_of_the_text_direction_ends_with_its_own_words(renderer: Renderer, rich: Edition) -> None:
    title = "\u202eשרת נפל"
    made = renderer.render(replace(rich, went_right=(replace(rich.went_right[0], text=title),)))

    for form in (made.html, made.text, made.markdown):
        assert "\u202e" not in form
        assert "\u2068שרת נפל\u2069" in form


_OPENED: list[str] = []
_WATCHING: list[bool] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _WATCHING and (event == "open" or event.startswith(("socket", "subprocess", "os.exec", "os.posix"))):
        _OPENED.append(f"{event} {arguments[0]}")


@contextmanager
def watched() -> Iterator[list[str]]:
    """Note each file opened and each connection made meanwhile. (A hook cannot be taken away again.)"""
    if not _HOOKED:
        sys.addaudithook(_watch)
        _HOOKED.append(True)
    _OPENED.clear()
    _WATCHING.append(True)
    try:
        yield _OPENED
    finally:
        _WATCHING.clear()


_HOOKED: list[bool] = []


def test_rendering_opens_no_file_and_no_connection(renderer: Renderer, rich: Edition) -> None:
    hostile = filled(rich, "</mj-text><mj-include path='/etc/passwd'/>{% include '/etc/passwd' %}")
    renderer.render(rich)  # templates and the language's data are read once

    with watched() as opened:
        renderer.render(hostile)

    assert opened == []


def test_the_watch_sees_a_file_being_opened() -> None:
    with watched() as opened, open(__file__, encoding="utf-8"):  # noqa: PTH123 -- the plainest way to open one
        pass
    assert any(__file__ in entry for entry in opened)


@pytest.mark.parametrize("field", ["html", "text", "markdown"])
def test_the_same_edition_gives_the_same_forms(field: str, renderer: Renderer, rich: Edition) -> None:
    first: Rendering = renderer.render(rich)
    assert getattr(first, field) == getattr(renderer.render(rich), field)
