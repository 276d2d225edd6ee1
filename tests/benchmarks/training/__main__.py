"""`make model CORPUS=path`: trains the models anew and writes them, with what they were trained on.

The words take a minute or two, the encoder over an hour; `--only words` leaves it out. Each curve is laid
through values that a line got from a model trained without its organisation.
"""

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from digest.assemble import lexicon_of
from digest.takeaways.cues import Cues
from digest.takeaways.words import Words
from training.combine import Values, curve_through, sums_of, weights_of
from training.corpus import Document, documents_in
from training.measures import ndcg, told
from training.words import fitted, folds_of

OUT = Path(__file__).resolve().parents[1] / "config" / "model"
ENCODER_FOLDS = 5
FEWEST_LINES = 8  # of a page that the encoder learns headings from; status posts have fewer


def main() -> None:
    """Read the corpus, cross-validate, train on all of it, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--only", choices=("words",), help="leave the encoder as it is")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    lexicon = lexicon_of(None, trained=False)
    every = list(documents_in(args.corpus, lexicon, judged_only=False))
    judged = [d for d in every if d.judged]
    teams = len({d.organisation for d in judged})
    print(f"model: {len(judged)} reviews that editors read, of {teams} organisations")
    words = make_words(args.corpus, judged, lexicon.cues, args.out)
    if args.only is None:
        make_encoder(args.corpus, every, words, args.out)


def make_words(corpus: Path, judged: Sequence[Document], cues: Cues, out: Path) -> Values:
    """Train the model on words and write it; return its values of lines that it had not seen."""
    values = unseen(judged, cues)
    line = told("words, nDCG@5", judged, [ndcg(d, values[d.name]) for d in judged])
    print(line, flush=True)
    arrays = fitted(judged, cues)
    arrays["points"] = curve_through(judged, values)
    arrays["provenance"] = np.array(provenance(corpus, judged, line))
    np.savez_compressed(out / "words.npz", **arrays)
    return values


def unseen(documents: Sequence[Document], cues: Cues) -> Values:
    """Return for each document the values of a model on words that has seen no review of its organisation."""
    values = {}
    for number, fold in enumerate(folds_of(documents), start=1):
        model = Words.of(fitted([d for d in documents if d.organisation not in fold], cues), cues)
        values.update({d.name: model.values_of(d.page) for d in documents if d.organisation in fold})
        print(f"model: words, part {number} of 10", flush=True)
    return values


def make_encoder(corpus: Path, every: Sequence[Document], words: Values, out: Path) -> None:
    """Fine-tune the encoder and write it, with its share in the sum and the sum's curve."""
    from training import encoder  # noqa: PLC0415 -- loads torch, which the words do without

    judged = [d for d in every if d.judged]
    values = {}
    for number, fold in enumerate(folds_of(judged, ENCODER_FOLDS), start=1):
        model = encoder.runnable(_encoder_without(fold, every))
        values.update({d.name: model.values_of(d.page) for d in judged if d.organisation in fold})
        print(f"model: encoder, part {number} of {ENCODER_FOLDS}", flush=True)
    arrays = _encoder_without(frozenset(), every)
    write_encoder(corpus, judged, (words, values), arrays, out)


def _encoder_without(fold: frozenset[str], every: Sequence[Document]) -> dict[str, np.ndarray]:
    from training import encoder  # noqa: PLC0415 -- as above

    kept = [d for d in every if d.organisation not in fold]
    pages = [d.page for d in kept if len(d.page.lines) >= FEWEST_LINES]
    return encoder.arrays_of(encoder.fitted([d for d in kept if d.judged], pages))


def write_encoder(
    corpus: Path,
    judged: Sequence[Document],
    values: tuple[Values, Values],
    arrays: dict[str, np.ndarray],
    out: Path,
) -> None:
    """Write the encoder's arrays with its share in the sum; `values`, by words and by it, are unseen."""
    words, encoder = values
    sums = sums_of(judged, words, encoder)
    line = told("words and encoder, nDCG@5", judged, [ndcg(d, sums[d.name]) for d in judged])
    print(told("encoder alone, nDCG@5", judged, [ndcg(d, encoder[d.name]) for d in judged]))
    print(line)
    arrays["weights"] = weights_of(judged, words, encoder)
    arrays["points"] = curve_through(judged, sums)
    arrays["provenance"] = np.array(provenance(corpus, judged, line))
    np.savez(out / "encoder.npz", **arrays)


def provenance(corpus: Path, documents: Sequence[Document], validated: str) -> str:
    """Say in JSON what a model was made from."""
    digest = hashlib.sha256((corpus / "judged.jsonl").read_bytes()).hexdigest()
    told_of = {
        "made_by": "python -m training CORPUS",
        "judged.jsonl": f"sha256:{digest}",
        "reviews": len(documents),
        "organisations": len({d.organisation for d in documents}),
        "lines": sum(len(d.page.lines) for d in documents),
        "validated": validated,
    }
    return json.dumps(told_of)


if __name__ == "__main__":
    main()
