"""A proof, arranged for the editor's page: the ranking, what was left out, and the sizes. Pure."""

import quopri
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.model import Problem, Proof, Rendering, Standing, Verdict

# Gmail cuts a message off where the HTML part's source passes about 102 KB, so the mail stays below.
HTML_BUDGET = 100_000

_STANDINGS = {
    Standing.WAITING_REVIEW: "no finished review",
    Standing.WAITING_LEARNING: "reviewed, but no takeaway found in it",
    Standing.LEARNT: "has takeaways",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A verdict with its place among all takeaways found, 1 for the best."""

    rank: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Group:
    """The takeaways that were not printed for one reason, best first."""

    reason: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """How large a part is, in `unit`; `limit` None where nothing limits it."""

    name: str
    now: int
    unit: str
    limit: int | None
    note: str

    @property
    def over(self) -> bool:
        """Whether it is larger than it may be."""
        return self.limit is not None and self.now > self.limit


def ranking(verdicts: Iterable[Verdict]) -> tuple[Row, ...]:
    """Number the verdicts, in their order."""
    return tuple(Row(rank, verdict) for rank, verdict in enumerate(verdicts, start=1))


def left_out(rows: Iterable[Row]) -> tuple[Group, ...]:
    """Gather what was not printed by its first reason; the largest group first, a tie by the best rank."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if not row.verdict.printed:
            reason = row.verdict.why[0] if row.verdict.why else "no reason was given"
            groups.setdefault(reason, []).append(row)
    # Stable: groups of one size stay in the order of their best takeaway.
    ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
    return tuple(Group(reason, tuple(members)) for reason, members in ordered)


def problems(proof: Proof) -> tuple[Problem, ...]:
    """Return what failed, the edition's own problems included, each once; those readers see come first."""
    every = dict.fromkeys((*proof.problems, *proof.edition.problems))
    return tuple(sorted(every, key=lambda problem: not problem.incidents_missing))


def sizes(rendering: Rendering) -> tuple[Size, ...]:
    """Measure the forms; bytes are of UTF-8."""
    html = rendering.html.encode(errors="replace")
    return (
        Size("HTML as sent", _quoted_printable(html), "bytes", HTML_BUDGET, "Gmail clips at about 102 KB"),
        Size("HTML before encoding", len(html), "bytes", None, "quoted-printable adds a few per cent"),
        Size("Text part", len(rendering.text.encode(errors="replace")), "bytes", None, "no limit"),
        Size("Markdown page", len(rendering.markdown.encode(errors="replace")), "bytes", None, "no limit"),
        Size("Subject", len(rendering.subject), "characters", None, "most phones show 40, most desktops 70"),
    )


def standing(value: Standing) -> str:
    """Return a standing in words."""
    return _STANDINGS[value]


def link(url: str | None) -> str | None:
    """Return `url` where it is safe to follow: http or https, with a host; else None."""
    if not url or not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname else None


def count(number: int, singular: str, plural: str | None = None) -> str:
    """Return "1 incident", "2 incidents"; 1,000 and more with commas."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def printed(rows: Sequence[Row]) -> int:
    """Return how many of the takeaways readers will see."""
    return sum(row.verdict.printed for row in rows)


def _quoted_printable(body: bytes) -> int:
    lines = body.splitlines(keepends=False)
    encoded = quopri.encodestring(b"\n".join(lines))
    return len(encoded) + encoded.count(b"\n")  # on the wire each line ends in two bytes
