from dataclasses import replace

import pytest
from builders import incident, review

from digest.model import Incident, Origin, Review, ReviewState, Standing, TextFormat
from digest.takeaways import Lexicon, as_json, takeaways_of
from digest.takeaways.reading import UNFINISHED, reading_of

LESSONS = """# Boards froze

## Timeline

- 10:02 we added a server

## Lessons learned

- We learned that a call without a time limit holds every worker while the other side is slow
- Add an alert for the old queue
- Human error: the operator should have looked
- In hindsight the queue was the place where everything waited
- N/A
- TODO: more

## What went well

- The alert fired within a minute

## Where we got lucky

- It was a holiday

## Contributing factors

- No limit on the call

## Action items

- [x] Limit the call
- [ ] Show the age

| Task | Owner |
|---|---|
| Split the pool | Ops |
"""


def test_each_kind_of_line_goes_where_it_belongs(lexicon: Lexicon) -> None:
    reading = reading_of(incident(text=LESSONS), lexicon)

    assert reading.title == "Boards froze"
    assert reading.standing is Standing.LEARNT
    assert [t.text for t in reading.takeaways if t.printed] == [
        "A call without a time limit holds every worker while the other side is slow.",
        "In hindsight the queue was the place where everything waited.",
    ]
    assert [r.text for r in reading.went_well] == ["The alert fired within a minute."]
    assert [r.text for r in reading.lucky] == ["It was a holiday."]
    assert [r.text for r in reading.factors] == ["No limit on the call."]
    assert [r.text for r in reading.follow_ups] == ["Limit the call.", "Show the age.", "Split the pool."]
    assert [quote for quote, _ in reading.dropped] == ["N/A", "TODO: more"]
    assert ("Action items", "follow_ups") in reading.headings


def test_what_blames_or_only_asks_for_work_is_not_printed_and_says_why(lexicon: Lexicon) -> None:
    reading = reading_of(incident(text=LESSONS), lexicon)
    lessons = [t for t in reading.takeaways if t.heading == "Lessons learned"]
    aside = {t.quote.split()[0]: t.reasons[0] for t in lessons if not t.printed}

    assert aside == {
        "Human": "its wording blames: not printed until an editor rewords it",
        "Add": "imperative: reads as a to-do, not a learning",
    }
    assert [f.rule for f in reading.findings] == ["fix-like", "blame", "blame", "hindsight"]


def test_the_quote_is_the_reviews_own_words_at_its_own_place(lexicon: Lexicon) -> None:
    subject = replace(incident(), review=review(LESSONS, origin=Origin(first_line=5)))
    best = reading_of(subject, lexicon).takeaways[0]

    assert best.quote.startswith("We learned that a call without")
    assert (best.line, best.column, best.heading) == (14, 3, "Lessons learned")


def test_ids_name_the_incident_and_differ_within_it(lexicon: Lexicon) -> None:
    reading = reading_of(incident(text=LESSONS), lexicon)
    ids = [t.id for t in reading.takeaways]

    assert len(set(ids)) == len(ids)
    assert all(i.startswith("101-") and len(i) == len("101-3fa9c2") for i in ids)


@pytest.mark.parametrize(
    ("subject", "standing"),
    [
        (Review(), Standing.WAITING_REVIEW),
        (Review(ReviewState.FINISHED, "  \n"), Standing.WAITING_REVIEW),
        (Review(ReviewState.DRAFT, LESSONS), Standing.WAITING_REVIEW),
        (Review(ReviewState.FINISHED, "# Slow\n\nIt was slow.\n"), Standing.WAITING_LEARNING),
        (Review(ReviewState.FINISHED, "## Lessons\n\n- Add a test for this\n"), Standing.WAITING_LEARNING),
        (Review(ReviewState.FINISHED, LESSONS), Standing.LEARNT),
    ],
)
def test_an_incident_waits_until_its_finished_review_teaches(
    lexicon: Lexicon, subject: Review, standing: Standing
) -> None:
    assert reading_of(incident(review=subject), lexicon).standing is standing


def test_a_draft_is_read_for_its_author_and_printed_nowhere(lexicon: Lexicon) -> None:
    reading = reading_of(incident(review=Review(ReviewState.DRAFT, LESSONS)), lexicon)

    assert reading.takeaways
    assert not any(t.printed for t in reading.takeaways)
    assert reading.takeaways[0].reasons[0] == UNFINISHED


@pytest.mark.parametrize(
    "line",
    [
        "N/A",
        "None.",
        "TBD",
        "-",
        "\u2026",
        "No comments added",
        "{{ lessons }}",
        "<insert lessons here>",
        "List anything that surprised you",
        "What did we learn from this?",
        "*Things that could have gone better. Write bullet points.*",
        "_What should others know?_",
        "https://example.org/doc",
        "Lesson 1",
        "See above",
    ],
)
def test_what_a_template_left_behind_is_no_takeaway(lexicon: Lexicon, line: str) -> None:
    reading = reading_of(incident(text=f"## Lessons learned\n\n- {line}\n\n{line}\n"), lexicon)

    assert reading.takeaways == ()


def test_what_went_wrong_teaches_too_but_counts_for_less(lexicon: Lexicon) -> None:
    line = "- A queue without a limit fills the disk of its node at night"
    lesson = reading_of(incident(text=f"## Lessons\n\n{line}\n"), lexicon).takeaways[0]
    complaint = reading_of(incident(text=f"## What went wrong\n\n{line}\n"), lexicon).takeaways[0]

    assert complaint.quote == lesson.quote
    assert 0 < complaint.score < lesson.score


def test_a_score_says_what_it_rests_on(lexicon: Lexicon) -> None:
    text = (
        "## Lessons learned\n\n- A retry without a limit amplifies a failure, because clients add up\n"
        "- Be more careful\n"
    )
    good, vague = reading_of(incident(text=text), lexicon).takeaways

    assert good.reasons[0] == "stands under “Lessons learned”"
    assert "states how the system behaves (“without”)" in good.reasons
    assert "too general to apply (“be more careful”)" in vague.reasons
    assert good.printed
    assert not vague.printed


def test_an_incident_that_cannot_be_read_costs_only_itself(lexicon: Lexicon) -> None:
    class Odd(Incident):
        @property
        def review(self) -> Review:  # type: ignore[override]
            message = "secret words"
            raise ValueError(message)

    odd = object.__new__(Odd)
    object.__setattr__(odd, "key", "99")

    readings, problems = takeaways_of([incident("1", LESSONS), odd, incident("2", LESSONS)], lexicon)

    assert [r.incident for r in readings] == ["1", "2"]
    assert [(p.stage, p.subject) for p in problems] == [("takeaways", "99")]
    assert "ValueError" in problems[0].detail
    assert "secret" not in problems[0].detail


def test_the_json_holds_every_candidate_best_first(lexicon: Lexicon) -> None:
    reading = reading_of(incident(text=LESSONS), lexicon)
    entry = as_json(reading, "reviews/1.md")
    takeaways = entry["takeaways"]

    assert list(entry) == ["file", "title", "takeaways", "went_well", "findings"]
    assert isinstance(takeaways, list)
    assert [t["rank"] for t in takeaways] == list(range(1, len(takeaways) + 1))
    assert {t["heading"] for t in takeaways} >= {"Lessons learned", "Contributing factors"}
    assert [t["score"] for t in takeaways] == sorted((t["score"] for t in takeaways), reverse=True)
    assert set(takeaways[0]) == {
        "rank", "text", "quote", "score", "printed", "heading", "line", "column", "reasons",
    }  # fmt: skip


@pytest.mark.parametrize("form", list(TextFormat))
@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00\x01",
        "#" * 5000,
        "> " * 5000 + "x",
        "- " * 5000 + "x",
        "## Lessons\n\n- " + "[" * 20_000,
        "## Lessons\n\n" + "." * 20_000,
        "## Lessons\n\n- " + "![" * 10_000,
        "<div>" * 20_000,
        "<a " * 20_000,
        "<!-- " * 20_000,
        "## Lessons\n\n- a\ud800b c d e",
        "| a | b |\n|---|\n| 1 |\n" * 50,
        "## Lessons\n\n" + "".join("  " * n + "- words of a bullet\n" for n in range(200)),
    ],
)
def test_hostile_reviews_do_no_harm(lexicon: Lexicon, form: TextFormat, text: str) -> None:
    subject = incident(review=Review(ReviewState.FINISHED, text, form))

    readings, problems = takeaways_of([subject], lexicon)

    assert problems == ()
    assert len(readings) == 1


def test_a_line_that_stands_in_two_sections_is_offered_once(lexicon: Lexicon) -> None:
    line = "- A queue without a limit fills the disk of its node at night\n"
    reading = reading_of(incident(text=f"## Lessons\n\n{line}\n## What went wrong\n\n{line}"), lexicon)

    assert [t.heading for t in reading.takeaways] == ["Lessons"]
