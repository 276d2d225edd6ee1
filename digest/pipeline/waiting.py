"""Which incidents wait for a review, or a learning in it, as the ledger has them; which may be shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from digest.ledger import Ledger
from digest.model import Incident, Problem, Reading, Standing
from digest.period import Month
from digest.pipeline.gather import REACH
from digest.pipeline.setup import Setup
from digest.render.guards import clean, shortened
from digest.takeaways import Lexicon, takeaways_of
from digest.trackers.collect import CollectPlan, refresh

_TITLE_MOST = 120
_QUOTED = 2
_WORTH_ASKING = 0.5  # of the bar: what is further below it would only puzzle its authors


@dataclass(frozen=True, slots=True)
class Waiting:
    """An incident that others cannot learn from yet, with lines of its review that may be what was learnt."""

    key: str
    title: str
    team: str | None
    url: str | None
    standing: Standing
    days: int | None  # since it was over; None: its tracker did not say when
    candidates: tuple[str, ...] = ()  # the best two, best first
    tracker: str = ""


def waiting(setup: Setup, ledger: Ledger, now: datetime, days: int = 0) -> tuple[Waiting, ...]:
    """Return the incidents of the last six full months that have waited for `days` or longer.

    Those that have waited longest come first, then by key. An incident without a time counts as having
    waited. What an edition has carried does not wait, however its review reads.
    """
    last = Month.of(now, setup.settings.timezone).shift(-1)
    printed = {card.incident for _, card in ledger.printed_by_others(last.shift(1).key)}
    held = (i for month in (*last.before(REACH - 1), last) for i in ledger.incidents(month.key))
    open_ = [i for i in held if not printed & {i.key, f"{i.tracker} {i.key}"}]
    found = [
        one for i in open_ if (one := _waiting(setup, i, now)) and (one.days is None or one.days >= days)
    ]
    return tuple(sorted(found, key=lambda one: (-(one.days or 0), one.key)))


def still_visible(
    setup: Setup, incidents: Iterable[Waiting], now: datetime
) -> tuple[frozenset[Waiting], tuple[Problem, ...]]:
    """Ask the trackers once more; return those that people may still read of, and what kept others from it.

    What a tracker does not give again is left out, whatever the reason. One of a tracker that the config
    no longer names stays.
    """
    some = frozenset(incidents)
    known = {tracker.name for tracker in setup.trackers}
    asked: dict[str, list[str]] = {}
    for one in some:
        asked.setdefault(one.tracker, []).append(one.key)
    plan = CollectPlan(now=now, redact=setup.redact, count_by=setup.settings.count_by)
    renewed = refresh(setup.trackers, asked, plan)
    given = {(incident.tracker, incident.key) for incident in renewed.incidents}
    visible = frozenset(one for one in some if one.tracker not in known or (one.tracker, one.key) in given)
    return visible, tuple(problem for problem in renewed.problems if problem.subject in renewed.silent)


def _waiting(setup: Setup, incident: Incident, now: datetime) -> Waiting | None:
    # One by one: two trackers may use the same key.
    readings, _ = takeaways_of([incident], setup.lexicon)
    if not readings or readings[0].standing is Standing.LEARNT:
        return None
    since = incident.resolved or incident.started or incident.created
    return Waiting(
        key=incident.key,
        title=shortened(clean(setup.mask(incident.title)).strip(), _TITLE_MOST),
        team=clean(incident.team).strip() or None if incident.team else None,
        url=incident.url,
        standing=readings[0].standing,
        days=None if since is None else max((now - since).days, 0),
        candidates=tuple(setup.mask(text) for text in _candidates(readings[0], setup.lexicon)),
        tracker=incident.tracker,
    )


def _candidates(reading: Reading, lexicon: Lexicon) -> Iterable[str]:
    """Return the lines that may be what was learnt; none that blames, argues with hindsight, or is a fix."""
    ranking = lexicon.ranking
    never = {ranking.set_aside.blame, ranking.set_aside.fix_like, ranking.hindsight}
    worth = [t for t in reading.takeaways if t.score >= ranking.bar * _WORTH_ASKING]
    return [t.text for t in worth if never.isdisjoint(t.reasons)][:_QUOTED]
