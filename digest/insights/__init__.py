"""Stage 3, incidents → what only shows across them: the matrix, coverage, the leading cause group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.insights.causes import OTHER, Causes
from digest.insights.coverage import coverage_of
from digest.insights.matrix import matrix_of
from digest.model import CauseGroup, Incident, Insights, Matrix, Reading, Standing

__all__ = ["Causes", "Past", "insights_of"]

# One incident of a kind is an incident; two are something that a leader may want to hear of.
_LEADING_FROM = 2


@dataclass(frozen=True, slots=True)
class Past:
    """What the months before held: the incidents of each, oldest first, and those that still wait."""

    months: tuple[tuple[Incident, ...], ...] = ()
    waiting: tuple[Incident, ...] = ()


def insights_of(
    incidents: Sequence[Incident], readings: Sequence[Reading], past: Past, causes: Causes, now: datetime
) -> Insights:
    """Return what shows only across the month's `incidents`, beside the months before."""
    standings = {r.incident: r.standing for r in readings}
    matrix = matrix_of(incidents, past.months, causes)
    return Insights(
        matrix=matrix,
        coverage=coverage_of(incidents, standings, past.waiting, [len(m) for m in past.months], now),
        leading=_leading(incidents, matrix, causes, _stated(readings)),
        months_before=len(past.months),
        groups=tuple((i.key, causes.group_of(i.primary_cause)) for i in incidents),
    )


def _stated(readings: Sequence[Reading]) -> Mapping[str, int]:
    return {r.incident: len(r.follow_ups) for r in readings if r.standing is not Standing.WAITING_REVIEW}


def _leading(
    incidents: Sequence[Incident], matrix: Matrix | None, causes: Causes, stated: Mapping[str, int]
) -> CauseGroup | None:
    """The one commonest group; none where two share the first place, or where it is *Other*."""
    if matrix is None:
        return None
    ranked = sorted(zip(matrix.groups, matrix.totals, strict=True), key=lambda pair: -pair[1].now)
    group, count = ranked[0]
    shared = len(ranked) > 1 and ranked[1][1].now == count.now
    if group == OTHER or shared or count.now < _LEADING_FROM:
        return None
    members = [i for i in incidents if causes.group_of(i.primary_cause) == group]
    follow_ups = [f for i in members for f in i.follow_ups]
    return CauseGroup(
        group=group,
        incidents=count,
        of=len(incidents),
        follow_ups_open=sum(not f.done for f in follow_ups),
        follow_ups_closed=sum(f.done for f in follow_ups),
        # Where the tracker holds no follow-ups, those that the review's text asks for, state unknown.
        follow_ups_stated=sum(stated.get(i.key, 0) for i in members if not i.follow_ups),
    )
