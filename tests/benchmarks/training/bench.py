"""`make bench CORPUS=path`, its second half: how near each way of choosing comes to the editors.

For a corpus with `judged.jsonl` it prints the table (chance, LexRank, TextRank, headings, ours), a
reliability curve, where what is picked stands, the speed beside LexRank, and the ten worst reviews. Where our
model has learnt from these very reviews, each is scored by a model on words trained without its organisation;
of the encoder it then prints what it recorded of itself, since training it again takes an hour.
"""

import argparse
import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
from sumy.summarizers.lex_rank import LexRankSummarizer
from sumy.summarizers.text_rank import TextRankSummarizer

from digest.assemble import lexicon_of, models_in
from digest.takeaways.headings import Meaning
from digest.takeaways.lexicon import Lexicon
from digest.takeaways.models import WORDS, scores_of
from digest.takeaways.score import Scores
from digest.takeaways.tokens import tokens_of
from training.__main__ import OUT, unseen
from training.combine import Values
from training.corpus import Document, documents_in
from training.curve import reliability
from training.measures import FIRST, ndcg, told

Summariser = Callable[[object, int], Sequence[Sentence]]

_THREE = 3
_WORST = 10
_EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)
_AS_GOOD_AS = {Meaning.TAKEAWAYS: 3.0, Meaning.WENT_WRONG: 2.0, Meaning.FACTORS: 1.0}
_FASTER = 5.0


class _Tokens:
    """Our words for sumy, whose own need a download."""

    def to_words(self, text: str) -> tuple[str, ...]:
        return tokens_of(text)


def main() -> None:
    """Print everything; ends with 1 where we are slower than promised."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    corpus = parser.parse_args().corpus
    if not (corpus / "judged.jsonl").exists():
        print(f"bench: {corpus} has no judged.jsonl, so nobody can say how good a choice of ours is there")
        return
    lexicon = lexicon_of(None)
    documents = list(documents_in(corpus, lexicon))
    name, values, scores = _ours(corpus, documents, lexicon)
    _table(documents, {**_others(documents), name: values})
    _curve(documents, values, scores)
    _sections(documents, values)
    _worst(documents, values)
    sys.exit(_speed(documents, lexicon) < _FASTER)


def _ours(corpus: Path, documents: Sequence[Document], lexicon: Lexicon) -> tuple[str, Values, Scores]:
    """Return our values, of models that have not seen the organisation, and what makes scores of them."""
    learnt = json.loads(str(models_in(OUT)[WORDS]["provenance"]))["judged.jsonl"]
    found = hashlib.sha256((corpus / "judged.jsonl").read_bytes()).hexdigest()
    if not learnt.endswith(found):
        values = {d.name: np.array(lexicon.scores.of(d.page)) for d in documents}
        return "ours, as installed", values, Scores((), ((0.0, 0.0), (1.0, 1.0)))
    print("bench: the model has learnt from these reviews, so it is trained anew without each organisation")
    for model, arrays in models_in(OUT).items():
        print(f"bench: the {model} model's own record: {json.loads(str(arrays['provenance']))['validated']}")
    words = _by_words(lexicon)
    return "ours, on words, unseen", unseen(documents, lexicon.cues), words


def _by_words(lexicon: Lexicon) -> Scores:
    return scores_of({WORDS: models_in(OUT)[WORDS]}, lexicon.cues)


def _others(documents: Iterable[Document]) -> dict[str, Values]:
    chance = np.random.default_rng(0)
    held = list(documents)
    return {
        "chance": {d.name: chance.random(len(d.page.lines)) for d in held},
        "LexRank (sumy)": {d.name: _ranked(d, LexRankSummarizer()) for d in held},
        "TextRank (sumy)": {d.name: _ranked(d, TextRankSummarizer()) for d in held},
        "section headings alone": {d.name: _by_heading(d) for d in held},
    }


def _ranked(document: Document, summarizer: Summariser) -> NDArray[np.float64]:
    """Return values that put first what a summariser takes for one line, then what it adds for two."""
    model, sentences = _model(document)
    values = np.zeros(len(sentences))
    for count in range(FIRST, 0, -1):
        for chosen in summarizer(model, count) if sentences else ():
            values[next(n for n, s in enumerate(sentences) if s is chosen)] = FIRST + 1 - count
    return values


def _model(document: Document) -> tuple[ObjectDocumentModel, list[Sentence]]:
    sentences = [Sentence(line.text, _Tokens()) for line in document.page.lines]
    return ObjectDocumentModel([Paragraph(sentences)]), sentences


def _by_heading(document: Document) -> NDArray[np.float64]:
    return np.array([_AS_GOOD_AS.get(line.meaning, 0.0) for line in document.page.lines])


def _table(documents: Sequence[Document], ways: Mapping[str, Values]) -> None:
    print("\nnDCG@5: graded agreement of the first five with the editors")
    for name, values in ways.items():
        print("  " + told(name, documents, [ndcg(d, values[d.name]) for d in documents]))
    print(
        "\nOf the first three, picked by an editor; of the first five, to-dos or timeline that nobody picked"
    )
    for name, values in ways.items():
        picked = np.mean(
            [(d.grades()[_first(values[d.name], _THREE)] > 0).mean() for d in documents if d.gain]
        )
        leaked = np.mean([_leak(d, values[d.name]) for d in documents if d.page.lines])
        print(f"  {name:<32} {picked:4.0%}   {leaked:4.0%}")


def _first(values: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    return np.argsort(-values, kind="stable")[:count]


def _leak(document: Document, values: NDArray[np.float64]) -> float:
    grades = document.grades()
    away = {Meaning.FOLLOW_UPS, Meaning.TIMELINE}
    first = _first(values, FIRST)
    return sum(document.page.lines[n].meaning in away and not grades[n] for n in first) / len(first)


def _curve(documents: Sequence[Document], values: Values, scores: Scores) -> None:
    print("\nReliability: of lines with this score, the share that editors would print (graded 2 or 3)")
    found = np.array(scores.probabilities(np.concatenate([values[d.name] for d in documents])))
    share = np.concatenate([d.grades("worth") for d in documents])
    for mean, printed, count in reliability(found, share, _EDGES):
        print(f"  {mean:.2f}  {printed:.2f}  {'#' * round(40 * printed):<40} {count} lines")


def _sections(documents: Sequence[Document], values: Values) -> None:
    print("\nWhere the first three stand, and what editors picked")
    ours: Counter[str] = Counter()
    theirs: Counter[str] = Counter()
    for d in documents:
        ours.update(d.page.lines[n].meaning.value for n in _first(values[d.name], _THREE))
        theirs.update(d.page.lines[n].meaning.value for n in np.flatnonzero(d.grades() > 0))
    for meaning, count in theirs.most_common():
        print(f"  {meaning:<12} {ours[meaning] / ours.total():4.0%}   {count / theirs.total():4.0%}")


def _worst(documents: Sequence[Document], values: Values) -> None:
    print("\nThe reviews where most is lost")
    found = [(ndcg(d, values[d.name]), d.name) for d in documents]
    for value, name in sorted((v, n) for v, n in found if v is not None)[:_WORST]:
        print(f"  {value:.2f}  {name}")


def _speed(documents: Sequence[Document], lexicon: Lexicon) -> float:
    """Print and return how many times faster a page is scored by words than by LexRank."""
    words = _by_words(lexicon)
    ours = _seconds(lambda: [words.of(d.page) for d in documents])
    models = [_model(d)[0] for d in documents if d.page.lines]
    theirs = _seconds(lambda: [LexRankSummarizer()(model, FIRST) for model in models])
    print(f"\nScoring {len(documents)} reviews: {ours:.2f} s by words, {theirs:.2f} s by LexRank")
    return theirs / ours


def _seconds(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


if __name__ == "__main__":
    main()
