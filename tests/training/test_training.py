import json
from dataclasses import replace
from pathlib import Path

import lightgbm
import numpy as np
import pytest
import yaml
from builders import incident
from training.combine import sums_of
from training.corpus import Document, documents_in, placed
from training.curve import curve_of, reliability
from training.measures import ndcg
from training.words import TREE_SETTINGS, _trees, fitted, folds_of

from digest.takeaways import Lexicon
from digest.takeaways.page import page_of
from digest.takeaways.trees import Trees
from digest.takeaways.words import Words

CONFIG = Path(__file__).resolve().parents[2] / "config"
TEXT = "## Lessons learned\n\n- Queues without a limit fill at night\n- Nobody looks at graphs at night\n"


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    names = ("headings", "language", "ranking", "themes", "cues")
    return Lexicon.of({n: yaml.safe_load((CONFIG / f"{n}.yaml").read_text(encoding="utf-8")) for n in names})


def document(lexicon: Lexicon, name: str, organisation: str, text: str = TEXT) -> Document:
    page = page_of(incident(text=text).review, "An incident", lexicon.headings, lexicon.language)
    place = tuple(range(len(page.lines)))
    return Document(name, organisation, page, place, {0: 3.0}, {0: 1.0}, judged=True)


# --- The corpus -------------------------------------------------------------------------------


def test_a_quote_is_found_by_its_words_and_no_line_twice() -> None:
    lines = ["Queues fill at night.", "Graphs lie when nobody looks.", "Disks are slow."]

    assert placed(["queues fill at night", "Queues fill at night", "something else"], lines, {}) == (
        0,
        None,
        None,
    )


def test_a_quote_that_joins_lines_stands_for_the_best_of_them() -> None:
    lines = ["Queues fill at night.", "Graphs lie to us."]

    assert placed([" ".join(lines)], lines, {1: 3.0}) == (1,)
    assert placed([" ".join(lines)], lines, {0: 3.0}) == (0,)


def test_a_corpus_is_read_with_the_mean_of_its_editors(tmp_path: Path, lexicon: Lexicon) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.md").write_text(TEXT, encoding="utf-8")
    rows = {
        "index": [{"id": "a", "file": "a.md", "org": "Harbourline"}, {"id": "b", "file": "b.md", "org": "X"}],
        "labels": [
            {"doc_id": "a", "text": "Queues without a limit fill at night"},
            {"doc_id": "a", "text": "Left by a template", "boilerplate": True},
            {"doc_id": "a", "text": "Nobody looks at graphs at night"},
        ],
        "judged": [
            {"doc": "a", "editor": "E1", "takeaways": [[0, 3]]},
            {"doc": "a", "editor": "E2", "takeaways": [[0, 1], [1, 2]]},
        ],
    }
    for name, entries in rows.items():
        text = "".join(json.dumps(entry) + "\n" for entry in entries)
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")

    (found,) = documents_in(tmp_path, lexicon)

    assert found.organisation == "Harbourline"
    assert found.grades().tolist() == [2.0, 1.0]
    assert found.grades("worth").tolist() == [0.5, 0.5]


# --- Leaving out --------------------------------------------------------------------------------


def test_each_organisation_is_left_out_once_and_whole(lexicon: Lexicon) -> None:
    documents = [document(lexicon, str(n), f"org{n % 7}") for n in range(30)]
    folds = folds_of(documents, 3)

    assert sorted(name for fold in folds for name in fold) == [f"org{n}" for n in range(7)]
    assert folds == folds_of(documents, 3)


# --- Measures and curves ------------------------------------------------------------------------


def test_the_right_order_is_worth_one_and_the_wrong_one_less(lexicon: Lexicon) -> None:
    subject = document(lexicon, "a", "x")

    assert ndcg(subject, np.array([2.0, 1.0])) == 1.0
    assert ndcg(subject, np.array([1.0, 2.0])) == pytest.approx(1 / np.log2(3))
    assert ndcg(replace(subject, gain={}), np.array([1.0, 2.0])) is None


def test_a_curve_never_falls_and_tells_the_share_that_is_there() -> None:
    chance = np.random.default_rng(0)
    values = chance.normal(size=20_000)
    share = (chance.random(20_000) < 1 / (1 + np.exp(3 - 2 * values))).astype(float)
    points = curve_of(values, share)

    assert (np.diff(points[:, 1]) >= 0).all()
    found = np.interp(values, points[:, 0], points[:, 1])
    for mean, printed, count in reliability(found, share, [0, 0.2, 0.4, 0.6, 0.8, 1.01]):
        assert count < 300 or mean == pytest.approx(printed, abs=0.06)


def test_the_encoder_has_a_say_only_on_what_it_is_shown(lexicon: Lexicon) -> None:
    text = "## Lessons learned\n\n" + "".join(f"- Number {n} says a thing about queues\n" for n in range(30))
    subject = document(lexicon, "a", "x", text)
    words, encoder = {"a": np.arange(30.0)}, {"a": np.where(np.arange(30) == 0, 1000.0, 1.0)}

    sums = sums_of([subject], words, encoder)["a"]

    assert np.argmax(sums) == 29


# --- The model on words -------------------------------------------------------------------------


def test_our_trees_say_what_the_library_says() -> None:
    chance = np.random.default_rng(0)
    rows = chance.normal(size=(500, 6)).round(1).astype(np.float32)
    target = rows[:, 0] * (rows[:, 1] > 0) + 0.1 * chance.normal(size=500)
    arrays = _trees(rows, target)
    ours = Trees(arrays["tree_columns"], arrays["tree_limits"], arrays["tree_leaves"]).value_of(rows)

    told = [
        lightgbm.train({**TREE_SETTINGS, "seed": seed}, lightgbm.Dataset(rows, target), 100).predict(rows)
        for seed in range(3)
    ]
    assert ours == pytest.approx(np.mean(told, axis=0), abs=1e-4)


def test_a_trained_model_prefers_what_editors_picked(lexicon: Lexicon) -> None:
    documents = [document(lexicon, str(n), f"org{n}") for n in range(40)]
    model = Words.of(fitted(documents, lexicon.cues), lexicon.cues)

    first, second = model.values_of(documents[0].page)
    assert first > second
