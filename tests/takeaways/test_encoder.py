from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from builders import incident

from digest.errors import ConfigError
from digest.takeaways import Lexicon, encoder
from digest.takeaways.encoder import Encoder, around
from digest.takeaways.models import ENCODER, Models, scores_of
from digest.takeaways.page import Page, page_of
from digest.takeaways.score import Part, Scores
from digest.takeaways.wordpiece import WordPiece

PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "queue", "##s", "fill", ",", "over", "##flow", "e")


def page(lexicon: Lexicon, text: str) -> Page:
    return page_of(incident(text=text).review, "An incident", lexicon.headings, lexicon.language)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Queues fill", ["queue", "##s", "fill"]),
        ("queues,fill", ["queue", "##s", ",", "fill"]),
        ("OVERFLOW", ["over", "##flow"]),
        ("é", ["e"]),
        ("overfill", ["[UNK]"]),
        ("e" * 200, ["[UNK]"]),
        ("\u0000 \u200b", []),
        ("", []),
    ],
)
def test_words_are_cut_into_the_longest_pieces_known(text: str, pieces: list[str]) -> None:
    assert [PIECES[number] for number in WordPiece.of(PIECES).pieces(text)] == pieces


def test_a_pair_is_marked_and_the_longer_text_gives_way() -> None:
    numbers, kinds = WordPiece.of(PIECES).pair("queue", "fill fill fill fill", 7)

    assert [PIECES[n] for n in numbers] == ["[CLS]", "queue", "[SEP]", "fill", "fill", "fill", "[SEP]"]
    assert kinds == [0, 0, 0, 1, 1, 1, 1]


def test_a_vocabulary_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks"):
        WordPiece.of(["queue"])


def test_an_encoder_is_told_what_section_a_line_stands_in(lexicon: Lexicon) -> None:
    text = (
        "# Report\n\n## What happened\n\n### Lessons learned\n\n- Queues fill at night\n\n"
        "## Odd\n\nA line of another kind.\n"
    )
    lesson, odd = page(lexicon, text).lines

    assert around(lesson) == "takeaways > What happened > Lessons learned"
    assert around(odd).endswith("> Odd")


class Counting:
    """A scorer that remembers what it was shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def values_of(self, page: Page) -> np.ndarray:
        self.shown += [line.text for line in page.lines]
        return np.array([float(len(line.text)) for line in page.lines])


def test_the_second_scorer_is_shown_only_the_best_of_the_first(lexicon: Lexicon) -> None:
    lines = "".join(f"- {'word ' * (3 + n)}{n}\n" for n in range(6))
    subject = page(lexicon, f"## Lessons\n\n{lines}")
    first, second = Counting(), Counting()
    scores = Scores((Part(first, 1.0), Part(second, 1.0, most=2, elsewhere=-5.0)), ((0.0, 0.0), (100.0, 1.0)))

    found = scores.of(subject)

    assert len(first.shown) == 6
    assert second.shown == [line.text for line in subject.lines[-2:]]
    assert found == sorted(found)


def test_a_short_page_is_shown_whole(lexicon: Lexicon) -> None:
    subject = page(lexicon, "## Lessons\n\n- Queues fill at night\n- Nobody looks at graphs\n")
    second = Counting()

    Scores((Part(second, 1.0, most=2),), ((0.0, 0.0), (1.0, 1.0))).of(subject)

    assert len(second.shown) == 2


def test_without_the_runtime_the_words_decide(
    lexicon: Lexicon, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder, "is_installed", lambda: False)
    scores = scores_of({**models, ENCODER: {}}, lexicon.cues)

    assert len(scores.parts) == 1


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"onnx": np.zeros(3, np.uint8)},
        {"onnx": np.zeros(3, np.uint8), "vocabulary": np.frombuffer(b"queue", np.uint8)},
        {"onnx": np.zeros(3, np.uint8), "vocabulary": np.array([255], np.uint8)},
    ],
)
def test_a_damaged_encoder_is_refused(arrays: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="is no model of this program"):
        Encoder.of(arrays)


@pytest.mark.skipif(not encoder.is_installed(), reason="the runtime is not installed")
def test_a_damaged_graph_is_refused_where_it_is_first_needed(lexicon: Lexicon) -> None:
    pieces = np.frombuffer("\n".join(PIECES).encode(), np.uint8)
    broken = Encoder.of({"onnx": np.zeros(3, np.uint8), "vocabulary": pieces})

    with pytest.raises(ConfigError, match="cannot be run"):
        broken.values_of(page(lexicon, "## Lessons\n\n- Queues fill at night\n"))


@pytest.mark.skipif(not encoder.is_installed(), reason="the runtime is not installed")
def test_a_lines_value_does_not_depend_on_the_lines_around_it(lexicon: Lexicon, models: Models) -> None:
    if ENCODER not in models:
        pytest.skip("no encoder is shipped")
    whole = Encoder.of(models[ENCODER])
    lines = ("Queues without a limit fill at night", "Restart the proxy", "Nobody knew who decides")
    text = "## Lessons\n\n" + "".join(f"- {line}\n" for line in lines)
    subject = page(lexicon, text)

    alone = [whole.values_of(replace(subject, lines=[line]))[0] for line in subject.lines]

    assert whole.values_of(subject).tolist() == alone
    assert alone[0] > alone[1]
