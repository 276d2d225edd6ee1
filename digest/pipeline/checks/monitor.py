"""What `digest check` judges: did an edition go out, and is anything held, failed or in doubt? Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.due import Rule, due_editions, next_due
from digest.ledger import EditionState
from digest.ledger.look import Watched
from digest.pipeline.checks.machine import TICK_MOST
from digest.pipeline.checks.words import ago

_S = EditionState
# What takes longer needs somebody: making and sending an edition, looking at one that is held.
MAKING_MOST = timedelta(days=1)
HELD_MOST = timedelta(days=3)
_OUT = (_S.SENT, _S.SENT_WITH_GAPS, _S.SUPERSEDED)
_UNMADE = (_S.PLANNED, _S.COLLECTING, _S.COLLECTED, _S.COMPOSING)
_UNSENT = (_S.COMPOSED, _S.APPROVED, _S.ADDRESSED, _S.BLOCKED, _S.SENDING, _S.PAUSED)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a ledger tells a monitor. All times are aware."""

    editions: Sequence[Watched]  # the newest month first
    installed_at: datetime
    last_tick: datetime | None  # None: nothing has ever looked what is due


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether all is well, and why, or why not, in short sentences."""

    well: bool
    reasons: tuple[str, ...]

    @property
    def line(self) -> str:
        """All of it on one line."""
        return "; ".join(self.reasons)


def judge(facts: Facts, rule: Rule, max_age: timedelta, now: datetime) -> Verdict:
    """Say whether an edition went out within `max_age`, and nothing is failed, in doubt or held too long.

    An installation that is younger than `max_age`, and had no edition due a day ago, is well without one.
    Deliveries that failed, or may have arrived, count for as long as their edition is the one that is
    young enough.
    """
    out = [one.out_at for one in facts.editions if one.state in _OUT and one.out_at is not None]
    overdue = _overdue(facts, rule, max(out, default=None), max_age, now)
    found = [*overdue, *_in_the_way(facts, now, overdue=bool(overdue))]
    found += _deliveries(facts, now - max_age)
    if facts.last_tick is not None and now - facts.last_tick > TICK_MOST:
        found.append(
            f"nothing has looked what is due for {ago(now - facts.last_tick)}: is the timer running?"
        )
    if found:
        return Verdict(well=False, reasons=tuple(found))
    if out:
        newest = next(one for one in facts.editions if one.out_at == max(out))
        return Verdict(well=True, reasons=(f"{newest.month} went out on {_day(max(out))}", "nothing is open"))
    due = next_due(now, rule)
    return Verdict(well=True, reasons=(f"no edition is due before {_day(due.at)} ({due.month})",))


def _overdue(facts: Facts, rule: Rule, last: datetime | None, max_age: timedelta, now: datetime) -> list[str]:
    if last is not None:
        return [] if now - last <= max_age else [f"no edition has gone out since {_day(last)}"]
    due = due_editions(now - MAKING_MOST, rule, facts.installed_at)
    if due:
        return [f"no edition has gone out yet, and {due[-1].month} was due on {_day(due[-1].at)}"]
    if now - facts.installed_at > max_age:
        return [f"no edition has gone out since the ledger was made on {_day(facts.installed_at)}"]
    return []


def _in_the_way(facts: Facts, now: datetime, *, overdue: bool) -> Iterator[str]:
    """Say what is not done; where an edition is overdue, however short a time that has been so."""
    for one in facts.editions:
        waits = now - one.since
        if one.state is _S.AWAITING_APPROVAL and (overdue or waits > HELD_MOST):
            yield f"{one.month} waits for approval since {_day(one.since)} (digest approve {one.month})"
        elif one.state in _UNMADE and (overdue or now - one.due_at > MAKING_MOST):
            why = f" ({one.setback})" if one.setback else ""
            yield f"{one.month} was due on {_day(one.due_at)} and is not made{why}"
        elif one.state is _S.FAILED:
            yield f"{one.month} could not be made ({one.setback or 'see digest status'})"
        elif one.state in _UNSENT and (overdue or waits > MAKING_MOST):
            state = one.state.value.replace("_", " ")
            yield f"{one.month} is {state} since {_day(one.since)} and not wholly out (digest status)"


def _deliveries(facts: Facts, since: datetime) -> Iterator[str]:
    for one in facts.editions:
        if one.out_at is None or one.out_at < since:
            continue
        told = [f"{n} {what}" for n, what in ((one.failed, "failed"), (one.unknown, "in doubt")) if n]
        if told:
            yield f"{one.month}: deliveries {' and '.join(told)} (digest status)"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
