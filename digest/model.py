"""The vocabulary: what one stage hands to the next. All values are frozen; every time is aware.

A value that a tracker did not tell is `None` or empty, and is shown as absent, never guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import IntEnum, StrEnum
from html import escape
from statistics import median

from digest.period import Month

# What a count needs beside it before a median means anything.
MONTHS_TO_COMPARE = 3


# --- Incidents: what trackers give ---------------------------------------------------------


class Severity(IntEnum):
    """How bad an incident was; 1 is the worst. Each tracker's own words are mapped to it."""

    SEV1 = 1
    SEV2 = 2
    SEV3 = 3
    SEV4 = 4
    SEV5 = 5


class Visibility(StrEnum):
    """Who may see an incident. Only `public` ones (public within the organisation) enter an edition."""

    PUBLIC = "public"
    PRIVATE = "private"
    UNKNOWN = "unknown"


class ReviewState(StrEnum):
    """How far a review has come. `missing`: none was found."""

    MISSING = "missing"
    DRAFT = "draft"
    FINISHED = "finished"


class TextFormat(StrEnum):
    """The markup that a review is written in."""

    MARKDOWN = "markdown"
    HTML = "html"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Edit:
    """One mask put into a text: where it stands now, and how long it and the original were.

    `line` is 0-based, `column` a 0-based offset into that line of the masked text; lengths in
    characters within the line. Masks keep line breaks, so line numbers never move.
    """

    line: int
    column: int
    masked: int
    original: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a redacted text came from, so that positions name the file's own line and column."""

    first_line: int = 0  # lines of the file before the text (front matter)
    edits: tuple[Edit, ...] = ()  # ordered by line, then column

    def locate(self, line: int, column: int) -> tuple[int, int]:
        """Return the file's 1-based line and column for a 0-based place in the redacted text.

        A place inside a mask gives the place where the masked words began.
        """
        shift = 0
        for edit in self.edits:
            if edit.line != line or edit.column > column:
                continue
            if column < edit.column + edit.masked:
                column = edit.column
                break
            shift += edit.original - edit.masked
        return line + self.first_line + 1, column + shift + 1


@dataclass(frozen=True, slots=True)
class Review:
    """A post-incident review; `text` is redacted once it has been collected."""

    state: ReviewState = ReviewState.MISSING
    text: str = ""
    format: TextFormat = TextFormat.MARKDOWN
    finished: datetime | None = None
    url: str | None = None
    file: str | None = None  # as the operator would find it; None for reviews without a file
    origin: Origin = field(default_factory=Origin)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Work that a review asks for."""

    text: str
    done: bool = False
    opened: date | None = None
    closed: date | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """An unplanned loss or threat of service, as a tracker records it, with its review."""

    key: str  # unique within its tracker
    tracker: str  # the operator's name for the tracker
    title: str
    url: str | None = None
    severity: Severity | None = None
    severity_label: str | None = None  # the tracker's own word
    services: tuple[str, ...] = ()
    team: str | None = None
    primary_cause: str | None = None  # the tracker's own word
    trigger: str | None = None
    factors: tuple[str, ...] = ()  # contributing factors, the tracker's own words
    tags: tuple[str, ...] = ()
    created: datetime | None = None
    started: datetime | None = None
    detected: datetime | None = None
    resolved: datetime | None = None
    visibility: Visibility = Visibility.UNKNOWN
    people: tuple[str, ...] = ()  # to mask; empty once collected: names are never stored
    change: str | None = None  # a link to the change that took part in it
    out_of_hours: bool | None = None
    follow_ups: tuple[FollowUp, ...] = ()
    review: Review = field(default_factory=Review)
    seen_complete: datetime | None = None  # when a finished review was first collected
    masked: tuple[tuple[str, int], ...] = ()  # what redaction masked: kind and how often


@dataclass(frozen=True, slots=True)
class Problem:
    """A part that failed without failing the whole; it travels to the edition's foot.

    `subject` names a tracker, a file, an incident or a target; `detail` says what happened and,
    where somebody can, what to do. Neither holds any of the text that was being read.
    """

    stage: str  # "trackers", "takeaways", "delivery", …
    subject: str
    detail: str
    incidents_missing: bool = False  # readers must be told: incidents may be missing here


@dataclass(frozen=True, slots=True)
class Collected:
    """What the trackers gave for a month, safe to store; `collect()` made it."""

    month: Month
    incidents: tuple[Incident, ...]  # public, redacted, sorted by key
    problems: tuple[Problem, ...] = ()
    private: int = 0  # never shown to readers
    unchecked: int = 0  # left out because redaction failed on them
    sources: tuple["Source", ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """One tracker as it was read: when, how many incidents of the month, and whether it answered."""

    tracker: str
    read_at: datetime
    incidents: int
    complete: bool = True


# --- Takeaways: what reviews taught --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Takeaway:
    """One thing worth others' knowing, traced to its incident.

    `quote` is the review's own words (redacted); `text` is what is printed: see
    `digest.takeaways.extract.printed_text`. `line` and `column` are 1-based, in the review's file.
    """

    id: str  # "1421-3fa9c2": the incident's key and six hex digits of the quote's hash
    incident: str
    text: str
    quote: str
    heading: str | None
    line: int
    column: int
    score: float = 0.0  # 0..1
    reasons: tuple[str, ...] = ()
    printed: bool = True  # clears the bar
    edited: bool = False  # an editor reworded it


@dataclass(frozen=True, slots=True)
class Remark:
    """A line of a review that is not a takeaway: what went well, a factor, a follow-up."""

    incident: str
    text: str
    quote: str
    heading: str | None
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What the language check advises about some words of a review. It never rewrites."""

    rule: str  # "blame", "hindsight", "fix-like"
    line: int  # 1-based, in the review's file
    column: int
    text: str  # the words found
    why: str
    instead: str


class Standing(StrEnum):
    """What an incident's review gives an edition."""

    LEARNT = "learnt"  # finished, and carries takeaways
    WAITING_REVIEW = "waiting_review"  # no finished review
    WAITING_LEARNING = "waiting_learning"  # finished, but no takeaways in it


@dataclass(frozen=True, slots=True)
class Reading:
    """What one incident's review gave. Takeaways are in the order of their score, best first."""

    incident: str
    title: str  # the review's own title, else the incident's
    standing: Standing
    takeaways: tuple[Takeaway, ...] = ()
    went_well: tuple[Remark, ...] = ()
    lucky: tuple[Remark, ...] = ()
    factors: tuple[Remark, ...] = ()
    follow_ups: tuple[Remark, ...] = ()
    findings: tuple[Finding, ...] = ()
    dropped: tuple[tuple[str, str], ...] = ()  # words not offered as takeaways, and why
    headings: tuple[tuple[str, str], ...] = ()  # each heading and the meaning given to it
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Theme:
    """What several takeaways have in common, and one question to ask a team about it."""

    key: str
    name: str
    question: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A takeaway chosen for readers: why, and with which theme."""

    takeaway: Takeaway
    why: tuple[str, ...] = ()  # "the same learning in 2 incidents this month", "new", …
    theme: Theme | None = None
    also: tuple[str, ...] = ()  # keys of other incidents that teach the same


# --- Insights: what shows only across incidents ---------------------------------------------


@dataclass(frozen=True, slots=True)
class Count:
    """How often something happened this month, beside the months before (oldest first)."""

    now: int
    before: tuple[int, ...] = ()

    @property
    def comparable(self) -> bool:
        """Whether there are months enough to compare with."""
        return len(self.before) >= MONTHS_TO_COMPARE

    @property
    def median(self) -> float:
        """The median of the months before; an even number of them gives the mean of the middle two.

        Raises:
            statistics.StatisticsError: there are no months before.
        """
        return median(self.before)

    @property
    def low(self) -> int:
        """The least of the months before."""
        return min(self.before)

    @property
    def high(self) -> int:
        """The most of the months before."""
        return max(self.before)


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One severity of the matrix; `severity` None stands for incidents without one."""

    severity: Severity | None
    cells: tuple[Count, ...]  # one a column
    total: Count


@dataclass(frozen=True, slots=True)
class Matrix:
    """Incidents by severity (rows, worst first) and cause group (columns, most first, *Other* last)."""

    groups: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    totals: tuple[Count, ...]  # one a column
    total: Count


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the month's incidents carry takeaways, and how many wait for one."""

    incidents: Count
    learnt: int  # of this month's incidents
    waiting_review: int
    waiting_learning: int
    oldest_days: int | None  # age of the oldest that waits, over the last six months; None: none waits
    earlier_waiting: int = 0  # of the earlier months within reach


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """The month's commonest cause group, with what is being done about it (for the leadership line)."""

    group: str
    incidents: Count
    of: int
    follow_ups_open: int
    follow_ups_closed: int
    follow_ups_stated: int = 0  # asked for in a review's text, state unknown


@dataclass(frozen=True, slots=True)
class Insights:
    """What shows only across incidents."""

    matrix: Matrix | None
    coverage: Coverage
    leading: CauseGroup | None
    months_before: int  # how many earlier months the counts stand beside
    groups: tuple[tuple[str, str], ...] = ()  # incident key -> cause group


# --- The edition: one month's newsletter, before it takes a form ----------------------------


@dataclass(frozen=True, slots=True)
class Card:
    """A takeaway as readers see it."""

    id: str
    text: str
    incident: str
    incident_title: str
    url: str | None
    severity: Severity | None
    severity_label: str | None
    service: str | None
    heading: str | None
    line: int
    why: tuple[str, ...] = ()
    question: str | None = None
    theme: str | None = None
    also: tuple[str, ...] = ()
    from_month: Month | None = None  # set where the incident is of an earlier month
    edited: bool = False


@dataclass(frozen=True, slots=True)
class WentRight:
    """Something that went right, with thanks to a team where one is known."""

    text: str
    incident: str
    url: str | None
    service: str | None
    team: str | None


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One line of the classification table, in the tracker's own words."""

    key: str
    title: str
    url: str | None
    severity: Severity | None
    severity_label: str | None
    services: tuple[str, ...]
    primary_cause: str | None
    group: str
    factors: tuple[str, ...]
    tags: tuple[str, ...]
    standing: Standing


@dataclass(frozen=True, slots=True)
class HowMade:
    """How the edition was made: period, sources, counts, and what was left out."""

    collected_at: datetime
    version: str
    sources: tuple[Source, ...]
    reviews_read: int
    takeaways_found: int
    takeaways_printed: int
    unchecked: int  # incidents left out because they could not be checked
    set_aside: tuple[tuple[str, int], ...]  # why takeaways were not printed, and how many
    masked: tuple[tuple[str, int], ...]
    other_languages: int  # reviews read by their headings only
    months_before: int
    late: int = 0  # takeaways from incidents of earlier months


@dataclass(frozen=True, slots=True)
class Masthead:
    """Who it is from, and the one line of facts."""

    organisation: str
    title: str
    facts: tuple[str, ...]  # "14 incidents", "9 with takeaways", …


@dataclass(frozen=True, slots=True)
class Edition:
    """One month's newsletter. A section without anything to say is `None` or empty."""

    month: Month
    audience: str
    subject: str
    preheader: str
    masthead: Masthead
    lead: str  # a sentence or two for a month with few or no takeaways; else empty
    key_takeaways: tuple[Card, ...]
    worth_repeating: tuple[Card, ...]
    went_right: tuple[WentRight, ...]
    matrix: Matrix | None
    leadership: str
    waiting: Coverage | None
    incidents: tuple[IncidentRow, ...]
    made: HowMade
    problems: tuple[Problem, ...] = ()
    editor: str | None = None  # where readers write to
    revision: int = 0

    @property
    def quiet(self) -> bool:
        """Whether the month had no incidents, and every source could be read."""
        return not self.incidents and not any(p.incidents_missing for p in self.problems)


# --- Renderings and deliveries ---------------------------------------------------------------


# Where a page's address belongs in a rendering, until the page is out; .invalid leads nowhere (RFC 2606).
PAGE_URL = "https://page.invalid/edition"


@dataclass(frozen=True, slots=True)
class Linked:
    """The forms that link to the edition's page; `PAGE_URL` stands where its address belongs."""

    html: str
    text: str
    notice: str


@dataclass(frozen=True, slots=True)
class Rendering:
    """An edition in every form.

    Where a page is to be published, `linked` holds what is sent once it is out, and the other forms
    say that it could not be published.
    """

    month: str  # "2026-05"
    audience: str
    subject: str
    html: str
    text: str
    markdown: str
    notice: str = ""  # for chats: plain text, a line a thought
    linked: Linked | None = None

    def with_page(self, url: str) -> "Rendering":
        """Return the forms that link to the edition's page, with its address in place."""
        if self.linked is None:
            return self
        return replace(
            self,
            html=self.linked.html.replace(PAGE_URL, escape(url)),
            text=self.linked.text.replace(PAGE_URL, url),
            notice=self.linked.notice.replace(PAGE_URL, url),
            linked=None,
        )


@dataclass(frozen=True, slots=True)
class Notice:
    """Words to one person about an edition or an incident: the editor, or those who own a review."""

    key: str  # "proof:2026-05:…": the same for the same notice, however often it is tried
    to: str  # an e-mail address
    subject: str
    text: str
    attachment: tuple[str, str] | None = None  # a file's name and its HTML


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one takeaway that was found, for the editor's eyes."""

    takeaway: Takeaway
    printed: bool
    why: tuple[str, ...]  # why it ranks where it does, or why it was not printed


@dataclass(frozen=True, slots=True)
class Proof:
    """An edition with what an editor needs to judge it; never shown to readers.

    `verdicts` are best first. `findings` name incident and review file with each finding.
    """

    edition: Edition
    rendering: Rendering
    trial: bool  # composed just now and stored nowhere; else the frozen edition
    verdicts: tuple[Verdict, ...] = ()
    waiting: tuple[tuple[str, str, Standing, str | None], ...] = ()  # key, title, why, url
    findings: tuple[tuple[str, str | None, Finding], ...] = ()  # incident, file, finding
    problems: tuple[Problem, ...] = ()
    private: int = 0
    unchecked: int = 0


class DeliveryState(StrEnum):
    """Where a delivery stands; see docs/delivery.md for the state machine."""

    PENDING = "pending"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    RETRY_WAIT = "retry_wait"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Delivery:
    """An edition by a channel to a target."""

    channel: str
    target: str
    state: DeliveryState
    attempt: int = 0
    reference: str | None = None
    detail: str | None = None
    url: str | None = None  # where readers find it, once it is sent


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a channel can say of something sent: its reference there, and where to read it."""

    reference: str | None = None
    url: str | None = None


def total(counts: Sequence[Count]) -> Count:
    """Add counts up, month by month; all must stand beside the same months."""
    before = tuple(map(sum, zip(*(c.before for c in counts), strict=True)))
    return Count(sum(c.now for c in counts), before)
