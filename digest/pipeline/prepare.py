"""From what was gathered to an edition in every form, with the proof for its editor. Stores nothing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from digest.edition import Editorial, Material, card_of, compose
from digest.edition.headline import count_of
from digest.errors import ConfigError
from digest.insights import Past as PastMonths
from digest.insights import insights_of
from digest.ledger import Ledger
from digest.model import (
    Card,
    Choice,
    Edition,
    Incident,
    Problem,
    Proof,
    Reading,
    Rendering,
    Standing,
    Takeaway,
    Verdict,
)
from digest.period import Month
from digest.pipeline import editing
from digest.pipeline.gate import gated
from digest.pipeline.gather import Gathered
from digest.pipeline.setup import Job
from digest.takeaways import Past, Ranking, explain, past_of, rank, same_learning, takeaways_of

_ENOUGH = 3


@dataclass(frozen=True, slots=True)
class Prepared:
    """An edition ready to be frozen, and its proof."""

    edition: Edition
    rendering: Rendering
    proof: Proof
    takeaways: tuple[Takeaway, ...]  # every candidate, as found; for an editor's file
    decided: str = ""  # hash of the editor's file that is in it; empty: there was none


@dataclass(frozen=True, slots=True)
class _Read:
    """A month's reviews, read: what an editor decided is applied."""

    gathered: Gathered
    readings: tuple[Reading, ...]  # of the month's incidents and the late ones
    found: tuple[Takeaway, ...]
    ranking: Ranking
    earlier: dict[Month, tuple[Reading, ...]]  # of the months before, without the late ones
    problems: tuple[Problem, ...]


def prepare(job: Job, gathered: Gathered, ledger: Ledger) -> Prepared:
    """Read the reviews, rank, compose and render.

    Raises:
        ConfigError: the editor's file is wrong.
        TemplateError: a template is wrong.
    """
    printed = ledger.printed_by_others(job.month.key)
    read = _read(job, gathered, printed)
    job.progress.stage("composing and rendering")
    material = _material(job, read, printed)
    edition = gated(compose(job.month, material, job.setup.imprint), job.setup.mask)
    published = any(channel.publishes for channel in job.setup.channels)
    rendering = job.setup.renderer.render(edition, page=published)
    return Prepared(edition, rendering, _proof(read, edition, rendering), read.found)


def shown(prepared: Prepared, job: Job) -> Prepared:
    """Mask what only an editor sees as well; kept apart, since a run shows it to nobody."""
    mask, proof = job.setup.mask, prepared.proof
    proof = replace(proof, verdicts=gated(proof.verdicts, mask), waiting=gated(proof.waiting, mask))
    return replace(
        prepared,
        proof=replace(proof, findings=gated(proof.findings, mask)),
        takeaways=gated(prepared.takeaways, mask),
    )


def _read(job: Job, gathered: Gathered, printed: Sequence[tuple[str, Card]]) -> _Read:
    setup = job.setup
    once = {card.id for _, card in printed}
    incidents = (*gathered.collected.incidents, *gathered.late)
    job.progress.stage(f"reading {count_of(sum(bool(i.review.text) for i in incidents), 'review')}")
    readings, problems = takeaways_of(incidents, setup.lexicon)
    readings = tuple(_finished_only(reading, once) for reading in readings)
    found = tuple(t for reading in readings for t in reading.takeaways)
    editorial = editing.read_decisions(setup.editions, job.month.key, found)
    _refuse_blame(job, readings, editorial)
    decided = editing.applied(readings, editorial)
    earlier = _earlier(job, gathered)
    ranking = rank(
        decided, incidents, _past(job, gathered, earlier, once), setup.lexicon, count=setup.settings.takeaways
    )
    ranking = editing.edited(ranking, decided, editorial, setup.lexicon)
    passed = (*ranking.passed_over, *editing.dropped(readings, editorial))
    return _Read(gathered, decided, found, Ranking(ranking.chosen, passed), earlier, problems)


def _finished_only(reading: Reading, printed: set[str]) -> Reading:
    """Take nothing from a draft, which may still change, and nothing that an edition has carried before."""
    if reading.standing is Standing.WAITING_REVIEW:
        return replace(reading, takeaways=(), went_well=(), lucky=())
    return replace(reading, takeaways=tuple(t for t in reading.takeaways if t.id not in printed))


def _refuse_blame(job: Job, readings: Iterable[Reading], editorial: Editorial) -> None:
    takeaway = editing.blamed_pin(readings, editorial)
    if takeaway is not None:
        file = editing.editorial_file(job.setup.editions, job.month.key)
        raise ConfigError(
            f"{file} pin", f"{takeaway.id} blames somebody; give it other words under `reword` too"
        )


def _earlier(job: Job, gathered: Gathered) -> dict[Month, tuple[Reading, ...]]:
    late = {(i.tracker, i.key) for i in gathered.late}
    earlier = {}
    for done, (month, incidents) in enumerate(gathered.history.items()):
        job.progress.count(done, len(gathered.history))
        others = [i for i in incidents if (i.tracker, i.key) not in late]
        earlier[month] = takeaways_of(others, job.setup.lexicon)[0]
    return earlier


def _past(
    job: Job, gathered: Gathered, earlier: dict[Month, tuple[Reading, ...]], printed: set[str]
) -> Iterator[Past]:
    for month, readings in earlier.items():
        finished = [r for r in readings if r.standing is not Standing.WAITING_REVIEW]
        yield from past_of(month.key, finished, gathered.history[month], job.setup.lexicon, printed)


def _material(job: Job, read: _Read, printed: Sequence[tuple[str, Card]]) -> Material:
    """Put together what an edition is made of; what could not be read is left out, and counted."""
    collected = read.gathered.collected
    readable = {r.incident for r in read.readings}
    incidents = tuple(i for i in collected.incidents if i.key in readable)
    lost = len(collected.incidents) - len(incidents)
    waiting = _still_waiting(read)
    past = PastMonths(tuple(read.gathered.history.values()), waiting)
    chosen = read.ranking.chosen
    return Material(
        collected=replace(collected, unchecked=collected.unchecked + lost),
        incidents=incidents,
        late=read.gathered.late,
        readings=read.readings,
        choices=chosen,
        passed_over=read.ranking.passed_over,
        insights=insights_of(incidents, _of(incidents, read.readings), past, job.setup.causes, job.now),
        repeatable=_repeatable(job, read, printed) if len(chosen) < _ENOUGH else (),
        problems=(*read.gathered.problems, *read.problems),
    )


def _of(incidents: Iterable[Incident], readings: Iterable[Reading]) -> tuple[Reading, ...]:
    keys = {i.key for i in incidents}
    return tuple(r for r in readings if r.incident in keys)


def _still_waiting(read: _Read) -> tuple[Incident, ...]:
    """Return the earlier incidents within reach that wait for a review, or for a learning in it."""
    taught = {r.incident for rs in read.earlier.values() for r in rs if r.standing is Standing.LEARNT}
    return tuple(i for i in read.gathered.reach if i.key not in taught and i not in read.gathered.late)


def _repeatable(job: Job, read: _Read, printed: Sequence[tuple[str, Card]]) -> tuple[Card, ...]:
    """Return the best of earlier months that no edition carried, one an incident, best first."""
    seen = [card.text for _, card in printed] + [c.takeaway.text for c in read.ranking.chosen]
    incidents = {i.key: (i, month) for month, held in read.gathered.history.items() for i in held}
    best = sorted(
        (
            max(usable, key=lambda t: t.score)
            for rs in read.earlier.values()
            for r in rs
            if (usable := _usable(r))
        ),
        key=lambda t: (-t.score, t.incident),
    )
    cards: list[Card] = []
    for takeaway in best:
        if len(cards) == _ENOUGH:
            break
        if any(same_learning(takeaway.text, text, job.setup.lexicon.themes) for text in seen):
            continue
        incident, month = incidents[takeaway.incident]
        cards.append(card_of(Choice(takeaway), incident, month))
        seen.append(takeaway.text)
    return tuple(cards)


def _usable(reading: Reading) -> list[Takeaway]:
    return [] if reading.standing is Standing.WAITING_REVIEW else [t for t in reading.takeaways if t.printed]


def _proof(read: _Read, edition: Edition, rendering: Rendering) -> Proof:
    incidents = {i.key: i for i in (*read.gathered.collected.incidents, *read.gathered.late)}
    chosen = [Verdict(c.takeaway, printed=True, why=(explain(c),)) for c in read.ranking.chosen]
    left = [Verdict(t, printed=False, why=(why,)) for t, why in read.ranking.passed_over]
    waits = [r for r in read.readings if r.standing is not Standing.LEARNT]
    return Proof(
        edition=edition,
        rendering=rendering,
        trial=True,
        verdicts=(*chosen, *sorted(left, key=lambda v: (-v.takeaway.score, v.takeaway.id))),
        waiting=tuple(
            (r.incident, incidents[r.incident].title, r.standing, incidents[r.incident].url) for r in waits
        ),
        findings=tuple(
            (r.incident, incidents[r.incident].review.file, f) for r in read.readings for f in r.findings
        ),
        problems=(*read.gathered.problems, *read.problems),
        private=read.gathered.collected.private,
        unchecked=edition.made.unchecked,
    )
