"""How many incidents carry takeaways, and how long the others have waited for one."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from digest.model import Count, Coverage, Incident, Standing


def coverage_of(
    incidents: Sequence[Incident],
    standings: Mapping[str, Standing],
    earlier: Iterable[Incident],
    before: Sequence[int],
    now: datetime,
) -> Coverage:
    """Tell what the month's reviews cover, and what waits.

    Args:
        incidents: the month's.
        standings: incident key -> standing; an incident that is not there counts as without review.
        earlier: incidents of earlier months within reach that still wait.
        before: incidents counted in each earlier month, oldest first.
        now: the moment to count ages from.

    Returns:
        `oldest_days` is the age in whole days of the oldest that waits, by its resolution (else its
        start, else its record); an incident without any time has no age.
    """
    standing = [standings.get(i.key, Standing.WAITING_REVIEW) for i in incidents]
    still = list(earlier)
    waiting = [i for i, s in zip(incidents, standing, strict=True) if s is not Standing.LEARNT]
    ages = [age for i in [*waiting, *still] if (age := _age_days(i, now)) is not None]
    return Coverage(
        incidents=Count(len(incidents), tuple(before)),
        learnt=standing.count(Standing.LEARNT),
        waiting_review=standing.count(Standing.WAITING_REVIEW),
        waiting_learning=standing.count(Standing.WAITING_LEARNING),
        oldest_days=max(ages, default=None),
        earlier_waiting=len(still),
    )


def _age_days(incident: Incident, now: datetime) -> int | None:
    since = incident.resolved or incident.started or incident.created
    return None if since is None else max((now - since).days, 0)
