import quopri
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import builders
import pytest
from render.seen import html_text, tree

from digest import paths
from digest.errors import TemplateError
from digest.model import Count, Coverage, Edition, Masthead, Severity
from digest.render import Renderer
from digest.render.email import shade

ALL = ("html", "text", "markdown")


def overriding(folder: Path, name: str, text: str | bytes) -> Renderer:
    """Return a renderer with the operator's own `name`."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Renderer(paths.templates(), folder)


def test_the_mail_of_a_month_stays_under_60_kilobytes(renderer: Renderer, rich: Edition) -> None:
    html = renderer.render(rich).html.encode()

    assert len(html) < 60_000
    assert len(quopri.encodestring(html)) < 100_000


def test_a_month_with_300_incidents_is_not_clipped_and_says_what_it_leaves_out(
    renderer: Renderer, rich: Edition
) -> None:
    long = [
        replace(row, key=f"{row.key}-{n}", title="long title " * 36)
        for n in range(43)
        for row in rich.incidents
    ]
    made = renderer.render(replace(rich, incidents=tuple(long)))

    assert len(quopri.encodestring(made.html.encode())) < 100_000
    assert "and 276 more, 301 in all" in html_text(made.html)
    assert "and 276 more, 301 in all" in made.text
    assert all(f"{row.key}]" in made.markdown for row in long)


def test_a_mail_opens_with_its_preheader(renderer: Renderer, rich: Edition) -> None:
    assert html_text(renderer.render(rich).html).startswith(rich.preheader)


@pytest.mark.parametrize("month", ["rich", "quiet", "unread"])
def test_headings_come_in_order_under_one_h1(
    month: str, renderer: Renderer, request: pytest.FixtureRequest
) -> None:
    html = renderer.render(request.getfixturevalue(month)).html
    levels = [int(e.tag[1]) for e in tree(html).iter() if e.tag in {"h1", "h2", "h3", "h4"}]

    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_mail_says_its_language_and_direction_twice(renderer: Renderer, rich: Edition) -> None:
    root = tree(renderer.render(rich).html)
    article = next(e for e in root.iter("div") if e.get("role") == "article")

    assert (root.get("lang"), root.get("dir")) == ("en-GB", "ltr")
    assert (article.get("lang"), article.get("dir")) == ("en-GB", "ltr")


def test_layout_tables_say_that_they_are_and_the_others_have_headings_both_ways(
    renderer: Renderer, rich: Edition
) -> None:
    tables = [t for t in tree(renderer.render(rich).html).iter("table") if t.get("role") != "presentation"]

    assert len(tables) == 2
    for table in tables:
        assert {heading.get("scope") for heading in table.iter("th")} == {"row", "col"}


def test_a_mail_asks_for_nothing_when_opened(renderer: Renderer, rich: Edition) -> None:
    html = renderer.render(rich).html
    tags = {e.tag for e in tree(html).iter() if isinstance(e.tag, str)}

    assert not tags & {"img", "link", "script", "iframe", "form", "svg", "object", "video", "base"}
    assert "url(" not in html
    assert "@import" not in html
    assert "fonts.googleapis" not in html


def test_links_name_the_incident_they_lead_to(renderer: Renderer, rich: Edition) -> None:
    page = tree(renderer.render(rich).html)
    words = {"".join(a.itertext()) for a in page.iter("a") if (a.get("href") or "").startswith("https")}

    assert words
    assert all(any(row.key in word for row in rich.incidents) or "Read" in word for word in words)


def test_a_quiet_month_and_a_month_that_could_not_be_read_look_different(
    renderer: Renderer, quiet: Edition, unread: Edition
) -> None:
    calm, warned = renderer.render(quiet), renderer.render(unread)
    for form in ALL:
        assert "may be missing" not in getattr(calm, form)
        assert "Incidents may be missing" in getattr(warned, form)
        assert "October was quiet" in getattr(calm, form)
    assert warned.text.index("Incidents may be missing") < warned.text.index("Worth repeating")


def test_a_quiet_month_without_a_lead_still_says_that_it_was_quiet(
    renderer: Renderer, quiet: Edition
) -> None:
    made = renderer.render(replace(quiet, lead=""))
    for form in ALL:
        assert "There were no incidents in October 2026." in getattr(made, form)


@pytest.mark.parametrize("form", ALL)
def test_a_section_with_nothing_to_say_is_absent(form: str, renderer: Renderer) -> None:
    masthead = Masthead("Example Rail", "Learning Digest", ("4 incidents",))
    bare = builders.edition(masthead=masthead, preheader="Nothing.", key_takeaways=(), editor=None)
    page = getattr(renderer.render(bare), form)

    for title in ("takeaways", "Worth repeating", "What went right", "by cause", "Waiting", "Every incident"):
        assert title not in page.split("How this was made")[0]
    assert "Problems" not in page
    assert "mailto:" not in page
    assert "None" not in page


@pytest.mark.parametrize("form", ALL)
def test_what_a_tracker_did_not_tell_is_left_out_rather_than_guessed(form: str, renderer: Renderer) -> None:
    card = builders.card(
        severity=None, severity_label=None, service=None, url=None, why=(), question=None, heading=None
    )
    page = getattr(renderer.render(builders.edition(key_takeaways=(card,), worth_repeating=(card,))), form)

    assert "A cache without a limit" in page
    assert "None" not in page
    assert "Ask your team" not in page
    assert "· ·" not in page


@pytest.mark.parametrize("form", ALL)
def test_coverage_without_anybody_waiting_is_no_section(form: str, renderer: Renderer) -> None:
    full = builders.edition(waiting=Coverage(Count(4), 4, 0, 0, None))
    assert "Waiting" not in getattr(renderer.render(full), form)


def test_who_waits_is_not_named(renderer: Renderer, rich: Edition) -> None:
    waiting = renderer.render(rich).text.split("Waiting for a learning")[1].split("Every incident")[0]
    assert " ".join(waiting.split()).strip("- ") == (
        "6 of this month's 7 incidents carry takeaways. 1 incident of this month has no finished review. "
        "2 incidents of the six months before still wait. The oldest of them has waited for 47 days."
    )


def test_text_is_wrapped_at_72_and_its_links_stand_at_the_end(renderer: Renderer, rich: Edition) -> None:
    text = renderer.render(rich).text
    body, _, ends = text.partition("\n[1] ")

    assert max(len(line) for line in body.split("\n")) <= 72
    assert "https://" not in body
    assert ends.startswith("https://tracker.example.org/incidents/1421\n[2] https://")
    assert text.count("https://tracker.example.org/incidents/1421\n") == 1


def test_the_page_is_tidy_markdown(renderer: Renderer, rich: Edition) -> None:
    lines = renderer.render(rich).markdown.split("\n")
    headings = [n for n, line in enumerate(lines) if line.startswith("#")]

    assert all(lines[n - 1] == "" for n in headings if n)
    assert all(lines[n + 1] == "" for n in headings)
    assert all(not lines[n].endswith((".", ":", ",", "!")) for n in headings)
    assert not any(a == b == "" for a, b in pairwise(lines))
    assert all(line == line.rstrip() for line in lines)
    assert lines[-1] == ""
    assert lines[-2] != ""


@pytest.mark.parametrize(
    ("count", "largest", "level"),
    [(0, 0, 0), (0, 9, 0), (1, 1, 1), (2, 2, 2), (4, 4, 3), (1, 100, 1), (100, 100, 3)],
)
def test_a_cell_is_as_dark_as_its_share_of_the_largest(
    count: int, largest: int, level: int, rich: Edition
) -> None:
    assert rich.matrix is not None
    row = replace(rich.matrix.rows[0], severity=Severity.SEV1, cells=(Count(count), Count(largest)))
    assert shade(count, replace(rich.matrix, rows=(row,))) == level


# --- An operator's own templates -----------------------------------------------------------------


def test_an_operators_template_of_the_same_name_is_used_instead(tmp_path: Path, rich: Edition) -> None:
    mine = (
        "{% set headings = {'takeaways': 'What we learnt', 'worth_repeating': 'Again', 'went_right': 'Good', "
    )
    mine += (
        "'matrix': 'M', 'waiting': 'W', 'incidents': 'I', 'how_made': 'H', 'missing': '!', 'problems': 'P', "
    )
    mine += "'first': 'First', 'more': 'More'} %}"
    made = overriding(tmp_path, "words/headings.j2", mine).render(rich)

    assert "## What we learnt" in made.markdown
    assert "What we learnt\n------" in made.text
    assert "If you take one thing" not in made.html


def test_an_operators_template_cannot_forget_to_escape(tmp_path: Path, rich: Edition) -> None:
    hostile = replace(rich, masthead=replace(rich.masthead, title="<script>alert(1)</script>"))
    mine = "{% macro masthead(edition) %}<mj-raw><p>{{ edition.masthead.title }}</p></mj-raw>{% endmacro %}"

    assert "<script" not in overriding(tmp_path, "email/masthead.mjml.j2", mine).render(hostile).html


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("text/edition.txt.j2", "one\n{% if %}", "template text/edition.txt.j2:2: "),
        (
            "text/edition.txt.j2",
            "one\n\n{{ edition.titel }}",
            r"template text/edition.txt.j2:3: .*no attribute 'titel'",
        ),
        ("text/edition.txt.j2", "{{ nobody }}", "template text/edition.txt.j2:1: 'nobody' is undefined"),
        ("text/edition.txt.j2", "\n{{ edition.lead|safe }}", "text/edition.txt.j2:2: No filter named 'safe'"),
        ("text/edition.txt.j2", "\n{{ none }}", "template text/edition.txt.j2:.*would print None"),
        ("text/edition.txt.j2", "{% include 'x.j2' %}", "template x.j2: there is no such template"),
        ("text/edition.txt.j2", "{% include '../../etc/passwd' %}", "there is no such template"),
        ("text/edition.txt.j2", "{{ 1 // 0 }}", "template text/edition.txt.j2:1: "),
        ("text/edition.txt.j2", "{{ 'a' + 1 }}", "template text/edition.txt.j2:1: "),
        ("text/edition.txt.j2", b"caf\xe9", "template text/edition.txt.j2:1: is not UTF-8"),
        ("text/cards.txt.j2", "\n{% macro cards(a) %}{% endmacro %}", r"takes .*argument"),
        (
            "email/masthead.mjml.j2",
            "{% macro masthead(e) %}\n\n{{ e.nothing }}{% endmacro %}",
            "masthead.mjml.j2:3: ",
        ),
        ("email/edition.mjml.j2", "<mjml><mj-body>", "email/edition.mjml.j2: what it makes is not MJML: "),
        (
            "email/edition.mjml.j2",
            "{{ edition.subject }}",
            "email/edition.mjml.j2: what it makes is not MJML: ",
        ),
    ],
)
def test_a_wrong_template_is_named_with_its_line(
    name: str, text: str | bytes, said: str, tmp_path: Path, rich: Edition
) -> None:
    renderer = overriding(tmp_path, name, text)

    with pytest.raises(TemplateError, match=said):
        renderer.render(rich)


def test_a_missing_folder_is_a_template_error(tmp_path: Path, rich: Edition) -> None:
    with pytest.raises(TemplateError, match="there is no such template"):
        Renderer(tmp_path / "nowhere").render(rich)


def test_a_fault_of_the_program_keeps_its_traceback(renderer: Renderer, rich: Edition) -> None:
    broken = replace(rich, key_takeaways=(replace(rich.key_takeaways[0], url=42),))  # type: ignore[arg-type]

    with pytest.raises(TypeError):
        renderer.render(broken)


def test_a_constant_in_a_template_is_escaped_for_its_own_markup(tmp_path: Path, rich: Edition) -> None:
    made = overriding(tmp_path, "text/edition.txt.j2", '{{ "R&D <3" }}').render(rich)
    assert made.text == "R&D <3\n"


def test_an_operators_font_is_not_fetched_from_a_third_party(tmp_path: Path, rich: Edition) -> None:
    mine = '{# H #}{% macro heading(t) %}<mj-text font-family="Roboto">{{ t }}</mj-text>{% endmacro %}'
    mine += "{% macro paragraph(t) %}{% endmacro %}"

    html = overriding(tmp_path, "email/section.mjml.j2", mine).render(rich).html

    assert "Roboto" in html
    assert "fonts.googleapis" not in html
