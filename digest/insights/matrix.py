"""Severity by cause group, each count beside the months before."""

from collections import Counter
from collections.abc import Sequence

from digest.insights.causes import OTHER, Causes
from digest.model import Count, Incident, Matrix, MatrixRow, Severity

Cell = tuple[Severity | None, str]


def matrix_of(
    incidents: Sequence[Incident], history: Sequence[Sequence[Incident]], causes: Causes
) -> Matrix | None:
    """Count incidents by severity and cause group.

    Args:
        incidents: the month's.
        history: the incidents of each earlier month, oldest first; a month without any is an empty one.
        causes: how causes meet in groups.

    Returns:
        Rows worst severity first, incidents without one last; columns most incidents first, ties by
        name, `Other` last; None for a month without incidents. Severities and groups that only
        earlier months had are left out.
    """
    if not incidents:
        return None
    now = _cells(incidents, causes)
    before = [_cells(month, causes) for month in history]
    groups = _columns(now)
    severities = sorted({severity for severity, _ in now}, key=_worst_first)
    rows = tuple(_row(severity, groups, now, before) for severity in severities)
    totals = tuple(
        Count(sum(n for (_, g), n in now.items() if g == group), tuple(_of_group(m, group) for m in before))
        for group in groups
    )
    return Matrix(groups, rows, totals, Count(len(incidents), tuple(len(month) for month in history)))


def _cells(incidents: Sequence[Incident], causes: Causes) -> Counter[Cell]:
    return Counter((i.severity, causes.group_of(i.primary_cause)) for i in incidents)


def _columns(now: Counter[Cell]) -> tuple[str, ...]:
    by_group = Counter[str]()
    for (_, group), count in now.items():
        by_group[group] += count
    return tuple(sorted(by_group, key=lambda g: (g == OTHER, -by_group[g], g)))


def _row(
    severity: Severity | None,
    groups: Sequence[str],
    now: Counter[Cell],
    before: Sequence[Counter[Cell]],
) -> MatrixRow:
    cells = tuple(Count(now[severity, g], tuple(month[severity, g] for month in before)) for g in groups)
    total = Count(
        sum(cell.now for cell in cells),
        tuple(sum(n for (s, _), n in month.items() if s == severity) for month in before),
    )
    return MatrixRow(severity, cells, total)


def _of_group(month: Counter[Cell], group: str) -> int:
    return sum(count for (_, g), count in month.items() if g == group)


def _worst_first(severity: Severity | None) -> tuple[bool, int]:
    return severity is None, severity or 0
