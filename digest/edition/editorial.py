"""An editor's hand: pins, drops, rewordings and notes, kept apart and applied on top."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from digest.model import Choice, Takeaway

NOTED_BY_EDITOR = "chosen by the editor"
DROPPED_BY_EDITOR = "dropped by the editor"


@dataclass(frozen=True, slots=True)
class Editorial:
    """What an editor decided, by takeaway id. Ids that no takeaway has are the caller's to report."""

    pin: tuple[str, ...] = ()  # in the order in which they are printed, before all others
    drop: frozenset[str] = frozenset()
    reword: Mapping[str, str] = field(default_factory=dict)
    note: Mapping[str, str] = field(default_factory=dict)  # stands under the takeaway
    adopted: Mapping[str, str] = field(default_factory=dict)  # what changed because of it

    @property
    def ids(self) -> frozenset[str]:
        """Every takeaway id named."""
        return frozenset((*self.pin, *self.drop, *self.reword, *self.note, *self.adopted))


def reworded(takeaways: Sequence[Takeaway], editorial: Editorial) -> tuple[Takeaway, ...]:
    """Return the takeaways with an editor's words; a reworded or pinned one may be printed again.

    A line that blames is not printed until an editor rewords it: rewording is what lifts that.
    Pinning alone lifts a bar of score, not one of blame: pin and reword those.
    """
    return tuple(_reworded(t, editorial) for t in takeaways if t.id not in editorial.drop)


def _reworded(takeaway: Takeaway, editorial: Editorial) -> Takeaway:
    words = editorial.reword.get(takeaway.id)
    if words is None:
        return takeaway
    return replace(takeaway, text=words, edited=True, printed=True)


def pinned_first(choices: Sequence[Choice], pinned: Sequence[Choice], count: int) -> tuple[Choice, ...]:
    """Put an editor's pins first, in the editor's order: `count` choices in all, or as many as the pins."""
    ids = {choice.takeaway.id for choice in pinned}
    rest = [choice for choice in choices if choice.takeaway.id not in ids]
    return (*pinned, *rest[: max(count - len(pinned), 0)])


def annotated(choice: Choice, editorial: Editorial) -> Choice:
    """Add an editor's note, and what was adopted, to why a takeaway is here."""
    id_ = choice.takeaway.id
    more = [editorial.note[id_]] if id_ in editorial.note else []
    if id_ in editorial.adopted:
        more.append(f"adopted: {editorial.adopted[id_]}")
    return replace(choice, why=(*choice.why, *more)) if more else choice
