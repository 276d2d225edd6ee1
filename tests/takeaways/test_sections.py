import pytest

from digest.model import TextFormat
from digest.takeaways import Lexicon
from digest.takeaways.blocks import words_of
from digest.takeaways.headings import Meaning
from digest.takeaways.sections import sections_of, title_of


def found(lexicon: Lexicon, text: str, form: TextFormat = TextFormat.MARKDOWN) -> list[tuple[str, str]]:
    """(meaning, words) of every block, in order."""
    return [
        (section.meaning.value, " ".join(words_of(block).lines))
        for section in sections_of(text, form, lexicon.headings)
        for block in section.blocks
    ]


@pytest.mark.parametrize(
    "text",
    [
        "## Lessons learned\n\n- Queues fill.",
        "Lessons learned\n---------------\n\n- Queues fill.",
        "**Lessons learned**\n\n- Queues fill.",
        "__Lessons learned:__\n\n- Queues fill.",
        "Lessons learned:\n\n- Queues fill.",
        "Lessons learned\n\n- Queues fill.",
        "- **Lessons learned**:\n  - Queues fill.",
        "- **Lessons learned:** Queues fill.",
        "**Lessons learned:** Queues fill.",
        "h2. Lessons learned\n\nQueues fill.",
        "== Lessons learned ==\n\nQueues fill.",
        "Lesson: Queues fill.",
        "- Takeaway: Queues fill.",
        "| | |\n|---|---|\n| Lessons learned | Queues fill. |",
    ],
)
def test_each_way_to_write_a_heading_is_one(lexicon: Lexicon, text: str) -> None:
    assert ("takeaways", "Queues fill.") in found(lexicon, f"# Outage\n\nIt was dark.\n\n{text}\n")


def test_a_sub_heading_without_meaning_has_that_of_the_section_around_it(lexicon: Lexicon) -> None:
    text = (
        "## Lessons learned\n\n### Process\n\n- Queues fill.\n\n### Monitoring\n\n- Graphs lie.\n\n"
        "## Impact\n\n- Slow."
    )

    assert found(lexicon, text) == [
        ("takeaways", "Queues fill."),
        ("takeaways", "Graphs lie."),
        ("impact", "Slow."),
    ]


def test_the_title_of_a_review_gives_its_text_no_meaning(lexicon: Lexicon) -> None:
    text = "# Lessons learned from the DNS outage\n\nIt was dark.\n\n## Impact\n\nSlow."

    assert found(lexicon, text) == [("other", "It was dark."), ("impact", "Slow.")]
    assert (
        title_of(sections_of(text, TextFormat.MARKDOWN, lexicon.headings))
        == "Lessons learned from the DNS outage"
    )


def test_a_label_in_a_list_ends_with_its_bullet(lexicon: Lexicon) -> None:
    text = "- **Lessons**:\n  - Queues fill.\n- **Time to repair**: 4 h\n\nAfterwards."

    assert sorted(found(lexicon, text)) == [
        ("other", "Afterwards."),
        ("response", "4 h"),
        ("takeaways", "Queues fill."),
    ]


def test_a_bold_opening_under_lessons_is_no_heading(lexicon: Lexicon) -> None:
    text = "## Lessons\n\n- **Monitoring**: graphs lie.\n- **Retries amplify** \u2013 because they add up."

    assert [meaning for meaning, _ in found(lexicon, text)] == ["takeaways", "takeaways"]


def test_code_quotations_comments_and_struck_words_are_not_read(lexicon: Lexicon) -> None:
    text = (
        "## Lessons\n\n```\nqueue full\n```\n\n    indented log\n\n> said the log\n\n"
        "<!-- What did we learn? -->\n\n![a graph](g.png)\n\n~~retracted~~\n\nQueues fill."
    )

    words = [w for _, w in found(lexicon, text) if w]

    assert words == ["Queues fill."]


def test_html_gives_the_same_sections_with_its_own_lines(lexicon: Lexicon) -> None:
    text = (
        "<h1>Outage</h1>\n<p>Dark.</p>\n<h2>Lessons <i>learned</i></h2>\n"
        "<ul>\n<li><p>Queues fill.</p></li>\n<li>Graphs &amp; gauges lie.</li></ul>\n"
    )
    sections = sections_of(text, TextFormat.HTML, lexicon.headings)
    lessons = next(s for s in sections if s.meaning is Meaning.TAKEAWAYS)

    assert [(b.line, words_of(b).lines) for b in lessons.blocks] == [
        (4, ("Queues fill.",)),
        (5, ("Graphs & gauges lie.",)),
    ]


def test_html_inside_markdown_is_read_too(lexicon: Lexicon) -> None:
    text = "Dark.\n\n<h2>Lessons learned</h2>\n<ul>\n<li>Queues fill.</li>\n</ul>\n"

    assert ("takeaways", "Queues fill.") in found(lexicon, text)


def test_plain_text_is_cut_at_its_headings(lexicon: Lexicon) -> None:
    text = (
        "Overview\nIt was dark.\n\nWhat Went Well?\n\n\u2022 The alert fired\n  in time.\n\n"
        "What Didn't Go So Well?\n\nGraphs lie.\n"
    )

    assert found(lexicon, text, TextFormat.PLAIN)[-2:] == [
        ("went_well", "The alert fired in time."),
        ("went_wrong", "Graphs lie."),
    ]


def test_a_tldr_counts_only_where_nothing_else_teaches(lexicon: Lexicon) -> None:
    alone = "## TL;DR\n\nQueues fill.\n"

    assert found(lexicon, alone) == [("takeaways", "Queues fill.")]
    assert found(lexicon, alone + "\n## Lessons\n\nGraphs lie.\n")[0] == ("summary", "Queues fill.")


def test_lines_are_those_of_the_text(lexicon: Lexicon) -> None:
    text = "# T\r\n\r\n## Lessons\r\n\r\n- one fills\r\n\r\n- two\r\n  fill\r\n"
    lessons = sections_of(text, TextFormat.MARKDOWN, lexicon.headings)[-1]

    assert [b.line for b in lessons.blocks] == [4, 6]
