import pytest

from digest.takeaways import Lexicon
from digest.takeaways.headings import Meaning, normalised


@pytest.mark.parametrize(
    ("heading", "meaning"),
    [
        ("Lessons Learned", Meaning.TAKEAWAYS),
        ("3.2 Lessons learnt:", Meaning.TAKEAWAYS),
        (":thinking: Lessons Learned", Meaning.TAKEAWAYS),
        ("💡 Key takeaways", Meaning.TAKEAWAYS),
        ("Recovery and Lessons Learned", Meaning.TAKEAWAYS),
        ("Lessons learned (in brief)", Meaning.TAKEAWAYS),
        ("LESSONS LEANED", Meaning.TAKEAWAYS),
        ("What did we learn?", Meaning.TAKEAWAYS),
        ("What didn\u2019t go so well?", Meaning.WENT_WRONG),
        ("What Went Well?", Meaning.WENT_WELL),
        ("Where we got lucky / unlucky", Meaning.LUCKY),
        ("Atendees", Meaning.PEOPLE),
        ("Timeline (all times PST) 01/05/2024 - 02/28/2024", Meaning.TIMELINE),
        ("Timeline - May 29", Meaning.TIMELINE),
        ("13:35", Meaning.TIMELINE),
        ("2024-03-01 the second outage", Meaning.TIMELINE),
        ("Impact on users", Meaning.IMPACT),
        ("Action items & follow-ups", Meaning.FOLLOW_UPS),
        ("Corrective and Preventative Measure", Meaning.FOLLOW_UPS),
        ("Rotårsaker", Meaning.FACTORS),
        ("Hva lærte vi?", Meaning.TAKEAWAYS),
        ("Lições aprendidas", Meaning.TAKEAWAYS),
    ],
)
def test_a_heading_means_what_its_variant_says(lexicon: Lexicon, heading: str, meaning: Meaning) -> None:
    assert lexicon.headings.meaning_of(heading) is meaning


@pytest.mark.parametrize(
    "heading",
    [
        "BinderHub",
        "Deployment",
        "Risks we took with the proxy",
        "What went into the release",
        "",
        "?",
        "x" * 500,
    ],
)
def test_a_heading_that_nobody_listed_means_nothing(lexicon: Lexicon, heading: str) -> None:
    assert lexicon.headings.meaning_of(heading) is None


def test_a_slip_of_the_pen_does_not_turn_well_into_wrong(lexicon: Lexicon) -> None:
    assert lexicon.headings.meaning_of("What went wel") is Meaning.WENT_WELL
    assert lexicon.headings.meaning_of("What went wrogn") is Meaning.WENT_WRONG


@pytest.mark.parametrize(
    "heading", ["2) Impact", "2. Impact", "2.1 Impact?", "IV. Impact:", "**Impact**", "  IMPACT  "]
)
def test_numbering_and_marks_go(heading: str) -> None:
    assert normalised(heading) == "impact"
