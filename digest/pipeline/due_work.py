"""One look at what is due: plan it, make it, deliver it, remind; called by a clock every few minutes.

Called twice, late, from two machines or after a restart, it does each thing once: the ledger decides.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.due import Rule, caught_up, due_editions, working_days_after
from digest.errors import DigestError, LedgerError, RemoteError, TemplateError
from digest.ledger import EditionLine, EditionState, HeldEdition, Ledger, Setback
from digest.model import Notice
from digest.period import Month
from digest.pipeline import Outcome, SourcesMissing, proof_of, run
from digest.pipeline.approval import approve
from digest.pipeline.notices import (
    Desk,
    Trouble,
    missed_notice,
    proof_key,
    proof_notice,
    reminder_key,
    reminder_notice,
    tell,
    trouble_notice,
    unread_notice,
)
from digest.pipeline.nudge import nudge_owners
from digest.pipeline.setup import Job, Progress, Setup, Stopped
from digest.trackers.base import Clocked

_S = EditionState
# A machine that was off longer, or whose clock is wrong: both look the same from here.
LONGEST_GAP = timedelta(days=35)
_SKEW_MOST = timedelta(days=1)
_STALLED = timedelta(hours=24)
_TO_MAKE = (_S.PLANNED, _S.COLLECTING)
_TO_DELIVER = (_S.COMPOSED, _S.APPROVED, _S.ADDRESSED, _S.SENDING, _S.PAUSED)


@dataclass(frozen=True, slots=True)
class Done:
    """What one look did, a line each, none where nothing was due; and whether something went wrong."""

    lines: tuple[str, ...] = ()
    trouble: bool = False


class ClockDoubt(DigestError):  # noqa: N818 - it says what is so
    """The clock jumped so far that nothing is made before somebody, or a tracker's clock, confirms it."""


def tick(desk: Desk, ledger: Ledger, now: datetime, progress: Progress, *, trust_clock: bool = False) -> Done:
    """Do what is due.

    Args:
        desk: the organisation's program, and how its commands are called.
        ledger: decides what was done before.
        now: the time, aware.
        progress: told of the stages of long work.
        trust_clock: somebody has looked at the clock.

    Raises:
        ClockDoubt: more than 35 days lie since the last look, and nothing says that the clock is right.
        LedgerError: the ledger cannot be read or written.
    """
    if not trust_clock:
        _check_clock(desk.setup, ledger, now)
    look = _Look(desk, ledger, now, progress)
    look.plan()
    for line in reversed(ledger.editions()):  # oldest first
        look.advance(line)
    look.told += nudge_owners(desk.setup, ledger, now)
    ledger.ticked(now)
    return Done(tuple(look.told), look.trouble)


@dataclass(slots=True)
class _Look:
    """One look at what is due, and what it did."""

    desk: Desk
    ledger: Ledger
    now: datetime
    progress: Progress
    told: list[str] = field(default_factory=list)
    trouble: bool = False

    @property
    def rule(self) -> Rule:
        settings = self.desk.setup.settings
        return settings.schedule.rule(settings.timezone)

    def plan(self) -> None:
        """Give each month that fell due its row, once; what is too late is missed, and the editor told."""
        schedule = self.desk.setup.settings.schedule
        due = due_editions(self.now, self.rule, self.ledger.installed_at())
        missed: list[Month] = []
        for one, fresh in caught_up(due, self.now, schedule.catch_up, schedule.catch_up_days):
            if not self.ledger.plan(one.month, one.at, missed=not fresh):
                continue
            by_hand = f"digest run --month {one.month}"
            self.told.append(
                f"{one.month} is due" if fresh else f"{one.month} was missed; by hand: {by_hand}"
            )
            missed += [] if fresh else [one.month]
        if missed:
            self._tell(missed_notice(self.desk, missed))

    def advance(self, line: EditionLine) -> None:
        """Take one edition as far as it gets now; what stops it is told to the editor."""
        job = self._job(line)
        try:
            if line.state in _TO_MAKE:
                self._make(job)
            elif line.state is _S.AWAITING_APPROVAL:
                self._await_word(job)
            elif line.state in _TO_DELIVER:
                self._after(job, run(job, self.ledger))
            elif line.state is _S.FAILED:
                self._trouble(job, Trouble((f"it could not be made ({line.setback})",), made=False))
        except (LedgerError, Stopped):
            raise
        except SourcesMissing as error:
            self.trouble = True
            self.told.append(f"{job.month}: {error}")
            self._tell(unread_notice(self.desk, job.month, error.problems))
        except DigestError as error:
            self._trouble(job, Trouble((str(error),), made=self.ledger.held(line.month) is not None))

    def _make(self, job: Job) -> None:
        month = job.month.key
        if not self.ledger.begin(month):
            return  # another process makes it
        try:
            outcome = run(job, self.ledger)
        except DigestError as error:
            # Where the edition was frozen all the same, this changes nothing.
            self.ledger.give_back(month, Setback(_step(error), type(error).__name__))
            raise
        self.told.append(f"{month} was made")
        self._after(job, outcome)

    def _after(self, job: Job, outcome: Outcome) -> None:
        """Say what a run did, and tell the editor what needs somebody."""
        month = job.month.key
        if outcome.left:
            self.told.append(f"{month}: made again without {outcome.left} that may no longer be shown")
        if outcome.awaits_approval:
            self._await_word(job)
            return
        if outcome.sent:
            self.told.append(f"{month}: {outcome.sent} sent")
        if outcome.waits_until is not None:
            until = f"{outcome.waits_until:%Y-%m-%d %H:%M} UTC"
            self.told.append(f"{month}: chats and mails wait for the page until {until}")
        problems = tuple(problem for problem in outcome.problems if problem.stage == "delivery")
        self.told += [f"{month}: {problem.subject}: {problem.detail}" for problem in problems]
        self.trouble = self.trouble or bool(problems)
        held = self.ledger.held(month)
        if held is not None and self._in_trouble(held):
            self._trouble(job, Trouble(problems=problems, deliveries=outcome.deliveries))

    def _in_trouble(self, held: HeldEdition) -> bool:
        """Whether an edition is out with gaps, or should be out by now and is not."""
        stalled = held.addressed_at is not None and self.now - held.addressed_at > _STALLED
        return held.state is _S.SENT_WITH_GAPS or (held.state is not _S.SENT and stalled)

    def _await_word(self, job: Job) -> None:
        """Write to the editor, remind, and release by silence where the config says so."""
        held = self.ledger.held(job.month.key)
        if held is None or held.state is not _S.AWAITING_APPROVAL:
            return
        settings = self.desk.setup.settings
        goes_at = self._working_days(held.cutoff, settings.approve_after)
        if goes_at is not None and self.now >= goes_at:
            approve(job, self.ledger)
            self.told.append(f"{held.month}: released, as nobody objected until {goes_at:%Y-%m-%d %H:%M} UTC")
            self._after(job, run(job, self.ledger))
            return
        editor = settings.editor or ""
        if not _told_before(self.ledger, proof_key(held), editor):
            self.told.append(f"{held.month} waits for approval")
            self._tell(proof_notice(self.desk, held, proof_of(job, self.ledger).proof, goes_at))
        remind_at = self._working_days(held.cutoff, settings.remind_after)
        due = remind_at is not None and self.now >= remind_at
        if due and not _told_before(self.ledger, reminder_key(held), editor):
            self._tell(reminder_notice(self.desk, held, held.cutoff, goes_at))

    def _trouble(self, job: Job, trouble: Trouble) -> None:
        self.trouble = True
        self.told += [f"{job.month}: {error}" for error in trouble.errors]
        self._tell(trouble_notice(self.desk, job.month, trouble))

    def _tell(self, notice: Notice) -> None:
        problem = tell(notice, self.desk.setup.channels, self.ledger)
        if problem is not None:
            self.trouble = True
            self.told.append(f"{problem.subject}: {problem.detail}")

    def _working_days(self, moment: datetime, days: int | None) -> datetime | None:
        return None if days is None else working_days_after(moment, days, self.rule)

    def _job(self, line: EditionLine) -> Job:
        setup = self.desk.setup
        return Job(setup, Month.parse(line.month, setup.settings.timezone), self.now, self.progress)


def _told_before(ledger: Ledger, key: str, to: str) -> bool:
    return any(ledger.notice_sent_at(one, to) for one in (key, f"nobody told: {key}"))


def _step(error: DigestError) -> str:
    if isinstance(error, SourcesMissing | RemoteError):
        return "collect"
    return "render" if isinstance(error, TemplateError) else "compose"


def _check_clock(setup: Setup, ledger: Ledger, now: datetime) -> None:
    """Refuse to act on a clock that jumped, unless a tracker's own clock says the same.

    Raises:
        ClockDoubt: it jumped further than any month is long, and no tracker confirms it.
    """
    last = ledger.last_tick()
    if last is None or now - last <= LONGEST_GAP:
        return
    for tracker in setup.trackers:
        if isinstance(tracker, Clocked):
            try:
                there = tracker.server_time()
            except RemoteError:
                continue
            if there is not None and abs(there - now) <= _SKEW_MOST:
                return
    raise ClockDoubt(
        f"nobody has looked what is due since {last:%Y-%m-%d}, and this machine says that it is "
        f"{now:%Y-%m-%d}. If that is right: digest run --due --trust-clock; if not, set the clock"
    )
