"""`make model CORPUS=path`: trains the model on words anew and writes it, with what it was trained on.

The curve is laid through values that each line got from a model trained without its organisation.
"""

import argparse
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import lightgbm
import numpy as np
import sklearn
from numpy.typing import NDArray

from digest.assemble import lexicon_of
from digest.takeaways.cues import Cues
from digest.takeaways.words import Words
from training.corpus import Document, documents_in
from training.curve import curve_of
from training.measures import ndcg, told
from training.words import Arrays, fitted, folds_of

OUT = Path(__file__).resolve().parents[1] / "config" / "model"

Values = Mapping[str, NDArray[np.float64]]  # by document


def main() -> None:
    """Read the corpus, cross-validate, train on all of it, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    lexicon = lexicon_of(None, trained=False)
    documents = list(documents_in(args.corpus, lexicon))
    teams = len({d.organisation for d in documents})
    print(f"model: {len(documents)} reviews that editors read, of {teams} organisations")
    values = unseen(documents, lexicon.cues)
    line = told("words, nDCG@5", documents, [ndcg(d, values[d.name]) for d in documents])
    print(line)
    arrays = fitted(documents, lexicon.cues)
    share = np.concatenate([d.grades("worth") for d in documents])
    arrays["points"] = curve_of(np.concatenate([values[d.name] for d in documents]), share)
    arrays["provenance"] = np.array(json.dumps(provenance(args.corpus, documents, line)))
    args.out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(args.out / "words.npz", **arrays)


def unseen(documents: Sequence[Document], cues: Cues) -> Values:
    """Return for each document the values of a model that has seen no review of its organisation."""
    values = {}
    for number, fold in enumerate(folds_of(documents), start=1):
        model = Words.of(fitted([d for d in documents if d.organisation not in fold], cues), cues)
        values.update({d.name: model.values_of(d.page) for d in documents if d.organisation in fold})
        print(f"model: fold {number}, {len(fold)} organisations left out", flush=True)
    return values


def provenance(corpus: Path, documents: Sequence[Document], validated: str) -> dict[str, object]:
    """Say what a model was made from."""
    digest = hashlib.sha256((corpus / "judged.jsonl").read_bytes()).hexdigest()
    return {
        "made_by": "python -m training CORPUS",
        "judged.jsonl": f"sha256:{digest}",
        "reviews": len(documents),
        "organisations": len({d.organisation for d in documents}),
        "lines": sum(len(d.page.lines) for d in documents),
        "validated": validated,
        "versions": {m.__name__: m.__version__ for m in (np, sklearn, lightgbm)},
    }


__all__ = ["Arrays", "main", "provenance", "unseen"]

if __name__ == "__main__":
    main()
