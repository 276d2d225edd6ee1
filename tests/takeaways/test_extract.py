import pytest

from digest.model import TextFormat
from digest.takeaways import Lexicon, printed_text
from digest.takeaways.extract import candidates_of
from digest.takeaways.printed import MOST_PRINTED
from digest.takeaways.sections import sections_of


def quotes(lexicon: Lexicon, body: str) -> list[str]:
    text = f"## Lessons learned\n\n{body}\n"
    sections = sections_of(text, TextFormat.MARKDOWN, lexicon.headings)
    lines = text.split("\n")
    return [c.quote for s in sections for c in candidates_of(s, lines, takes_column=lambda h: h == "Lesson")]


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("we learned that queues fill at night", "Queues fill at night."),
        ("We learnt that queues fill at night.", "Queues fill at night."),
        ("The key lesson is that queues fill!", "Queues fill!"),
        ("[LL1] retries add up", "Retries add up."),
        ("Lesson: retries add up", "Retries add up."),
        ("Key takeaway: retries add up;", "Retries add up."),
        ("- **Retries** add `up` [here](https://example.org)", "Retries add up here."),
        ("* [x] retries add up", "Retries add up."),
        ("eBPF hooks run in the kernel", "eBPF hooks run in the kernel."),
        ("snake_case_names stay", "snake_case_names stay."),
        ("A [person] was paged", "A [person] was paged."),
        ('It said "no."', 'It said "no."'),
        ("Is that so?", "Is that so?"),
        ("red\u202e\u200b words\x00 \x1b[31mhere", "Red words [31mhere."),
        ("e" + "\u0301" * 50 + " fills", "\u00c9" + "\u0301" * 3 + " fills."),
        ("Learned.", "Learned."),
        ("", ""),
    ],
)
def test_what_is_printed_is_the_quote_after_a_few_cuts(quote: str, text: str) -> None:
    assert printed_text(quote) == text


def test_a_long_quote_ends_with_a_sentence() -> None:
    first = "A queue without a limit fills. " + "It fills at night " * 5
    text = printed_text(first.strip() + ". " + "And more words. " * 20)

    assert len(text) <= MOST_PRINTED
    assert text.endswith(".")
    assert not text.endswith("\u2026")


def test_a_first_sentence_that_is_too_long_ends_with_a_word() -> None:
    text = printed_text("queue " * 80)

    assert len(text) <= MOST_PRINTED
    assert text.endswith("queue\u2026")


def test_abbreviations_and_versions_end_no_sentence(lexicon: Lexicon) -> None:
    body = "Some clients, e.g. Envoy, retry. In v1.2 Mr. Proxy waits. Others give up at once."

    assert quotes(lexicon, body) == [
        "Some clients, e.g. Envoy, retry.",
        "In v1.2 Mr. Proxy waits.",
        "Others give up at once.",
    ]


def test_a_short_paragraph_stays_whole_and_a_long_one_is_cut(lexicon: Lexicon) -> None:
    assert quotes(lexicon, "Queues fill. They fill at night.") == ["Queues fill. They fill at night."]
    assert quotes(lexicon, "Queues fill. Graphs lie. This means that nobody looks. Disks fail.") == [
        "Queues fill.",
        "Graphs lie. This means that nobody looks.",
        "Disks fail.",
    ]


def test_a_wrapped_bullet_is_one_line(lexicon: Lexicon) -> None:
    assert quotes(lexicon, "- Queues fill\n  at night") == ["Queues fill at night"]


def test_a_bullet_keeps_what_stands_below_it(lexicon: Lexicon) -> None:
    body = "- Retries amplify a failure\n  - each client tries three times\n  - nothing waits in between"

    assert quotes(lexicon, body) == [
        "Retries amplify a failure: each client tries three times; nothing waits in between"
    ]


def test_a_label_of_a_word_or_two_is_left_out(lexicon: Lexicon) -> None:
    body = "- Process\n  - Nobody knew who decides at night\n  - The runbook names a team that is gone"

    assert quotes(lexicon, body) == [
        "Nobody knew who decides at night",
        "The runbook names a team that is gone",
    ]


def test_a_lead_in_is_joined_to_each_bullet_of_a_long_list(lexicon: Lexicon) -> None:
    point = "a queue that nobody has limited fills the disk of the node it runs on within one single night"
    body = f"- The load test did not show that:\n  - {point}\n  - {point} too\n  - {point} again"

    assert quotes(lexicon, body)[0] == f"The load test did not show that: {point}"
    assert len(quotes(lexicon, body)) == 3


def test_a_line_that_only_introduces_a_list_is_no_candidate(lexicon: Lexicon) -> None:
    assert quotes(lexicon, "Here is what we saw:\n\n- Queues fill at night") == ["Queues fill at night"]


def test_of_a_table_only_the_column_of_learnings_is_read(lexicon: Lexicon) -> None:
    body = "| Nr | Lesson | Owner |\n|---|---|---|\n| 1 | Queues fill at night | Ops |"

    assert quotes(lexicon, body) == ["Queues fill at night"]
    assert quotes(lexicon, "| Time | Event |\n|---|---|\n| 10:00 | Queue full |") == []


def test_a_sub_heading_that_tells_something_is_a_candidate(lexicon: Lexicon) -> None:
    body = "### Deploying many changes at once hides the cause\n\nIt took two days to find."

    assert quotes(lexicon, body)[0] == "Deploying many changes at once hides the cause"


def test_an_account_of_a_page_gives_no_single_candidate(lexicon: Lexicon) -> None:
    assert all(len(q.split()) <= 60 for q in quotes(lexicon, "- " + "We looked at it. " * 60))
