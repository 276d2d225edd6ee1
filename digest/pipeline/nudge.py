"""Asks those who own reviews, privately, what was learnt: in working hours, each at most once a fortnight.

What was asked is no edition, so nothing here is stored or counted anywhere; the ledger remembers only
whom it wrote to, and when. Trackers are asked only whether an incident may still be shown. One that still
waits is named again the next time.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from digest.config.nudge import Nudge, Owner, named
from digest.delivery.base import MAIL, Context, Handover, Writing
from digest.delivery.chats.slack import Settings as SlackSettings
from digest.delivery.chats.slack import SlackChannel
from digest.due import in_hours
from digest.edition.headline import count_of
from digest.errors import ConfigError, DigestError, LedgerError
from digest.ledger import Ledger
from digest.model import Notice, Problem, Receipt, Rendering
from digest.period import Month
from digest.pipeline.notices import STAGE, tell, written
from digest.pipeline.setup import Setup, Stopped
from digest.pipeline.waiting import Waiting, still_visible, waiting

KEY = "nudge"
_TODAY = "nudge: looked today"
_NO_WRITER = "nobody can be written to: the config lacks a channel of the kind smtp"
_ONCE_A_DAY = timedelta(hours=20)
_ROOM, _PATIENCE_S = "the owner's chat", 60.0
# A letter of more is put away for later; a chat cuts what is longer than thirty lines.
_MOST_MAIL, _MOST_CHAT = 10, 4


@dataclass(frozen=True, slots=True)
class Ask:
    """What one owner is to be asked about, in the order of `waiting`."""

    owner: Owner
    teams: tuple[str, ...]  # as the trackers name them; none where an incident names no team
    incidents: tuple[Waiting, ...]

    @property
    def name(self) -> str:
        """The owner as people may read it: an address, or the teams whose chat it is; never a webhook."""
        return self.owner.mail or f"the chat of {', '.join(self.teams) or 'incidents without a team'}"

    @property
    def target(self) -> str:
        """What the ledger knows the owner by; see `target_of`."""
        return target_of(self.owner)


@dataclass(frozen=True, slots=True)
class Plan:
    """Who is to be asked, and the teams for which nobody is named; None stands for no team."""

    asks: tuple[Ask, ...]
    unowned: tuple[tuple[str | None, tuple[Waiting, ...]], ...]


class Fate(StrEnum):
    """What became of asking one owner."""

    ASKED = "asked"
    BEFORE = "asked before"  # too short ago
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Asked:
    """One owner: what became of asking, when it was asked before, what failed."""

    ask: Ask
    fate: Fate
    again_from: datetime | None = None  # with BEFORE
    problem: Problem | None = None


def target_of(owner: Owner) -> str:
    """Return what the ledger knows an owner by, in any spelling; a webhook is a secret, and is hashed."""
    if owner.slack is None:
        return (owner.mail or "").casefold()
    return f"slack:{hashlib.sha256(owner.slack.get_secret_value().encode()).hexdigest()}"


def plan_of(incidents: Iterable[Waiting], nudge: Nudge) -> Plan:
    """Group incidents by who owns them; owners and teams in the order in which they first come."""
    owned: dict[str, list[tuple[Owner, Waiting]]] = {}
    unowned: dict[str, list[Waiting]] = {}
    for one in incidents:
        owner = nudge.owner_of(one.team)
        if owner is None:
            unowned.setdefault(named(one.team or ""), []).append(one)
        else:
            owned.setdefault(target_of(owner), []).append((owner, one))
    asks = tuple(_ask(group) for group in owned.values())
    return Plan(asks, tuple((group[0].team, tuple(group)) for group in unowned.values()))


def _ask(group: Sequence[tuple[Owner, Waiting]]) -> Ask:
    teams = {named(one.team): one.team for _, one in reversed(group) if one.team}
    return Ask(group[0][0], tuple(sorted(teams.values())), tuple(one for _, one in group))


def letter_of(setup: Setup, ledger: Ledger, nudge: Nudge, ask: Ask, now: datetime) -> Notice:
    """Return the words to one owner, wrapped for a mail, or in whole lines for a chat.

    Raises:
        TemplateError: the template is wrong.
    """
    settings, in_chat = setup.settings, ask.owner.slack is not None
    shown = ask.incidents[: _MOST_CHAT if in_chat else _MOST_MAIL]
    write = setup.renderer.note if in_chat else setup.renderer.notice
    subject, text = write(
        "nudge",
        title=settings.title,
        editor=settings.editor,
        zone=settings.timezone,
        teams=ask.teams,
        incidents=shown,
        more=len(ask.incidents) - len(shown),
        quoted=any(one.candidates for one in shown),
        read_at=ledger.previous_cutoff(Month.of(now, settings.timezone).key),
        every_days=nudge.every_days,
    )
    return Notice(KEY, ask.owner.mail or ask.target, subject, text)


def ask_owners(setup: Setup, ledger: Ledger, nudge: Nudge, plan: Plan, now: datetime) -> tuple[Asked, ...]:
    """Write to each owner of a plan who was not written to too short ago; one that fails stops no other.

    The trackers are asked first: what turned private since it was collected is named to nobody.
    """
    due = [ask for ask in plan.asks if asked_before(ledger, nudge, ask, now) is None]
    visible, silent = still_visible(setup, (one for ask in due for one in ask.incidents), now)
    asked, withheld = list[Ask](), list[Ask]()
    for ask in plan.asks:
        kept = tuple(one for one in ask.incidents if ask not in due or one in visible)
        (asked if kept else withheld).append(replace(ask, incidents=kept or ask.incidents))
    results = (_asked(setup, ledger, nudge, ask, now) for ask in asked)
    return (*results, *_withheld(withheld, silent))


def _withheld(asks: Iterable[Ask], silent: Sequence[Problem]) -> Iterator[Asked]:
    """Yield those who were not asked as a tracker did not answer; what is gone is no matter for anybody."""
    for ask in asks:
        trackers = {one.tracker for one in ask.incidents}
        for problem in [one for one in silent if one.subject in trackers][:1]:
            detail = f"not asked, as {problem.subject} does not say what may still be shown: {problem.detail}"
            yield Asked(ask, Fate.FAILED, problem=Problem(STAGE, ask.name, detail))


def asked_before(ledger: Ledger, nudge: Nudge, ask: Ask, now: datetime) -> datetime | None:
    """Return from when on an owner may be asked again; None: now."""
    at = ledger.notice_sent_at(KEY, ask.target)
    again = None if at is None else at + timedelta(days=nudge.every_days)
    return again if again is not None and again > now else None


def _asked(setup: Setup, ledger: Ledger, nudge: Nudge, ask: Ask, now: datetime) -> Asked:
    again = asked_before(ledger, nudge, ask, now)
    if again is not None:
        return Asked(ask, Fate.BEFORE, again)
    if ask.owner.slack is None and not any(isinstance(one, Writing) for one in setup.channels):
        return Asked(ask, Fate.FAILED, problem=Problem(STAGE, ask.name, _NO_WRITER))
    every = timedelta(days=nudge.every_days)
    try:
        letter = letter_of(setup, ledger, nudge, ask, now)
        if ask.owner.slack is None:
            problem = tell(letter, setup.channels, ledger, every)
        else:
            problem = written(letter, _Chat(ask), ledger, every)
    except (LedgerError, Stopped):
        raise
    except DigestError as error:
        problem = Problem(STAGE, ask.name, f"could not be asked: {error}")
    if problem is None:
        return Asked(ask, Fate.ASKED)
    return Asked(ask, Fate.FAILED, problem=replace(problem, subject=ask.name))


@dataclass(frozen=True, slots=True)
class _Chat:
    """An owner's chat, as something that can be written to."""

    ask: Ask

    def write(self, notice: Notice) -> Receipt:
        """Post it as a chat note is posted, with the same guards against mentions; see `Writing.write`."""
        try:
            settings = SlackSettings.model_validate({"webhook": self.ask.owner.slack, "room": _ROOM})
        except ValueError:
            raise ConfigError("nudge teams", "a `slack` is no address of an incoming webhook") from None
        channel = SlackChannel("nudge", settings, Context(Path(), patience_s=_PATIENCE_S))
        note = f"{notice.subject}\n\n{notice.text}"
        rendering = Rendering("", "all", notice.subject, "", notice.text, "", note)
        try:
            return channel.send(rendering, _ROOM, Handover(KEY, lambda: None))
        finally:
            channel.close()


def may_ask(setup: Setup, nudge: Nudge, now: datetime) -> bool:
    """Return whether it is working hours: on a working day of the schedule's, in the config's hours."""
    rule = setup.settings.schedule.rule(setup.settings.timezone)
    zone = nudge.timezone or rule.zone
    return in_hours(now, replace(rule, zone=zone), *nudge.hours)


def nudge_owners(setup: Setup, ledger: Ledger, now: datetime) -> tuple[str, ...]:
    """Ask whom there is to ask; called as often as anybody likes, it looks once a day, in working hours.

    Returns a line for each owner who was asked or could not be; none where the config has no `nudge`.

    Raises:
        LedgerError: the ledger cannot be read or written.
    """
    nudge = setup.settings.nudge
    if nudge is None or not may_ask(setup, nudge, now) or not ledger.take_notice(_TODAY, "", _ONCE_A_DAY):
        return ()
    try:
        plan = plan_of(waiting(setup, ledger, now, nudge.wait_days), nudge)
        results = ask_owners(setup, ledger, nudge, plan, now)
    finally:
        ledger.settle_notice(_TODAY, "", sent=True)
    return tuple(line_of(one, by_mail=mails(setup)) for one in results if one.fate is not Fate.BEFORE)


def line_of(asked: Asked, *, by_mail: bool = True) -> str:
    """Return what is said of one owner to the operator."""
    name, about = asked.ask.name, count_of(len(asked.ask.incidents), "incident")
    if asked.problem is not None:
        return f"{name}: {asked.problem.detail}"
    if asked.again_from is not None:
        return f"{name} was asked before; again from {asked.again_from:%Y-%m-%d} on"
    into = "" if by_mail or asked.ask.owner.slack else ", as a file: no channel of the config sends mail"
    return f"asked {name} about {about}{into}"


def mails(setup: Setup) -> bool:
    """Return whether owners are written to by mail; otherwise into files."""
    return any(isinstance(one, Writing) and one.order == MAIL for one in setup.channels)
