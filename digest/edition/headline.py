"""The subject, the preheader, the line of facts and the lead: what is read before anything else."""

from collections.abc import Sequence

from digest.model import Card, CauseGroup, Collected, Coverage
from digest.period import Month

_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SUBJECT_LIMIT = 100  # characters; most phones show 40, most desktops 70
_FEW = 3


def name_of(month: Month) -> str:
    """`May 2026`."""
    return f"{_NAMES[month.number - 1]} {month.year}"


def count_of(number: int, one: str, many: str | None = None) -> str:
    """`1 incident`, `2 incidents`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def subject_of(month: Month, cards: Sequence[Card], incidents: int, *, complete: bool = True) -> str:
    """The strongest takeaway in plain words, and the month; without one, what the month was.

    `complete`: every tracker could be read. Only then is a month without incidents called one.
    """
    name = name_of(month)
    if cards:
        room = _SUBJECT_LIMIT - len(name) - 3
        return f"{_shortened(cards[0].text, room)} · {name}"
    if incidents:
        return f"{count_of(incidents, 'incident')}, no takeaways written yet · {name}"
    if not complete:
        return f"The month's incidents could not all be read · {name}"
    return f"A month without incidents · {name}"


def preheader_of(cards: Sequence[Card], facts: Sequence[str]) -> str:
    """What the inbox shows after the subject: the second takeaway, else the facts."""
    if len(cards) > 1:
        return _shortened(cards[1].text, 140)
    return ", ".join(facts) + "."


def facts_of(coverage: Coverage, late: int, *, complete: bool = True) -> tuple[str, ...]:
    """One line of facts for the masthead; `complete` as for the subject."""
    if not coverage.incidents.now:
        facts = ["no incidents" if complete else "incidents could not be read"]
    else:
        facts = [count_of(coverage.incidents.now, "incident"), f"{coverage.learnt} with takeaways"]
    if late:
        facts.append(f"{count_of(late, 'takeaway')} from earlier months")
    return tuple(facts)


def lead_of(
    collected: Collected,
    cards: Sequence[Card],
    repeated: Sequence[Card],
    coverage: Coverage,
    *,
    unusable: bool = False,
) -> str:
    """A sentence or two where there are few takeaways or none; empty where the takeaways speak.

    `unusable`: some records could not be used, so that a month without incidents may not have been one.
    """
    missing = [s.tracker for s in collected.sources if not s.complete]
    if missing:
        return (
            f"This edition is incomplete: {_listed(missing)} could not be read, so incidents may be missing."
        )
    name = name_of(collected.month)
    if not coverage.incidents.now and unusable:
        first = f"No incidents of {name} are known, but some records could not be used."
    elif not coverage.incidents.now:
        first = f"No incidents were resolved in {name}; every tracker was read and answered."
    elif not cards:
        first = f"None of {name}'s reviews holds a takeaway yet."
    elif len(cards) < _FEW:
        first = f"{name} gave {count_of(len(cards), 'takeaway')}."
    else:
        return ""
    return f"{first} Below are earlier ones worth repeating." if repeated else first


def leadership_of(leading: CauseGroup | None, months_before: int) -> str:
    """Say what the commonest cause was, beside the months before, and what is being done; else nothing."""
    if leading is None:
        return ""
    count = leading.incidents
    tied = f"{count.now} of {count_of(leading.of, 'incident')} were tied to {leading.group.lower()}"
    beside = ""
    if count.comparable:
        spread = f"range {count.low}–{count.high}"
        beside = f" ({months_before}-month median {count.median:g}, {spread})"
    return f"{tied}{beside}.{_being_done(leading)}"


def _being_done(leading: CauseGroup) -> str:
    known = leading.follow_ups_open + leading.follow_ups_closed
    parts = []
    if known:
        parts.append(
            f"Of their {count_of(known, 'follow-up')}, {leading.follow_ups_closed} "
            f"{'is' if leading.follow_ups_closed == 1 else 'are'} done and {leading.follow_ups_open} open."
        )
    if leading.follow_ups_stated:
        stated = count_of(leading.follow_ups_stated, "follow-up")
        parts.append(f"Their reviews ask for {stated} whose state the tracker does not hold.")
    return "".join(f" {part}" for part in parts)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _shortened(text: str, limit: int) -> str:
    plain = text.rstrip(".")
    if len(plain) <= limit:
        return plain
    head = plain[: limit - 1]
    return (head[: head.rfind(" ")] if " " in head else head).rstrip(" ,;:–-") + "…"
