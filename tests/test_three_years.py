"""Three years in simulated time: a tracker, a mail server and a git remote that fail now and then.

The clock, and what goes wrong when, come from a seed; the servers are real ones on loopback but for
the tracker, which is a stand-in that holds to the API. What has to hold: every month has its edition,
its page and its mails, once.
"""

import email
import gc
import random
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from servers.git_remote import GitRemote, git_remote
from servers.github_server import GitHubServer
from servers.mail_server import PASSWORD, USER, MailServer, mail_server

from digest.assemble import assemble
from digest.config import load
from digest.delivery.deliver import Pace
from digest.ledger import EditionState, Ledger
from digest.period import Month
from digest.pipeline import Job, Progress, Setup, Silent
from digest.pipeline.approval import approve
from digest.pipeline.due_work import tick
from digest.pipeline.notices import Desk

if TYPE_CHECKING:
    from email.message import EmailMessage

    from digest.trackers.github import GitHubTracker

FIRST, YEARS = Month(2024, 1, "Europe/Lisbon"), 3
MONTHS = [FIRST.shift(n) for n in range(12 * YEARS)]
READERS = ("ana@example.org", "ben@example.org", "eva@example.org")
EDITOR = "editor@example.org"
CONFIG = """\
organisation: Example Rail
timezone: Europe/Lisbon
editor: {editor}
history: 3
approval: first
schedule: {{working_day: 2, time: "09:30", country: PT, catch_up: all}}
trackers:
  - name: incidents
    kind: github
    repository: acme/incidents
    url: {github}
    token: ${{GH}}
    visibility: public
channels:
  - {{name: wiki, kind: git, url: "{wiki}", token: "${{WIKI}}", page_url: "https://wiki.example.org/{{page}}"}}
  - name: mail
    kind: smtp
    host: localhost
    port: {port}
    ca_file: {ca_file}
    username: {user}
    password: ${{MAIL}}
    sender: Learning Digest <learning@example.org>
    recipients: [{readers}]
"""
LESSONS = (
    "A cache without a limit fills the disk at night, because nothing ever removes what is old.",
    "An alert that watches the old queue stays silent when the new one stops, so nobody is paged.",
    "A certificate without an owner expires, since the reminder goes to a mailbox that nobody reads.",
    "Retries without a bound turn one slow server into a storm that takes down its neighbours.",
)


class Killed(BaseException):
    """The process ended, at this very moment."""


class World:
    """The clock, the servers, and the organisation whose program runs among them."""

    def __init__(self, folder: Path, seed: int, servers: tuple[GitHubServer, GitRemote, MailServer]) -> None:
        self.now = FIRST.start.astimezone(UTC) + timedelta(days=9)
        self.dice = random.Random(seed)  # noqa: S311 - for faults, not for secrets
        self.github, self.wiki, self.mail = servers
        self.file = folder / "digest.yaml"
        self.kills = 0
        self.programs: dict[int, Setup] = {}
        self.answered = 0  # so many mails were looked at
        self.file.write_text(
            CONFIG.format(
                editor=EDITOR,
                github=self.github.url,
                wiki=self.wiki.url,
                port=self.mail.port,
                ca_file=self.mail.ca_file,
                user=USER,
                readers=", ".join(READERS),
            )
        )
        self._incidents()

    def ledger(self) -> Ledger:
        return Ledger.open(self.file.parent / "digest.db", clock=lambda: self.now)

    def program(self, number: int = 0) -> Setup:
        """Return a program as it was put together at its start; its trackers live in the simulated time."""
        if number not in self.programs:
            # To compile the templates each time would test nothing; a look that makes an edition does.
            made = assemble(load(self.file), rendering=False, patience_s=0.01)
            gc.unfreeze()
            github = replace(cast("GitHubTracker", made.trackers[0]), clock=self._clock)
            self.programs[number] = replace(made, trackers=(github,), pace=Pace(pauses_s=()))
        return self.programs[number]

    def look(self, progress: Progress, number: int = 0) -> None:
        """Let a program look what is due with a ledger newly opened; one that is killed is started anew."""
        setup, ledger = self.program(number), self.ledger()
        try:
            tick(Desk(setup), ledger, self.now, progress, trust_clock=True)
        except Killed:
            self.kills += 1  # nothing is closed, nothing is given back
            ledger.dispose()
            del self.programs[number]
        else:
            ledger.close()

    def _clock(self) -> float:
        return self.now.timestamp()

    def weather(self) -> None:
        """Let servers fail, and come back."""
        self.github.down = self.dice.random() < 0.25
        self.wiki.down = self.dice.random() < 0.25
        self.mail.down = self.dice.random() < 0.25

    def editor_answers(self) -> None:
        """Approve what the editor was written about, as the mail says."""
        new = self.mail.taken[self.answered :]
        self.answered += len(new)
        for recipient, mail in new:
            asked = re.search(r"^ *digest approve (\d{4}-\d{2})", text_of(mail), re.MULTILINE)
            if recipient != EDITOR or not asked:
                continue
            with self.ledger() as ledger:
                held = ledger.held(asked[1])
                if held is not None and held.state is EditionState.AWAITING_APPROVAL:
                    approve(Job(self.program(), Month.parse(asked[1]), self.now, Silent()), ledger)

    def times(self) -> Iterator[datetime]:
        """Yield when somebody looks: every few hours, with days off, and closer where editions are due."""
        end = MONTHS[-1].shift(2).start.astimezone(UTC) + timedelta(days=12)
        while self.now < end:
            yield self.now
            busy = self.now.day <= 6
            self.now += timedelta(
                minutes=self.dice.randint(30, 1200) if busy else self.dice.randint(2000, 9000)
            )
            if self.dice.random() < 0.01:
                self.now += timedelta(days=self.dice.randint(2, 20))  # the machine was off

    def _incidents(self) -> None:
        for n, month in enumerate(MONTHS):
            for k in range(1 + n % 3):
                closed = month.start.astimezone(UTC) + timedelta(days=3 + 7 * k, hours=n % 20)
                lesson = f"{LESSONS[(n + k) % 4][:-1]}, in case {n}.{k}."
                body = f"# Outage {n}.{k}\n\n## Lessons learned\n\n- {lesson}\n"
                labels = ("incident", f"sev{1 + (n + k) % 4}")
                self.github.add(f"Outage {n}.{k}", body, labels, closed=closed)


class Doom:
    """Progress that ends the process at some stage or count, now and then."""

    def __init__(self, dice: random.Random, odds: float) -> None:
        self.dice, self.odds = dice, odds

    def stage(self, words: str) -> None:  # noqa: ARG002 - it does not listen
        if self.dice.random() < self.odds:
            raise Killed

    def count(self, done: int, total: int) -> None:  # noqa: ARG002 - it does not listen
        if self.dice.random() < self.odds:
            raise Killed


@contextmanager
def world(folder: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    github = GitHubServer()
    with (
        github,
        git_remote(folder / "remote") as remote,
        mail_server(folder) as mail,
    ):
        for name, value in (("GH", github.token), ("WIKI", remote.token), ("MAIL", PASSWORD)):
            monkeypatch.setenv(name, value)
        made = World(folder, seed, (github, remote, mail))
        github.now = lambda: made.now
        yield made


def text_of(mail: bytes) -> str:
    message = cast("EmailMessage", email.message_from_bytes(mail, policy=default))
    part = message.get_body(("plain",))
    return part.get_content() if part else ""


def check(made: World) -> None:
    """Every month has its edition, its page and its mails, once; and they belong together."""
    with made.ledger() as ledger:
        lines = {line.month: line for line in ledger.editions()}
        unknown = [
            d for line in lines.values() for d in ledger.deliveries(line.id) if d.state.value == "unknown"
        ]
    keys = [month.key for month in MONTHS]
    assert list(lines)[::-1] == [FIRST.shift(n).key for n in range(len(lines))]  # no gap
    assert {key: lines[key].state.value for key in keys} == dict.fromkeys(keys, "sent")
    assert unknown == []

    pages = made.wiki.pages()
    written = [name for name in pages if re.fullmatch(r"Incident-digest-\d{4}-\d{2}\.md", name)]
    assert set(written) >= {f"Incident-digest-{key}.md" for key in keys}
    for key in keys:
        assert pages["Incident-digests.md"].count(f"(Incident-digest-{key})") == 1

    mails: Counter[tuple[str, str]] = Counter()
    ids = set()
    for recipient, mail in made.mail.taken:
        message = email.message_from_bytes(mail, policy=default)
        if recipient != EDITOR:
            month = re.search(r"digest-(\d{4}-\d{2})\.", str(message["Message-ID"]))
            assert month is not None
            mails[recipient, month[1]] += 1
            ids.add(message["Message-ID"])
            assert "page.invalid" not in mail.decode(errors="replace")
    expected = {(reader, key): 1 for reader in READERS for key in keys}
    assert {pair: n for pair, n in mails.items() if pair[1] in keys} == expected
    assert set(mails.values()) == {1}
    assert len(ids) == len(mails)


@pytest.mark.system
def test_three_years_with_outages_and_restarts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(tmp_path, 2024, monkeypatch) as made:
        doom = Doom(made.dice, 0.02)
        for _ in made.times():
            made.weather()
            made.look(doom)
            if made.dice.random() < 0.5:
                made.editor_answers()
        check(made)
        assert made.kills > 5


@pytest.mark.system
def test_three_years_with_two_schedulers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(tmp_path, 2025, monkeypatch) as made:
        for number in range(2):
            made.program(number)
        for _ in made.times():
            made.weather()
            both = [threading.Thread(target=made.look, args=(Silent(), number)) for number in range(2)]
            for one in both:
                one.start()
            for one in both:
                one.join()
            made.editor_answers()
        check(made)
