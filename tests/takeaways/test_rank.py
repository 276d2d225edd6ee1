from collections.abc import Sequence
from typing import Any

import pytest
from builders import incident, takeaway

from digest.model import Incident, Reading, Severity, Standing, Takeaway
from digest.takeaways import Lexicon, Past, choose, explain, past_of, rank

HINDSIGHT = "argues with hindsight: ranks after those that do not"


def card(key: str, text: str, score: float = 0.7, **over: Any) -> Takeaway:
    return takeaway(text, id=f"{key}-{text}", incident=key, score=score, **over)


def month(
    *takeaways: Takeaway, severity: dict[str, Severity] | None = None
) -> tuple[list[Reading], list[Incident]]:
    keys = sorted({t.incident for t in takeaways})
    mine = {k: tuple(t for t in takeaways if t.incident == k) for k in keys}
    grades = severity or {}
    readings = [Reading(k, k, Standing.LEARNT, mine[k]) for k in keys]
    return readings, [
        incident(k, title=k, primary_cause=None, severity=grades.get(k, Severity.SEV1)) for k in keys
    ]


def texts(chosen: Sequence[Any]) -> list[str]:
    return [c.takeaway.text for c in chosen]


def test_the_best_come_first_and_ties_go_by_key(lexicon: Lexicon) -> None:
    readings, incidents = month(card("2", "Second."), card("1", "First."), card("3", "Best.", 0.9))

    assert texts(choose(readings, incidents, (), lexicon)) == ["Best.", "First.", "Second."]


def test_the_order_of_the_readings_does_not_matter(lexicon: Lexicon) -> None:
    readings, incidents = month(
        *(card(str(n), f"Number {n} says a thing.", 0.5 + n % 3 / 10) for n in range(12))
    )

    assert choose(readings, incidents, (), lexicon) == choose(readings[::-1], incidents[::-1], (), lexicon)


def test_an_edition_is_never_padded(lexicon: Lexicon) -> None:
    readings, incidents = month(card("1", "Printed."), card("1", "Not printed.", 0.3, printed=False))
    ranking = rank(readings, incidents, (), lexicon)

    assert texts(ranking.chosen) == ["Printed."]
    assert [why for _, why in ranking.passed_over] == ["below the bar (0.30 of 0.55)"]


def test_at_most_two_are_of_one_incident(lexicon: Lexicon) -> None:
    readings, incidents = month(*(card("1", f"Loud {n}.", 0.9) for n in range(4)), card("2", "Quiet.", 0.5))
    ranking = rank(readings, incidents, (), lexicon)

    assert [c.takeaway.incident for c in ranking.chosen] == ["1", "1", "2"]
    assert {why for _, why in ranking.passed_over} == {"2 from this incident were chosen"}


def test_one_incident_does_not_fill_a_small_choice(lexicon: Lexicon) -> None:
    readings, incidents = month(
        card("1", "Loud.", 0.95), card("1", "Louder.", 0.95), card("2", "Quiet.", 0.5)
    )

    assert [c.takeaway.incident for c in choose(readings, incidents, (), lexicon, count=2)] == ["1", "2"]


def test_a_place_is_kept_for_a_small_incident(lexicon: Lexicon) -> None:
    loud = [card(str(n), f"Loud {n}.", 0.9) for n in range(6)]
    small = card("7", "Small.", 0.55)
    readings, incidents = month(*loud, small, severity={"7": Severity.SEV4})

    assert texts(choose(readings, incidents, (), lexicon))[-1] == "Small."
    assert "Small." not in texts(choose(*month(*loud, small), (), lexicon))


def test_a_small_incident_below_the_bar_gets_no_place(lexicon: Lexicon) -> None:
    loud = [card(str(n), f"Loud {n}.", 0.9) for n in range(6)]
    small = card("7", "Small.", 0.4, printed=False)
    readings, incidents = month(*loud, small, severity={"7": Severity.SEV4})

    assert "Small." not in texts(choose(readings, incidents, (), lexicon))


def test_hindsight_comes_after_all_others_whatever_its_score(lexicon: Lexicon) -> None:
    late = card("1", "In hindsight.", 0.9, reasons=(HINDSIGHT,))
    readings, incidents = month(late, *(card(str(n), f"Number {n}.", 0.5) for n in range(2, 5)))

    assert texts(choose(readings, incidents, (), lexicon))[-1] == "In hindsight."
    assert "In hindsight." not in texts(choose(readings, incidents, (), lexicon, count=3))


def test_the_same_learning_is_said_once_and_names_the_others(lexicon: Lexicon) -> None:
    readings, incidents = month(
        card("1", "A call to the vendor without a time limit holds every worker.", 0.8),
        card("2", "Every worker waits where the call to the vendor has no deadline.", 0.7),
    )
    ranking = rank(readings, incidents, (), lexicon)

    assert len(ranking.chosen) == 1
    assert ranking.chosen[0].also == ("2",)
    assert ranking.chosen[0].why[0] == "the same learning in 2 incidents"
    assert ranking.passed_over[0][1].startswith("says the same as 1-")


def test_reach_is_told_and_a_second_of_the_theme_waits(lexicon: Lexicon) -> None:
    readings, incidents = month(
        card("1", "The backend client has no time limit.", 0.7),
        card("2", "A deadline that nobody sets never ends a search.", 0.68),
        card("3", "Nobody had a runbook for the exporter.", 0.66),
    )
    chosen = choose(readings, incidents, (), lexicon)

    assert [c.takeaway.incident for c in chosen] == ["1", "3", "2"]
    assert chosen[0].why == ("time limits: in 2 incidents of this edition",)


def test_what_is_passed_over_says_so(lexicon: Lexicon) -> None:
    readings, incidents = month(
        card("1", "The backend client has no time limit.", 0.9),
        card("2", "A deadline that nobody sets never ends a search.", 0.6),
        card("3", "It was a long evening.", 0.6),
    )
    ranking = rank(readings, incidents, (), lexicon, count=1)

    assert [(t.incident, why) for t, why in ranking.passed_over] == [
        ("2", "stronger ones were chosen, one of them on the same theme"),
        ("3", "stronger ones were chosen"),
    ]


def earlier(number: int, text: str = "Other words.", theme: str | None = "retries", **over: Any) -> Past:
    return Past(f"2026-{number:02d}", f"old{number}", text, theme, **over)


def test_what_comes_back_is_counted_and_what_is_new_is_called_new(lexicon: Lexicon) -> None:
    past = [earlier(1), earlier(2), earlier(3, theme="expiry")]
    readings, incidents = month(card("1", "Retries add up."), card("2", "The runbook was empty.", 0.6))
    chosen = choose(readings, incidents, past, lexicon)

    assert [c.why for c in chosen] == [("retries: third time in 12 months",), ("new",)]


@pytest.mark.parametrize("past", [(), (earlier(1, theme="expiry"), earlier(2, theme="expiry"))])
def test_nothing_is_called_new_without_months_to_compare_with(lexicon: Lexicon, past: Sequence[Past]) -> None:
    readings, incidents = month(card("1", "Retries add up."))

    assert choose(readings, incidents, past, lexicon)[0].why == ()


def test_nothing_is_called_new_without_a_theme(lexicon: Lexicon) -> None:
    past = [earlier(n) for n in (1, 2, 3)]
    readings, incidents = month(card("1", "It was a long evening."))

    assert choose(readings, incidents, past, lexicon)[0].why == ()


def test_what_readers_were_told_already_steps_back_and_says_so(lexicon: Lexicon) -> None:
    past = [earlier(3, "Retries add up quickly in every client.", printed=True)]
    readings, incidents = month(
        card("1", "Retries add up quickly in every client.", 0.7), card("2", "It was a long evening.", 0.6)
    )
    chosen = choose(readings, incidents, past, lexicon)

    assert [c.takeaway.incident for c in chosen] == ["2", "1"]
    assert chosen[1].why[0] == "learnt again: first printed in 2026-03"


def test_the_past_is_made_of_what_cleared_the_bar(lexicon: Lexicon) -> None:
    good, weak = card("1", "Retries add up."), card("1", "Weak.", 0.2, printed=False)
    readings, incidents = month(good, weak)

    assert past_of("2026-04", readings, incidents, lexicon, {good.id}) == (
        Past("2026-04", "1", "Retries add up.", "retries", printed=True),
    )


def test_an_incident_that_is_not_known_has_no_severity(lexicon: Lexicon) -> None:
    readings, _ = month(card("1", "Retries add up."))

    assert len(choose(readings, (), (), lexicon)) == 1


def test_each_choice_is_explained_in_one_line(lexicon: Lexicon) -> None:
    readings, incidents = month(card("1", "Retries add up."))
    line = explain(choose(readings, incidents, (), lexicon)[0])

    assert line == "score 0.70; stands under “Lessons learned”"


@pytest.mark.parametrize("count", [0, 1, 2, 5, 50])
def test_no_more_are_chosen_than_asked_for(lexicon: Lexicon, count: int) -> None:
    readings, incidents = month(*(card(str(n), f"Number {n} says a thing.") for n in range(9)))

    assert len(choose(readings, incidents, (), lexicon, count=count)) == min(count, 9)
