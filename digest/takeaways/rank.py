"""Which takeaways a reader sees: useful, new, not all alike, not all of one incident, not all severe.

Greedy: each pick has the greatest score plus reach plus novelty, less what it shares with the picks before
(maximal marginal relevance: Carbonell, Goldstein 1998, https://doi.org/10.1145/290941.291025).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from digest.model import MONTHS_TO_COMPARE, Choice, Incident, Reading, Severity, Takeaway, Theme
from digest.takeaways.history import History, Past, history_of
from digest.takeaways.lexicon import Lexicon
from digest.takeaways.reading import incident_words
from digest.takeaways.themes import Gist, gist_of, same_gist, theme_of

_NEAR_THE_BAR = 0.5  # of the bar: what is further below is not told of; most of a review is no takeaway
_ORDINALS = (
    "",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
)


@dataclass(frozen=True, slots=True)
class Ranking:
    """What was chosen, best first, and what was passed over, each with why."""

    chosen: tuple[Choice, ...]
    passed_over: tuple[tuple[Takeaway, str], ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A takeaway that may be chosen, with what its rank rests on."""

    takeaway: Takeaway
    gist: Gist
    theme: Theme | None
    severity: Severity | None
    hindsight: bool
    also: tuple[str, ...] = ()  # other incidents that teach the same, sorted
    gain: float = 0.0  # reach and novelty, whatever else is chosen
    why: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[bool, float, str, int, int, str]:
        """Best first: hindsight last; score; then incident, line, column, id."""
        t = self.takeaway
        return self.hindsight, -t.score, t.incident, t.line, t.column, t.id


def choose(
    readings: Iterable[Reading],
    incidents: Iterable[Incident],
    past: Iterable[Past],
    lexicon: Lexicon,
    *,
    count: int = 5,
) -> tuple[Choice, ...]:
    """Choose up to `count` takeaways for readers, best first; see `rank`."""
    return rank(readings, incidents, past, lexicon, count=count).chosen


def rank(
    readings: Iterable[Reading],
    incidents: Iterable[Incident],
    past: Iterable[Past],
    lexicon: Lexicon,
    *,
    count: int = 5,
) -> Ranking:
    """Choose up to `count` of the takeaways that clear the bar, and say why each other was passed over.

    Args:
        readings: this edition's.
        incidents: those that the readings are of; where one is missing, its severity counts as unknown.
        past: takeaways of the twelve months before.
        lexicon: weights and themes.
        count: at most so many; fewer where fewer clear the bar. Never padded.

    Returns:
        The choice, and what was passed over but for lines far below the bar.
        At most `per_incident` from one incident, nothing twice, one place kept for a small incident,
        hindsight only where nothing else is left. Ties go to the better score, then by incident,
        line and column.
    """
    found = [takeaway for reading in readings for takeaway in reading.takeaways]
    worth_telling = lexicon.ranking.bar * _NEAR_THE_BAR
    refused = [(t, _refusal(t, lexicon)) for t in found if not t.printed and t.score >= worth_telling]
    entries = _entries([t for t in found if t.printed], {i.key: i for i in incidents}, lexicon)
    merged, repeats = _merged(entries)
    weighed = _weighed(merged, entries, history_of(past, lexicon), lexicon)
    chosen = _greedy(weighed, lexicon, count)
    left = [(e.takeaway, _why_left(e, chosen, lexicon)) for e in weighed if e not in chosen]
    picks = tuple(Choice(e.takeaway, e.why, e.theme, e.also) for e in chosen)
    return Ranking(picks, (*left, *repeats, *refused))


def explain(choice: Choice) -> str:
    """Say in one line why a takeaway ranks where it does: its reach, its score and what that rests on."""
    parts = [*choice.why, f"score {choice.takeaway.score:.2f}", *choice.takeaway.reasons]
    return "; ".join(parts)


def _refusal(takeaway: Takeaway, lexicon: Lexicon) -> str:
    aside = lexicon.ranking.set_aside
    for reason in takeaway.reasons:
        if reason in {aside.blame, aside.fix_like}:
            return reason
    bar = lexicon.ranking.bar
    return (
        f"below the bar ({takeaway.score:.2f} of {bar:.2f})" if takeaway.score < bar else takeaway.reasons[0]
    )


def _entries(
    takeaways: Iterable[Takeaway], incidents: Mapping[str, Incident], lexicon: Lexicon
) -> tuple[_Entry, ...]:
    entries = []
    for takeaway in takeaways:
        incident = incidents.get(takeaway.incident)
        theme = theme_of(takeaway.text, incident_words(incident) if incident else "", lexicon.themes)
        gist = gist_of(takeaway.text, theme, lexicon.themes)
        hindsight = lexicon.ranking.hindsight in takeaway.reasons
        entries.append(_Entry(takeaway, gist, theme, incident.severity if incident else None, hindsight))
    return tuple(sorted(entries, key=lambda e: e.order))


def _merged(entries: Sequence[_Entry]) -> tuple[list[_Entry], list[tuple[Takeaway, str]]]:
    """Let the best of those that say the same stand for all."""
    kept: list[_Entry] = []
    repeats: list[tuple[Takeaway, str]] = []
    for entry in entries:
        at = next((n for n, other in enumerate(kept) if same_gist(other.gist, entry.gist)), None)
        if at is None:
            kept.append(entry)
            continue
        first = kept[at]
        others = {*first.also, entry.takeaway.incident} - {first.takeaway.incident}
        kept[at] = replace(first, also=tuple(sorted(others)))
        repeats.append((entry.takeaway, f"says the same as {first.takeaway.id}"))
    return kept, repeats


def _weighed(
    merged: Iterable[_Entry], entries: Iterable[_Entry], history: History, lexicon: Lexicon
) -> list[_Entry]:
    """Add to each what does not depend on the other picks: reach and novelty."""
    reach: dict[str, set[str]] = {}
    for entry in entries:
        if entry.theme:
            reach.setdefault(entry.theme.key, set()).add(entry.takeaway.incident)
    weighed = []
    for entry in merged:
        key = entry.theme.key if entry.theme else ""
        now, before = len(reach.get(key, ())), len(history.incidents.get(key, ()))
        again = next((m for m, g in history.printed.get(key, ()) if same_gist(g, entry.gist)), None)
        gain = _gain(
            now, before, again=again is not None, new=_is_new(entry, before, history), lexicon=lexicon
        )
        weighed.append(replace(entry, gain=gain, why=_why(entry, now, before, again, history)))
    return weighed


def _is_new(entry: _Entry, before: int, history: History) -> bool:
    return entry.theme is not None and not before and history.months >= MONTHS_TO_COMPARE


def _gain(now: int, before: int, *, again: bool, new: bool, lexicon: Lexicon) -> float:
    weights = lexicon.ranking.choice
    reach = weights.reach_month.weight * max(now - 1, 0) + weights.reach_year.weight * before
    gain = min(reach, weights.reach_most.weight)
    return gain + weights.novel.weight * new + weights.repeated.weight * again


def _why(entry: _Entry, now: int, before: int, again: str | None, history: History) -> tuple[str, ...]:
    why = []
    theme = entry.theme.name[:1].lower() + entry.theme.name[1:] if entry.theme else ""
    if entry.also:
        why.append(f"the same learning in {len(entry.also) + 1} incidents")
    if now > len(entry.also) + 1:
        why.append(f"{theme}: in {now} incidents of this edition")
    if again:
        why.append(f"learnt again: first printed in {again}")
    if before:
        why.append(f"{theme}: {_ordinal(before + now)} time in 12 months")
    elif _is_new(entry, before, history):
        why.append("new")
    return tuple(why)


def _ordinal(number: int) -> str:
    if number < len(_ORDINALS):
        return _ORDINALS[number]
    last, teen = number % 10, number % 100 // 10 == 1
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th')}"


def _greedy(entries: Sequence[_Entry], lexicon: Lexicon, count: int) -> list[_Entry]:
    chosen: list[_Entry] = []
    while len(chosen) < count:
        open_to = [e for e in entries if e not in chosen and _has_room(e, chosen, lexicon)]
        open_to = [e for e in open_to if not e.hindsight] or open_to
        if chosen and len(chosen) == count - 1:
            open_to = _last_place(open_to, chosen, lexicon)
        if not open_to:
            break
        chosen.append(min(open_to, key=lambda e: (-round(_relevance(e, chosen, lexicon), 6), e.order)))
    return chosen


def _last_place(open_to: list[_Entry], chosen: Sequence[_Entry], lexicon: Lexicon) -> list[_Entry]:
    """Keep the last place for a small incident, else for another incident, where the picks lack one."""
    if not any(_is_minor(e, lexicon) for e in chosen):
        minor = [e for e in open_to if _is_minor(e, lexicon)]
        if minor:
            return minor
    if len({e.takeaway.incident for e in chosen}) == 1:
        elsewhere = [e for e in open_to if e.takeaway.incident != chosen[0].takeaway.incident]
        return elsewhere or open_to
    return open_to


def _is_minor(entry: _Entry, lexicon: Lexicon) -> bool:
    return entry.severity is not None and entry.severity >= lexicon.ranking.minor_from


def _has_room(entry: _Entry, chosen: Iterable[_Entry], lexicon: Lexicon) -> bool:
    same = sum(e.takeaway.incident == entry.takeaway.incident for e in chosen)
    return same < lexicon.ranking.per_incident


def _relevance(entry: _Entry, chosen: Iterable[_Entry], lexicon: Lexicon) -> float:
    weights = lexicon.ranking.choice
    score = entry.takeaway.score + entry.gain
    for other in chosen:
        if entry.theme and other.theme and entry.theme.key == other.theme.key:
            score += weights.same_theme.weight
        if entry.takeaway.incident == other.takeaway.incident:
            score += weights.same_incident.weight
    return score


def _why_left(entry: _Entry, chosen: Sequence[_Entry], lexicon: Lexicon) -> str:
    if not _has_room(entry, chosen, lexicon):
        return f"{lexicon.ranking.per_incident} from this incident were chosen"
    if entry.hindsight:
        return lexicon.ranking.hindsight
    if any(e.theme and entry.theme and e.theme.key == entry.theme.key for e in chosen):
        return "stronger ones were chosen, one of them on the same theme"
    return "stronger ones were chosen"
