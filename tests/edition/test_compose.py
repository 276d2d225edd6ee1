from dataclasses import replace
from typing import Any

import pytest
from builders import MAY, NOW, coverage, incident, takeaway

from digest.edition import Editorial, Imprint, Material, compose
from digest.edition.editorial import annotated, pinned_first, reworded
from digest.edition.headline import facts_of, leadership_of, subject_of
from digest.model import (
    CauseGroup,
    Choice,
    Collected,
    Count,
    Insights,
    Problem,
    Reading,
    Remark,
    Source,
    Standing,
    Theme,
)

IMPRINT = Imprint("Example Rail", "Learning Digest", "0.1.0", "learning@example.org")
LIMITS = Theme("limits", "Limits", "Which of your caches have no limit?")


def choice(text: str, key: str = "101", **over: Any) -> Choice:
    return Choice(takeaway(text, id=f"{key}-{abs(len(text)):06x}", incident=key), **over)


def material(**over: Any) -> Material:
    incidents = (incident("101"), incident("102"))
    fields: dict[str, Any] = {
        "collected": Collected(MAY, incidents, sources=(Source("reviews", NOW, 2),)),
        "incidents": incidents,
        "late": (),
        "readings": (Reading("101", "T", Standing.LEARNT), Reading("102", "T", Standing.WAITING_REVIEW)),
        "choices": (choice("One."), choice("Two two."), choice("Three three three.", "102")),
        "passed_over": (),
        "insights": Insights(
            None,
            coverage(incidents=Count(2), learnt=1, waiting_review=1, waiting_learning=0),
            None,
            0,
            groups=(("101", "Configuration"), ("102", "Other")),
        ),
    }
    return Material(**fields | over)


def test_three_takeaways_are_enough_and_nothing_is_repeated() -> None:
    repeatable = compose(MAY, material(), IMPRINT).key_takeaways

    edition = compose(MAY, material(repeatable=repeatable), IMPRINT)

    assert [c.text for c in edition.key_takeaways] == ["One.", "Two two.", "Three three three."]
    assert edition.worth_repeating == ()
    assert edition.lead == ""


@pytest.mark.parametrize(("count", "repeated"), [(0, 3), (1, 2), (2, 1), (3, 0)])
def test_fewer_than_three_are_followed_by_earlier_ones_never_padded(count: int, repeated: int) -> None:
    repeatable = compose(MAY, material(), IMPRINT).key_takeaways
    few = material(choices=material().choices[:count], repeatable=repeatable)

    edition = compose(MAY, few, IMPRINT)

    assert len(edition.key_takeaways) == count
    assert len(edition.worth_repeating) == repeated


def test_the_strongest_takeaway_is_the_subject_and_fits() -> None:
    edition = compose(MAY, material(choices=(choice("word " * 60),)), IMPRINT)

    assert edition.subject.startswith("word word")
    assert edition.subject.endswith("… · May 2026")
    assert len(edition.subject) <= 100


def test_a_quiet_month_differs_from_one_that_could_not_be_read() -> None:
    none = coverage(incidents=Count(0), learnt=0, waiting_review=0, waiting_learning=0, oldest_days=None)
    quiet = material(
        collected=Collected(MAY, (), sources=(Source("reviews", NOW, 0),)),
        incidents=(),
        readings=(),
        choices=(),
        insights=Insights(None, none, None, 0),
    )
    broken = replace(
        quiet, collected=Collected(MAY, (), sources=(Source("reviews", NOW, 0, complete=False),))
    )

    assert "every tracker was read" in compose(MAY, quiet, IMPRINT).lead
    assert compose(MAY, quiet, IMPRINT).waiting is None
    assert compose(MAY, quiet, IMPRINT).subject == "A month without incidents · May 2026"
    lead = compose(MAY, broken, IMPRINT).lead
    assert "reviews could not be read" in lead
    assert "every tracker" not in lead


def test_a_month_that_could_not_be_read_is_not_called_one_without_incidents() -> None:
    none = coverage(incidents=Count(0), learnt=0, waiting_review=0, waiting_learning=0, oldest_days=None)
    broken = material(
        collected=Collected(MAY, (), sources=(Source("reviews", NOW, 0, complete=False),)),
        incidents=(),
        readings=(),
        choices=(),
        insights=Insights(None, none, None, 0),
    )

    edition = compose(MAY, broken, IMPRINT)

    assert "without incidents" not in edition.subject
    assert "no incidents" not in " ".join(edition.masthead.facts)
    assert "no incidents" not in edition.preheader


def test_a_late_takeaway_is_marked_with_its_month() -> None:
    late = incident("99", resolved=MAY.shift(-1).start)

    edition = compose(MAY, material(late=(late,), choices=(choice("Late.", "99"), choice("Now."))), IMPRINT)

    assert [c.from_month for c in edition.key_takeaways] == [MAY.shift(-1), None]
    assert edition.made.late == 1
    assert "99" not in [row.key for row in edition.incidents]


def test_a_takeaway_brings_its_themes_question() -> None:
    edition = compose(MAY, material(choices=(choice("One.", theme=LIMITS), choice("Two two."))), IMPRINT)

    assert [c.question for c in edition.key_takeaways] == [LIMITS.question, None]


def remark(key: str, text: str) -> Remark:
    return Remark(key, text, text, "What went well", 9, 1)


def test_what_went_right_is_one_an_incident_and_tells_something() -> None:
    readings = (
        Reading("101", "T", Standing.LEARNT, went_well=(
            remark("101", "Good job."),
            remark("101", "The queue kept every message, so nothing was lost while the mailer was down."),
        )),
        Reading("102", "T", Standing.LEARNT, went_well=(remark("102", "Fine."),)),
    )  # fmt: skip

    (went_right,) = compose(MAY, material(readings=readings), IMPRINT).went_right

    assert went_right.text.startswith("The queue kept")
    assert went_right.team == "Journeys"


def test_the_table_is_ordered_as_people_count() -> None:
    incidents = tuple(incident(key) for key in ("INC-10", "INC-9", "INC-101"))
    groups = tuple((i.key, "Other") for i in incidents)
    insights = replace(material().insights, groups=groups)

    edition = compose(MAY, material(incidents=incidents, choices=(), insights=insights), IMPRINT)

    assert [row.key for row in edition.incidents] == ["INC-9", "INC-10", "INC-101"]


def test_what_was_set_aside_is_counted_by_reason() -> None:
    passed = ((takeaway("a b c"), "reads as a to-do"), (takeaway("d e f"), "reads as a to-do"))

    assert compose(MAY, material(passed_over=passed), IMPRINT).made.set_aside == (("reads as a to-do", 2),)


def test_facts_use_the_singular() -> None:
    assert facts_of(coverage(incidents=Count(1), learnt=1), 1) == (
        "1 incident",
        "1 with takeaways",
        "1 takeaway from earlier months",
    )


@pytest.mark.parametrize(
    ("group", "said"),
    [
        (None, ""),
        (
            CauseGroup("Configuration", Count(5, (2, 0, 5)), 12, 3, 1),
            (
                "5 of 12 incidents were tied to configuration (3-month median 2, range 0–5). "
                "Of their 4 follow-ups, 1 is done and 3 open."
            ),
        ),
        (
            CauseGroup("Configuration", Count(2, ()), 3, 0, 0, 1),
            (
                "2 of 3 incidents were tied to configuration. "
                "Their reviews ask for 1 follow-up whose state the tracker does not hold."
            ),
        ),
    ],
)
def test_the_leadership_line_says_only_what_the_numbers_carry(group: CauseGroup | None, said: str) -> None:
    assert leadership_of(group, 3) == said


def test_a_month_without_takeaways_has_a_subject_all_the_same() -> None:
    assert subject_of(MAY, (), 2) == "2 incidents, no takeaways written yet · May 2026"


def test_rewording_makes_a_takeaway_edited_and_printable() -> None:
    blaming = takeaway("The engineer should have known.", printed=False)

    (got,) = reworded([blaming], Editorial(reword={blaming.id: "The console hid the default."}))

    assert (got.text, got.edited, got.printed) == ("The console hid the default.", True, True)
    assert got.quote == blaming.quote


def test_what_an_editor_drops_is_gone() -> None:
    assert reworded([takeaway()], Editorial(drop=frozenset({takeaway().id}))) == ()


def test_pins_come_first_in_the_editors_order_within_the_count() -> None:
    a, b, c = choice("a"), choice("bb"), choice("ccc")

    assert pinned_first([a, b, c], [c], 2) == (c, a)
    assert pinned_first([a], [c, b, a], 2) == (c, b, a)


def test_notes_stand_after_the_reasons() -> None:
    one = choice("One.", why=("new",))
    editorial = Editorial(note={one.takeaway.id: "see also May"}, adopted={one.takeaway.id: "limits in CI"})

    assert annotated(one, editorial).why == ("new", "see also May", "adopted: limits in CI")


def test_what_could_not_be_used_is_named_to_the_operator_alone() -> None:
    told = Problem(
        "trackers", "folder: 2026-05-02-takeover.md", "nothing says who may see it", incidents_missing=True
    )

    edition = compose(MAY, material(problems=(told,)), IMPRINT)

    assert [p.subject for p in edition.problems] == ["Some records"]
    assert "takeover" not in str(edition)


def test_keys_that_are_words_are_in_the_order_of_the_alphabet() -> None:
    incidents = tuple(incident(key) for key in ("odd-dates", "handles", "actions", "2026-05-9", "2026-05-10"))
    insights = replace(material().insights, groups=tuple((i.key, "Other") for i in incidents))

    rows = compose(MAY, material(incidents=incidents, choices=(), insights=insights), IMPRINT).incidents

    assert [row.key for row in rows] == ["2026-05-9", "2026-05-10", "actions", "handles", "odd-dates"]
