"""One look at what is due: plan it, make it, deliver it, remind; called by a clock every few minutes.

Called twice, late, from two machines or after a restart, it does each thing once: the ledger decides.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.due import Rule, caught_up, due_editions, working_days_after
from digest.errors import DigestError, RemoteError, TemplateError
from digest.ledger import EditionLine, EditionState, HeldEdition, Ledger, Overtaken, Setback
from digest.model import Delivery
from digest.period import Month
from digest.pipeline import Outcome, SourcesMissing, proof_of, run
from digest.pipeline.approval import approve
from digest.pipeline.clock import LONGEST_GAP, ClockDoubt, check_gap, check_skew
from digest.pipeline.notices import (
    Desk,
    Trouble,
    missed_notice,
    proof_key,
    proof_notice,
    reminder_key,
    reminder_notice,
    trouble_notice,
    unread_notice,
)
from digest.pipeline.nudge import nudge_owners
from digest.pipeline.setup import Job, Progress, Stopped
from digest.pipeline.teller import Teller

__all__ = ["ClockDoubt", "Done", "tick"]

_S = EditionState
_STALLED = timedelta(hours=24)
_TO_MAKE = (_S.PLANNED, _S.COLLECTING)
_TO_DELIVER = (_S.COMPOSED, _S.APPROVED, _S.ADDRESSED, _S.SENDING, _S.PAUSED)


@dataclass(frozen=True, slots=True)
class Done:
    """What one look did, a line each, none where nothing was due; and whether something went wrong."""

    lines: tuple[str, ...] = ()
    trouble: bool = False


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
        check_gap(desk.setup, ledger, now)
    look = _Look(desk, ledger, now, progress, Teller(desk, ledger), trust_clock)
    look.plan()
    ledger.ticked(now)
    look.tell_missed()
    # What is made is sent before another is made, which may take hours; both the oldest first.
    for line in sorted(ledger.editions(), key=lambda one: (one.state in _TO_MAKE, one.month)):
        look.advance(line)
    look.told.extend(nudge_owners(desk.setup, ledger, now))
    return Done(tuple(look.told), look.teller.trouble)


def ask_editor(desk: Desk, ledger: Ledger, job: Job, held: HeldEdition) -> Done:
    """Write to the editor about an edition that a run by hand has left held, as the schedule would.

    Returns what to say of it; nothing where the config names no editor, or the editor knows.

    Raises:
        LedgerError: the ledger cannot be read or written.
    """
    teller = Teller(desk, ledger)
    editor = desk.setup.settings.editor
    if editor is None or teller.told_before(proof_key(held)):
        return Done()
    if _Look(desk, ledger, job.now, job.progress, teller).ask(job, held):
        teller.lines.append(f"{editor} was written to, with the proof.")
    return Done(tuple(teller.lines), teller.trouble)


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at what is due, and what it did."""

    desk: Desk
    ledger: Ledger
    now: datetime
    progress: Progress
    teller: Teller
    trust_clock: bool = False

    @property
    def rule(self) -> Rule:
        settings = self.desk.setup.settings
        return settings.schedule.rule(settings.timezone)

    @property
    def told(self) -> list[str]:
        return self.teller.lines

    def plan(self) -> None:
        """Give each month that fell due its row, once; what is too late is missed."""
        schedule = self.desk.setup.settings.schedule
        due = due_editions(self.now, self.rule, self.ledger.installed_at())
        for one, fresh in caught_up(due, self.now, schedule.catch_up, schedule.catch_up_days):
            if not self.ledger.plan(one.month, one.at, missed=not fresh):
                continue
            by_hand = f"digest run --month {one.month}{self.desk.option}"
            self.told.append(
                f"{one.month} is due" if fresh else f"{one.month} was missed; by hand: {by_hand}"
            )

    def tell_missed(self) -> None:
        """Tell the editor of what was missed; of each month once, whenever that works."""
        missed = [self._job(line).month for line in self.ledger.editions() if line.state is _S.MISSED]
        untold = [month for month in missed if not self.teller.told_before(f"missed:{month}")]
        if untold and self.teller.tell(lambda: missed_notice(self.desk, untold)):
            for month in untold:
                self.teller.mark(f"missed:{month}")

    def advance(self, line: EditionLine) -> None:
        """Take one edition as far as it gets now; what stops it is told to the editor, and stops no other.

        Raises:
            Stopped: the process was asked to end.
            LedgerError: what stopped it cannot be told either, as the ledger cannot be written.
        """
        job = self._job(line)
        try:
            self._step(job, line)
        except Stopped:
            raise
        except Overtaken as error:
            self.told.append(f"{job.month}: {error}")
        except SourcesMissing as error:
            self._wrong(f"{job.month}: {error}")
            problems = error.problems  # the name of an exception ends with its clause
            self.teller.tell(lambda: unread_notice(self.desk, job.month, problems))
        except DigestError as error:
            self._trouble(job, Trouble((str(error),), made=self._is_made(line)))
        except Exception as error:  # noqa: BLE001 - one month's fault is no reason to leave out the others
            words = (
                f"a fault of the program stopped it ({type(error).__name__}); to see where: "
                f"digest run --month {job.month}{self.desk.option}"
            )
            self._trouble(job, Trouble((words,), made=self._is_made(line)))

    def _step(self, job: Job, line: EditionLine) -> None:
        if line.state in _TO_MAKE:
            self._make(job)
        elif line.state is _S.AWAITING_APPROVAL:
            self._await_word(job)
        elif line.state in _TO_DELIVER:
            self._after(job, run(job, self.ledger))
        elif line.state is _S.SENT_WITH_GAPS:
            self._gaps_before(job, line)
        elif line.state is _S.FAILED:
            self._failed(job, line)

    def _make(self, job: Job) -> None:
        month = job.month.key
        if not self.ledger.begin(month):
            return  # another process makes it
        try:
            if not self.trust_clock:
                check_skew(job.setup, self.now)
            outcome = run(job, self.ledger)
        except Exception as error:
            # Where the edition was frozen all the same, this changes nothing.
            self.ledger.give_back(month, _setback(error), counts=not isinstance(error, DigestError))
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
        for problem in problems:
            self._wrong(f"{month}: {problem.subject}: {problem.detail}")
        held = self.ledger.held(month)
        if held is not None and held.state is _S.SENT_WITH_GAPS:
            self._gaps(job, held.id, outcome.deliveries)
        elif held is not None and self._stalled(held):
            self._trouble(job, Trouble(problems=problems, deliveries=outcome.deliveries))

    def _stalled(self, held: HeldEdition) -> bool:
        """Whether an edition should be out by now and is not."""
        begun = held.addressed_at
        return held.state is not _S.SENT and begun is not None and self.now - begun > _STALLED

    def _gaps(self, job: Job, edition_id: str, deliveries: tuple[Delivery, ...]) -> None:
        """Tell that an edition is out, but not to everybody."""
        self.teller.trouble = True
        trouble = Trouble(deliveries=deliveries)
        if self.teller.tell(lambda: trouble_notice(self.desk, job.month, trouble)):
            self.teller.mark(f"gaps:{edition_id}")

    def _gaps_before(self, job: Job, line: EditionLine) -> None:
        """Tell of the gaps of an earlier run, where that did not work, or ended with its process."""
        young = line.cutoff is not None and self.now - line.cutoff < LONGEST_GAP
        if young and not self.teller.told_before(f"gaps:{line.id}"):
            self._gaps(job, line.id, self.ledger.deliveries(line.id))

    def _failed(self, job: Job, line: EditionLine) -> None:
        """Tell, once, of an edition that was given up."""
        if self.teller.told_before(f"failed:{line.id}"):
            return
        words = f"it was tried five times, and each time the program itself failed ({line.setback})"
        self._trouble(job, Trouble((words,), made=False, again=False), f"failed:{line.id}")

    def _await_word(self, job: Job) -> None:
        """Write to the editor, remind, and release by silence where the config says so.

        Silence counts from when the editor was told of this very content.
        """
        held = self.ledger.held(job.month.key)
        if held is None or held.state is not _S.AWAITING_APPROVAL:
            return
        key, settings = proof_key(held), self.desk.setup.settings
        if not self.teller.told_before(key):
            self.told.append(f"{held.month} waits for approval")
            self.ask(job, held)
            return
        since = self.teller.told_at(key)
        if since is None:
            return  # nobody could be told, so nobody is silent
        goes_at = self._working_days(since, settings.approve_after)
        if goes_at is not None and self.now >= goes_at:
            approve(job, self.ledger, held.content_hash)
            self.told.append(f"{held.month}: released, as nobody objected until {goes_at:%Y-%m-%d %H:%M} UTC")
            self._after(job, run(job, self.ledger))
            return
        remind_at = self._working_days(since, settings.remind_after)
        if (
            remind_at is not None
            and self.now >= remind_at
            and not self.teller.told_before(reminder_key(held))
        ):
            self.teller.tell(lambda: reminder_notice(self.desk, held, since, goes_at))

    def ask(self, job: Job, held: HeldEdition) -> bool:
        """Send the editor the proof of a held edition; return whether that worked, now or before."""
        goes_at = self._working_days(self.now, self.desk.setup.settings.approve_after)
        return self.teller.tell(
            lambda: proof_notice(self.desk, held, proof_of(job, self.ledger).proof, goes_at)
        )

    def _trouble(self, job: Job, trouble: Trouble, mark: str = "") -> None:
        for error in trouble.errors:
            self._wrong(f"{job.month}: {error}")
        self.teller.trouble = True
        if self.teller.tell(lambda: trouble_notice(self.desk, job.month, trouble)) and mark:
            self.teller.mark(mark)

    def _wrong(self, line: str) -> None:
        self.teller.trouble = True
        self.told.append(line)

    def _is_made(self, line: EditionLine) -> bool:
        """Whether there is an edition, by its row alone: what it holds may be what is wrong."""
        return any(one.id == line.id and one.cutoff is not None for one in self.ledger.editions())

    def _working_days(self, moment: datetime, days: int | None) -> datetime | None:
        return None if days is None else working_days_after(moment, days, self.rule)

    def _job(self, line: EditionLine) -> Job:
        setup = self.desk.setup
        return Job(setup, Month.parse(line.month, setup.settings.timezone), self.now, self.progress)


def _setback(error: Exception) -> Setback:
    """Return what is remembered of why an edition was not made; of being asked to stop, nothing."""
    if isinstance(error, Stopped):
        return Setback()
    steps = {SourcesMissing: "collect", RemoteError: "collect", ClockDoubt: "clock", TemplateError: "render"}
    found = [step for kind, step in steps.items() if isinstance(error, kind)]
    usual = "compose" if isinstance(error, DigestError) else "program"
    return Setback(found[0] if found else usual, type(error).__name__)
