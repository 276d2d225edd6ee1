import pytest
from markdown_it import MarkdownIt

from digest.render import guards


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("one\r\nBcc: two", "one Bcc: two"),
        ("one\u2028two\u2029three\x85four\x0bfive\x1csix", "one two three four five six"),
        ("\x1b[31mred\x00\x9f", "\ufffd[31mred\ufffd\ufffd"),
        ("half \ud800 a pair", "half \ufffd a pair"),
        ("no\ufffe character\uffff", "no\ufffd character\ufffd"),
        ("abc\u202egnp.exe\u2066", "abcgnp.exe"),
        ("no-break\u00a0space, 👩\u200d💻", "no-break\u00a0space, 👩\u200d💻"),
        ("Z" + "\u0301" * 20, "Z" + "\u0301" * 3),
    ],
)
def test_a_value_becomes_one_line_that_every_form_can_carry(value: str, cleaned: str) -> None:
    assert guards.clean(value) == cleaned


def test_words_from_right_to_left_cannot_reorder_the_line_they_stand_in() -> None:
    assert guards.isolate("تعطل") == "\u2068تعطل\u2069"
    assert guards.isolate("outage") == "outage"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ('x" onmouseover="alert(1)', "x&#34; onmouseover=&#34;alert(1)"),
        ("C:\\temp", "C:&#92;temp"),
        ("July\u00a02026", "July&#160;2026"),
        ("<&>'`", "&#60;&#38;&#62;&#39;&#96;"),
    ],
)
def test_an_attribute_holds_nothing_that_the_engine_would_rewrite(value: str, written: str) -> None:
    assert guards.attribute(value) == written


@pytest.mark.parametrize(
    "url",
    [
        "https://tracker.example.org/incidents/1421?view=full#top",
        "http://localhost:8080/x",
        "HTTPS://example.org/",
        "mailto:learning@example.org",
        "mailto:learning@example.org?subject=About%20it",
    ],
)
def test_a_link_may_lead_to_a_host_or_an_address(url: str) -> None:
    assert guards.safe_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        " https://example.org/",
        "data:text/html,<script>",
        "//evil.test",
        "\\\\evil\\share",
        "https:evil.test",
        "https://",
        "https:///path",
        "https://good.example@evil.test/",
        "https://[::1",
        "https://example.org:port/",
        "https://example.org/\u202egnp",
        'https://example.org/"onclick="x',
        "https://example.org/a b",
        "https://example.org/" + "a" * 2000,
        "mailto:",
        "mailto:learning@example.org?bcc=evil@example.org",
        "mailto:learning@example.org?subject=x%0d%0aBcc:evil@example.org",
        "mailto:learning@example.org?subject=x&bcc=evil@example.org",
        "mailto:a@example.org,b@example.org",
        "ftp://example.org/",
        "file:///etc/passwd",
    ],
)
def test_what_could_lead_elsewhere_is_no_link(url: str | None) -> None:
    assert guards.safe_url(url) is None
    assert guards.href(url) == ""


def test_a_mail_link_takes_a_plain_address_only() -> None:
    assert guards.mailto("a@example.org", "50 % & m") == "mailto:a@example.org?subject=50%20%25%20%26%20m"
    assert guards.safe_url(guards.mailto("a@example.org", "Ümläut\r\nBcc: x")) is not None
    assert guards.mailto("Ana <a@example.org>", "x") is None
    assert guards.mailto("a@example.org?bcc=b@example.org", "x") is None
    assert guards.mailto(None, "x") is None


@pytest.mark.parametrize(
    ("value", "subject"),
    [
        ("October\r\nBcc: evil@example.org", "October Bcc: evil@example.org"),
        ("a\u200bb\u202ec\ufeff  d ", "abc d"),
        ("word " * 40, "word " * 28),
        ("x" * 100_000, "x" * 149 + "…"),
    ],
)
def test_a_subject_is_one_short_line(value: str, subject: str) -> None:
    found = guards.subject_line(value)
    assert len(found) <= guards.SUBJECT_LENGTH
    assert found.startswith(subject)
    assert found == " ".join(found.split())


def test_a_subject_that_fits_is_left_alone() -> None:
    assert guards.subject_line("October 2026: a rollback nobody rehearsed") == (
        "October 2026: a rollback nobody rehearsed"
    )


@pytest.mark.parametrize(
    "value",
    [
        "**bold** _it_ `code` ~~gone~~ [a](javascript:alert(1)) ![x](http://track.test/p.png)",
        "<script>alert(1)</script> <b>x</b> <https://evil.test> <!-- x -->",
        "| a | b |",
        "# Title",
        "C# and #1421 #",
        "- item",
        "+ item",
        "1. item",
        "1) item",
        "---",
        "===",
        "> quote",
        "    code",
        "max_connections and _private and snake_case_",
        "&lt; &copy; &#64; R&D a&b;c",
        "{{7*7}} {% include '/etc/passwd' %} {html}",
        "[[Category:X]] [^1] [x]: javascript:alert(1)",
        "back\\slash \\* \\",
        "5 * 3 * 2, ~5 ms, $5 and $6, a!",
        "2.5 and 3. and -5",
    ],
)
def test_markdown_shows_these_very_words(value: str) -> None:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

    tokens = parser.parse(guards.markdown(value))

    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert [child.type for child in tokens[1].children or []] == ["text"]
    assert (tokens[1].children or [])[0].content == " ".join(value.split())


def test_a_mention_in_a_page_calls_nobody() -> None:
    page = guards.markdown("@channel look, @here; mail a@example.org")

    assert "@channel" not in page
    assert "@here" not in page
    assert "a@example.org" in page


def test_plain_words_stay_readable_in_raw_markdown() -> None:
    words = "Sev-1: max_connections was 100 (not 1,000); p99 rose from 0.2 s to 9 s!"
    assert guards.markdown(words) == words
