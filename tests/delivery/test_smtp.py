"""Mail over a real server with TLS and log-in, and over one that misbehaves on cue."""

import os
import subprocess
import sys
from collections.abc import Iterator
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from delivery.fakes import PAGES, frozen
from servers.mail_server import PASSWORD, USER, MailServer, mail_server
from servers.scripted_smtp import DROP, HANG, Scripted, scripted_smtp

from digest.delivery.base import ChannelDown, Context, Handover
from digest.delivery.deliver import Outcome, Pace, deliver
from digest.delivery.smtp import SmtpChannel
from digest.delivery.smtp_settings import Settings
from digest.errors import Reason
from digest.ledger import Ledger
from digest.model import DeliveryState

ANA, BEN, CAM = "ana@example.org", "ben@example.org", "cam@example.org"
ALL = [ANA, BEN, CAM]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with mail_server(tmp_path) as running:
        yield running


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "digest.db") as opened:
        yield opened


def channel(port: int, **over: Any) -> SmtpChannel:
    fields: dict[str, Any] = {
        "host": "localhost",
        "port": port,
        "sender": "Learning Digest <digest@example.org>",
        "recipients": ALL,
    }
    return SmtpChannel("mail", Settings.model_validate(fields | over), Context(Path("/")))


def trusted(server: MailServer, **over: Any) -> SmtpChannel:
    return channel(server.port, **{"ca_file": server.ca_file, "username": USER, "password": PASSWORD} | over)


def plain(script: Scripted, **over: Any) -> SmtpChannel:
    return channel(script.port, **{"host": "127.0.0.1", "tls": "none"} | over)


def run(ledger: Ledger, *channels: SmtpChannel, pauses: tuple[float, ...] = (0, 0, 0)) -> Outcome:
    return deliver(frozen(ledger), channels, ledger, pace=Pace(pauses, lambda _: None))


def states(outcome: Outcome) -> dict[str, str]:
    return {one.target: one.state.value for one in outcome.deliveries}


def words(outcome: Outcome) -> str:
    return " ".join(problem.detail for problem in outcome.problems)


def test_everybody_gets_one_mail_over_one_encrypted_connection(server: MailServer, ledger: Ledger) -> None:
    outcome = run(ledger, trusted(server))
    assert (server.got(), outcome.sent, outcome.problems) == (ALL, 3, ())
    assert (server.connections, server.users) == (1, [USER])
    assert outcome.deliveries[0].reference == "2.0.0 Ok: queued as TEST"


def test_the_second_run_does_not_even_connect(server: MailServer, ledger: Ledger) -> None:
    run(ledger, trusted(server))
    assert run(ledger, trusted(server)).sent == 0
    assert (server.connections, server.got()) == (1, ALL)


def test_what_arrives_is_what_was_rendered_and_names_one_reader(server: MailServer, ledger: Ledger) -> None:
    run(ledger, trusted(server))
    for address, content in server.taken:
        mail = BytesParser(policy=policy.default).parsebytes(content)
        assert [one.addr_spec for one in mail["To"].addresses] == [address]
        assert mail["Subject"] == PAGES.subject
        assert mail.get_body(("html",)).get_content().strip() == PAGES.html  # type: ignore[attr-defined]
    assert len({BytesParser().parsebytes(content)["Message-ID"] for _, content in server.taken}) == 3


def test_it_speaks_tls_from_the_first_byte_too(tmp_path: Path, ledger: Ledger) -> None:
    with mail_server(tmp_path, "tls", auth=False) as server:
        outcome = run(ledger, channel(server.port, tls="tls", ca_file=server.ca_file))
    assert (server.got(), outcome.problems) == (ALL, ())


def test_a_wrong_password_stops_at_once_and_shows_nowhere(server: MailServer, ledger: Ledger) -> None:
    outcome = run(ledger, trusted(server, password="wrong-canary"))
    assert (set(states(outcome).values()), server.taken, server.connections) == ({"pending"}, [], 1)
    assert "check `username` and `password`" in words(outcome)
    assert "canary" not in repr(outcome)
    assert run(ledger, trusted(server)).sent == 3


def test_a_certificate_that_nobody_vouches_for_is_refused(server: MailServer, ledger: Ledger) -> None:
    outcome = run(ledger, trusted(server, ca_file=None))
    assert "is not trusted" in words(outcome)
    assert "ca_file" in words(outcome)
    assert server.users == []


def test_a_certificate_for_another_name_is_refused(server: MailServer, ledger: Ledger) -> None:
    outcome = run(ledger, trusted(server, host="127.0.0.1"))
    assert ("is not trusted" in words(outcome), server.users) == (True, [])


def test_no_mail_leaves_in_clear_where_encryption_is_not_offered(ledger: Ledger) -> None:
    with scripted_smtp() as script:
        outcome = run(ledger, plain(script, tls="starttls"))
    assert (script.dots, set(states(outcome).values())) == ([], {"pending"})
    assert "`tls: none`" in words(outcome)


def test_tls_spoken_to_a_plain_port_says_what_to_check(ledger: Ledger) -> None:
    with scripted_smtp(CONNECT=["220 plain"]) as script:
        outcome = run(ledger, plain(script, tls="tls"))
    assert "check `port` and `tls`" in words(outcome)


def test_refusals_by_address_are_that_addresss_alone(server: MailServer, ledger: Ledger) -> None:
    server.at_rcpt = {ANA: "450 4.2.0 greylisted", BEN: "550 5.1.1 no such user"}
    outcome = run(ledger, trusted(server))
    assert states(outcome) == {ANA: "retry_wait", BEN: "failed", CAM: "sent"}
    assert "550 5.1.1 no such user" in words(outcome)
    assert server.connections == 1


@pytest.mark.parametrize(
    ("reply", "state"),
    [("451 4.3.0 later", "retry_wait"), ("452 4.2.2 full", "retry_wait"), ("554 5.7.1 spam", "failed")],
)
def test_a_mail_refused_after_the_dot_was_not_taken(
    server: MailServer, ledger: Ledger, reply: str, state: str
) -> None:
    server.after_dot = {BEN: reply}
    assert states(run(ledger, trusted(server))) == {ANA: "sent", BEN: state, CAM: "sent"}


def test_a_server_that_is_not_there_is_named(ledger: Ledger) -> None:
    with scripted_smtp() as script:
        gone = script.port
    outcome = run(ledger, channel(gone, host="127.0.0.1", tls="none"))
    assert f"127.0.0.1:{gone} cannot be reached: connection refused" in words(outcome)
    assert set(states(outcome).values()) == {"pending"}


def test_a_host_that_no_name_server_knows_is_named(ledger: Ledger) -> None:
    outcome = run(ledger, channel(25, host="mail.invalid", tls="none"), pauses=())
    assert "mail.invalid:25 cannot be reached" in words(outcome)


# Each fault once, at the first mail; the ordinary answer afterwards.
@pytest.mark.parametrize(
    "cues",
    [
        {"CONNECT": ["421 too busy"]},
        {"CONNECT": [DROP]},
        {"CONNECT": ["hello, I am no mail server"]},
        {"EHLO": [DROP]},
        {"MAIL": ["421 closing"]},
        {"MAIL": [DROP]},
        {"RCPT": ["421 closing"]},
        {"RCPT": [DROP]},
        {"RCPT": ["what?"]},
        {"DATA": ["421 closing"]},
        {"DATA": [DROP]},
        {"DATA": ["250 fine"]},
        {"DOT": ["421 closing"]},
    ],
)
def test_a_fault_of_the_server_s_is_nobody_s_failure(ledger: Ledger, cues: dict[str, list[str]]) -> None:
    with scripted_smtp(**cues) as script:
        outcome = run(ledger, plain(script))
    assert (sorted(script.taken), set(states(outcome).values())) == (ALL, {"sent"})
    assert script.connections == 2


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("cue", [DROP, HANG, "hello", "354 go on", "000"])
def test_without_an_answer_after_the_dot_one_is_in_doubt_and_the_others_get_theirs(
    ledger: Ledger, cue: str, *, taken: bool
) -> None:
    with scripted_smtp(DOT=[cue]) as script:
        script.take_before_dropping = taken
        outcome = run(ledger, plain(script, timeouts={"final_s": 0.2}))
        found = states(outcome)
        doubtful = script.dots[0]
        assert found.pop(doubtful) == "unknown"
        assert set(found.values()) == {"sent"}
        assert "it may have arrived" in words(outcome)
        run(ledger, plain(script))
    assert script.dots.count(doubtful) == 1


def test_a_recipient_refused_for_now_is_no_reason_to_connect_again(ledger: Ledger) -> None:
    with scripted_smtp(RCPT=["450 later"]) as script:
        outcome = run(ledger, plain(script))
    assert (sorted(states(outcome).values()), script.connections) == (["retry_wait", "sent", "sent"], 1)


def test_a_sender_refused_for_good_concerns_no_recipient(ledger: Ledger) -> None:
    with scripted_smtp(MAIL=["553 not you"]) as script:
        outcome = run(ledger, plain(script))
    assert set(states(outcome).values()) == {"pending"}
    assert "refuses the sender" in words(outcome)


def test_nothing_of_an_answer_can_forge_a_line_of_a_log(ledger: Ledger) -> None:
    with scripted_smtp(RCPT=["550-no\r\n550 \x1b[31msuch\u2028user" + "x" * 900]) as script:
        outcome = run(ledger, plain(script, recipients=[ANA]))
    (delivery,) = outcome.deliveries
    assert delivery.state is DeliveryState.FAILED
    assert (delivery.detail or "").isprintable()
    assert len(delivery.detail or "") <= 310


def test_a_lost_claim_never_brings_the_final_dot(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "intend", lambda _claim: False)
    with scripted_smtp() as script:
        run(ledger, plain(script))
    assert (script.dots, script.taken) == ([], [])


def test_the_intent_is_on_disk_when_the_dot_arrives(ledger: Ledger, tmp_path: Path) -> None:
    seen: list[str] = []
    look = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        "print(c.execute(\"SELECT count(*) FROM delivery WHERE state = 'sending'\").fetchone()[0])"
    )

    def from_outside(_recipient: str) -> None:
        command = [sys.executable, "-c", look, str(tmp_path / "digest.db")]
        seen.append(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())

    with scripted_smtp() as script:
        script.on_dot = from_outside
        run(ledger, plain(script))
    assert seen == ["1", "1", "1"]


def test_the_password_is_never_printed(server: MailServer, tmp_path: Path) -> None:
    script = f"""
from pathlib import Path
import sys
sys.path.insert(0, "tests")
from delivery.test_smtp import channel, run
from digest.ledger import Ledger
with Ledger.open(Path({str(tmp_path / "own.db")!r})) as ledger:
    mail = channel({server.port}, ca_file={str(server.ca_file)!r}, username={USER!r}, password={PASSWORD!r})
    print(run(ledger, mail))
"""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    assert "canary" not in done.stdout + done.stderr
    assert server.got() == ALL


def test_a_session_that_cannot_begin_says_why() -> None:
    with scripted_smtp(CONNECT=["554 no service"]) as script, pytest.raises(ChannelDown) as caught:
        plain(script).send(PAGES, ANA, Handover("key", lambda: None))
    assert (caught.value.reason, caught.value.detail.split(": ", 1)[1]) == (Reason.REJECTED, "554 no service")
