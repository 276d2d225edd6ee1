import numpy as np
import pytest

from digest.takeaways.cues import Cues
from digest.takeaways.tokens import LINK, MIXED, NAME, NUMBER, TIME, grams_of, number_of, tokens_of


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Queues fill.", ("queues", "fill", ".")),
        ("It’s on-call", ("it's", "on-call")),
        ("At 10:42 we saw 17 of v1.2", ("at", TIME, "we", "saw", NUMBER, "of", MIXED)),
        ("10:42pm, see https://example.org/x", (TIME, ",", "see", LINK)),
        ("kubeProxy reads /etc/hosts.conf", (NAME, "reads", NAME)),
        ("A [person] was paged", ("a", "[person]", "was", "paged")),
        ("", ()),
    ],
)
def test_what_only_one_team_has_becomes_a_class_of_its_own(text: str, tokens: tuple[str, ...]) -> None:
    assert tokens_of(text) == tokens


def test_a_words_number_is_the_same_on_every_machine() -> None:
    assert number_of("queue") == 0x7FFD7F63
    assert grams_of([("queues", "fill")])[1].dtype == np.uint32


def grams(*lines: tuple[str, ...]) -> list[set[int]]:
    owner, numbers = grams_of(lines)
    return [set(numbers[owner == n].tolist()) for n in range(len(lines))]


def test_order_tells_lines_apart() -> None:
    (one,), (other,) = grams(("a", "b")), grams(("b", "a"))

    assert one != other


@pytest.mark.parametrize("line", [(), ("a",), ("a", "b"), ("a", "b", "c"), ("a", "b", "a", "b")])
def test_a_lines_grams_do_not_depend_on_the_lines_around_it(line: tuple[str, ...]) -> None:
    assert grams(("x", "y", "z"), line, (), ("b", "c"))[1] == grams(line)[0]
    # words, pairs and triples; and how it opens with one, two and three
    assert len(grams(line)[0]) == {0: 0, 1: 2, 2: 5, 3: 9, 4: 2 + 2 + 2 + 3}[len(line)]


def test_each_gram_stands_once_a_line() -> None:
    owner, numbers = grams_of([("a", "a", "a", "a"), ("a",)])
    pairs = list(zip(owner.tolist(), numbers.tolist(), strict=True))

    assert pairs == sorted(set(pairs))


def test_cues_are_found_by_word_star_and_phrase() -> None:
    cues = Cues.of({"past": ["*ed", "went"], "cause": ["due to", "because"], "learning": ["learn*"]})

    assert cues.counts(("we", "learned", "it", "failed", "due", "to", "learning")) == [2, 1, 2]
    assert cues.counts(("red", "due", "date")) == [0, 0, 0]


def test_a_word_may_show_two_kinds() -> None:
    cues = Cues.of({"a": ["fail*"], "b": ["*ed"]})

    assert cues.kinds_of("failed") == (0, 1)
