"""The link to the edition's page, and what is said where the page could not be published."""

from dataclasses import replace
from pathlib import Path

import pytest
from render.seen import html_text, links, one_line
from render.test_renderer import overriding

from digest.model import PAGE_URL, Edition, Rendering
from digest.render import Renderer

SORRY = "We are sorry: the full page of this edition could not be published this time."
ONWARD = "Read the full page: all 7 incidents in one table"
ADDRESSES = (
    "https://git.example.org/learning/digest/wiki/2026-10",
    "https://wiki.example.org/index.php?title=Digest&month=2026-10&x=<1>",
    'https://wiki.example.org/a b/it\'s "here" (October)',
    "https://wiki.example.org/Rückblick/%D0%9C?a=1&amp;b=2",
)


def forms(rendering: Rendering) -> tuple[str, str, str]:
    return rendering.html, rendering.text, rendering.notice


@pytest.mark.parametrize("url", ADDRESSES)
@pytest.mark.parametrize("month", ["rich", "quiet", "unread"])
def test_what_is_sent_leads_to_the_page_and_nowhere_invalid(
    month: str, url: str, renderer: Renderer, request: pytest.FixtureRequest
) -> None:
    sent = renderer.render(request.getfixturevalue(month), page=True).with_page(url)

    assert sent.linked is None
    assert all("page.invalid" not in form for form in forms(sent))
    assert links(sent.html).count(url) == 1
    assert sent.text.split("\n").count(url) == 1
    assert sent.notice.split("\n")[-1] == url
    assert "Read the full page" in html_text(sent.html)
    assert all("We are sorry" not in form for form in forms(sent))


def test_an_address_opens_no_tag_and_ends_no_attribute(renderer: Renderer, rich: Edition) -> None:
    hostile = 'https://x.test/"><script>alert(1)</script>'

    html = renderer.render(rich, page=True).with_page(hostile).html

    assert "<script" not in html
    assert links(html).count(hostile) == 1


def test_the_place_of_the_address_is_named_by_data_in_vain(renderer: Renderer, rich: Edition) -> None:
    taken = replace(rich.key_takeaways[0], text=f"See {PAGE_URL}.", url=PAGE_URL)
    month = replace(rich, key_takeaways=(taken, *rich.key_takeaways[1:]))

    sent = renderer.render(month, page=True).with_page(ADDRESSES[0])

    assert all("page.invalid" not in form for form in forms(sent))


@pytest.mark.parametrize("month", ["rich", "quiet", "unread"])
def test_without_the_page_every_form_says_so_once(
    month: str, renderer: Renderer, request: pytest.FixtureRequest
) -> None:
    made = renderer.render(request.getfixturevalue(month), page=True)

    for form in (html_text(made.html), one_line(made.text), made.notice):
        assert form.count(SORRY) == 1
        assert "Read the full page" not in form
    assert all("page.invalid" not in form for form in (*forms(made), made.markdown))


@pytest.mark.parametrize("month", ["rich", "quiet", "unread"])
def test_nobody_hears_of_a_page_where_none_is_configured(
    month: str, renderer: Renderer, request: pytest.FixtureRequest
) -> None:
    made = renderer.render(request.getfixturevalue(month))

    assert made.linked is None
    assert made.with_page(ADDRESSES[0]) == made
    assert all("full page" not in form for form in (*forms(made), made.markdown))


def test_a_page_does_not_link_to_itself(renderer: Renderer, rich: Edition) -> None:
    assert renderer.render(rich, page=True).markdown == renderer.render(rich).markdown


def test_the_link_adds_itself_and_changes_nothing_else(renderer: Renderer, rich: Edition) -> None:
    bare, made = renderer.render(rich), renderer.render(rich, page=True)

    assert made.linked is not None
    assert made.linked.text.replace(f"{ONWARD}\n{PAGE_URL}\n\n", "") == bare.text
    assert made.linked.notice.removesuffix(f"\n\n{ONWARD}\n{PAGE_URL}") == bare.notice
    assert html_text(made.linked.html).replace(f"{ONWARD} ", "") == html_text(bare.html)


def test_the_link_stands_after_the_takeaways_and_before_the_rest(renderer: Renderer, rich: Edition) -> None:
    made = renderer.render(rich, page=True)

    assert made.linked is not None
    for form in (html_text(made.linked.html), made.linked.text):
        places = [form.index(words) for words in ("Worth repeating", ONWARD, "What went right")]
        assert places == sorted(places)


def test_a_month_too_long_for_a_mail_leads_to_the_page_twice(renderer: Renderer, rich: Edition) -> None:
    many = tuple(replace(row, key=f"{row.key}-{n}") for n in range(6) for row in rich.incidents)

    made = renderer.render(replace(rich, incidents=many), page=True)

    assert made.linked is not None
    assert links(made.linked.html).count(PAGE_URL) == 2
    said = "and 17 more: the full page of this edition lists all 42"
    assert said in html_text(made.linked.html)
    assert said in one_line(made.linked.text)
    assert "and 17 more, 42 in all" in html_text(made.html)
    assert PAGE_URL not in made.with_page(ADDRESSES[0]).html


def test_a_month_with_one_incident_does_not_promise_several(renderer: Renderer, rich: Edition) -> None:
    one = renderer.render(replace(rich, incidents=rich.incidents[:1]), page=True)

    assert one.linked is not None
    assert "Read the full page of this edition" in html_text(one.linked.html)


# --- The note ----------------------------------------------------------------------------------


def test_a_note_is_cut_between_words_and_says_so(renderer: Renderer, rich: Edition) -> None:
    long = replace(rich.key_takeaways[0], text="patience " * 200, incident="KEY-" + "9" * 400)
    facts = replace(rich.masthead, facts=tuple(f"{n} incidents of another kind" for n in range(90)))

    notice = renderer.render(replace(rich, masthead=facts, key_takeaways=(long,) * 5)).notice

    assert max(map(len, notice.split("\n"))) <= 310
    assert notice.count("patience… (KEY-") == 3
    assert notice.count("…") == 7  # the facts, and each text and key
    assert len(notice) < 1500


def test_many_trackers_that_were_silent_are_counted(renderer: Renderer, unread: Edition) -> None:
    silent = tuple(replace(unread.problems[0], subject=f"Tracker {n}") for n in range(9))

    notice = renderer.render(replace(unread, problems=silent)).notice

    assert notice.count("Incidents may be missing. Tracker") == 3
    assert "… and 6 more sources" in notice


def test_a_month_without_takeaways_reads_well(renderer: Renderer, rich: Edition) -> None:
    lead = "None of October 2026's reviews holds a takeaway yet."
    month = replace(rich, key_takeaways=(), worth_repeating=(), lead=lead)

    assert renderer.render(month).notice.split("\n") == [
        "Learning Digest, October 2026",
        "7 incidents · 6 with takeaways · 2 teams wrote their first review",
        "",
        lead,
    ]


def test_a_quiet_month_without_a_lead_still_says_so(renderer: Renderer, quiet: Edition) -> None:
    notice = renderer.render(replace(quiet, lead="", worth_repeating=())).notice
    assert notice.split("\n")[-1] == "There were no incidents in October 2026."


def test_no_words_of_a_tracker_begin_a_line_of_the_note(renderer: Renderer, rich: Edition) -> None:
    hostile = "\nhttps://evil.test/\r\u2028https://evil.test/"
    card = replace(rich.key_takeaways[0], text=hostile, incident=hostile)

    made = renderer.render(replace(rich, key_takeaways=(card,), worth_repeating=(card,)), page=True)

    for note in (made.notice, made.with_page(ADDRESSES[0]).notice):
        assert not any(line.startswith("https://evil") for line in note.splitlines())


def test_an_operators_own_note_is_used_instead(tmp_path: Path, rich: Edition) -> None:
    mine = overriding(
        tmp_path, "chat/notice.txt.j2", '{# mine #}{{ edition.masthead.title|cut(9) }}!{{ "<&" }}'
    )
    assert mine.render(rich).notice == "Learning…!<&"
