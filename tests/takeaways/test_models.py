from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from builders import incident

from digest.errors import ConfigError
from digest.takeaways import Lexicon
from digest.takeaways.features import names_of, rows_of, words_of_page
from digest.takeaways.models import Models
from digest.takeaways.page import Page, page_of
from digest.takeaways.score import Part, Scores
from digest.takeaways.trees import Trees

TEXT = (
    "# Boards froze\n\n## Timeline\n\n- 10:02 we added a server\n- 10:09 we restarted the proxy\n\n"
    "## Lessons learned\n\n- A call without a time limit holds every worker while the other side is slow\n\n"
    "## What happened\n\nA change doubled the number of calls. Nobody knew that the cache was off.\n"
)


def page(lexicon: Lexicon, text: str = TEXT) -> Page:
    return page_of(incident(text=text).review, "An incident", lexicon.headings, lexicon.language)


# --- Trees ------------------------------------------------------------------------------------


def tree(questions: list[tuple[int, float]], leaves: list[float]) -> Trees:
    columns = np.array([[column for column, _ in questions]], np.int16)
    limits = np.array([[limit for _, limit in questions]], np.float32)
    return Trees(columns, limits, np.array([leaves], np.float32))


def test_a_tree_is_followed_from_question_to_leaf() -> None:
    asked = [(0, 0.5), (1, 0.5), (1, 0.5), (2, 0.5), (2, 0.5), (2, 0.5), (2, 0.5)]
    trees = tree(asked, [1, 2, 3, 4, 5, 6, 7, 8])
    rows = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)], np.float32)

    assert trees.value_of(rows).tolist() == [1, 2, 3, 4, 5, 6, 7, 8]


def test_trees_add_up_row_by_row() -> None:
    one = tree([(0, 0.5)] * 7, [1, 1, 1, 1, 0, 0, 0, 0])
    two = Trees(
        np.concatenate([one.columns] * 2), np.concatenate([one.limits] * 2), np.concatenate([one.leaves] * 2)
    )
    rows = np.array([[0.0], [1.0], [0.5]], np.float32)

    assert one.value_of(rows).tolist() == [1, 0, 1]
    assert two.value_of(rows).tolist() == [2, 0, 2]


def test_trees_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes"):
        Trees(np.zeros((1, 7), np.int16), np.zeros((1, 6), np.float32), np.zeros((1, 8), np.float32))


# --- What a line shows ------------------------------------------------------------------------


def test_each_line_has_a_row_and_each_column_a_name(lexicon: Lexicon) -> None:
    subject = page(lexicon)
    rows = rows_of(subject, words_of_page(subject), lexicon.cues)

    assert rows.shape == (len(subject.lines), len(names_of(lexicon.cues)))
    assert np.isfinite(rows).all()


def test_a_row_says_where_the_line_stands_and_what_it_shows(lexicon: Lexicon) -> None:
    subject = page(lexicon)
    names = names_of(lexicon.cues)
    rows = rows_of(subject, words_of_page(subject), lexicon.cues)
    told = [dict(zip(names, row.tolist(), strict=True)) for row in rows]
    entry, lesson = told[0], told[2]

    assert (entry["under:timeline"], entry["times"], entry["bullet"]) == (1, 1, 1)
    assert (lesson["under:takeaways"], lesson["kind:negation"], lesson["page:timeline"]) == (1, 1, 2)


# --- The score --------------------------------------------------------------------------------


def test_a_learning_outranks_the_story_of_the_day(lexicon: Lexicon) -> None:
    subject = page(lexicon)
    scores = dict(zip((line.text for line in subject.lines), lexicon.scores.of(subject), strict=True))

    lesson = "A call without a time limit holds every worker while the other side is slow."
    assert max(scores, key=lambda text: scores[text]) == lesson
    assert all(0 <= score <= 1 for score in scores.values())


def test_the_same_page_has_the_same_scores(lexicon: Lexicon) -> None:
    assert lexicon.scores.of(page(lexicon)) == lexicon.scores.of(page(lexicon))


def test_a_page_without_lines_has_no_scores(lexicon: Lexicon) -> None:
    assert lexicon.scores.of(page(lexicon, "# Only a title\n")) == []


def test_a_known_heading_in_another_dialect_changes_nothing_for_words(lexicon: Lexicon) -> None:
    atx = page(lexicon, "## Lessons learned\n\n- Retries without a limit amplify a failure\n")
    bold = page(lexicon, "**💡 KEY TAKEAWAYS:**\n\n- Retries without a limit amplify a failure\n")

    words = lexicon.scores.parts[0].scorer
    assert words.values_of(atx).tolist() == pytest.approx(words.values_of(bold).tolist())


class Fixed:
    """A scorer whose values are given."""

    def __init__(self, *values: float) -> None:
        self.values = values

    def values_of(self, page: Page) -> np.ndarray:
        return np.array(self.values[: len(page.lines)])


def test_the_curve_runs_through_its_points_and_is_flat_beyond(lexicon: Lexicon) -> None:
    scores = Scores((Part(Fixed(-5.0, 0.0, 1.0, 9.0), 1.0),), ((0.0, 0.2), (2.0, 0.8)))

    assert scores.of(page(lexicon))[:4] == pytest.approx([0.2, 0.2, 0.5, 0.8], abs=1e-4)


def test_where_the_curve_is_flat_the_order_is_kept(lexicon: Lexicon) -> None:
    scores = Scores((Part(Fixed(5.0, 6.0, 7.0, 8.0), 1.0),), ((0.0, 0.2), (2.0, 0.8)))
    found = scores.of(page(lexicon))

    assert found == sorted(found)
    assert len(set(found)) == len(found)


# --- The data files ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: m.pop("words"), "is missing"),
        (lambda m: m["words"].pop("weights"), "is no model of this program"),
        (lambda m: m["words"].pop("points"), "has no curve"),
        (lambda m: m["words"].update(tree_leaves=np.zeros((1, 3))), "is no model of this program"),
        (lambda m: m["words"].update(columns=np.array(["a", "b"])), "was trained on other cues"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(
    mappings: dict[str, Any], models: Models, change: Callable[[dict[str, Any]], None], says: str
) -> None:
    changed = {name: dict(arrays) for name, arrays in models.items() if name == "words"}
    change(changed)

    with pytest.raises(ConfigError, match=says):
        Lexicon.of(mappings, changed)


def test_without_a_model_nothing_is_worth_printing(mappings: dict[str, Any]) -> None:
    untrained = Lexicon.of(mappings)

    assert set(untrained.scores.of(page(untrained))) == {0.0}


def test_the_model_says_what_it_was_made_from(models: Models) -> None:
    told = str(models["words"]["provenance"])

    assert "judged.jsonl" in told
    assert "organisations" in told
