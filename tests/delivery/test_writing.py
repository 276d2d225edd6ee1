"""One mail to one person: over a real server, into a folder, and with titles that would be headers."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any, cast

import pytest
from servers.mail_server import PASSWORD, USER, MailServer, mail_server
from servers.scripted_smtp import DROP, Scripted, scripted_smtp

from digest.delivery.base import ChannelDown, Context, TargetRefused, Writing
from digest.delivery.message import Form, compose_notice, notice_key
from digest.delivery.outbox import OutboxChannel
from digest.delivery.outbox import Settings as OutboxSettings
from digest.delivery.smtp import SmtpChannel
from digest.delivery.smtp_settings import Settings
from digest.errors import Reason, RemoteError, TemplateError
from digest.model import Notice

ANA = "ana@example.org"
DATE = datetime(2026, 6, 3, 9, 0, tzinfo=UTC)
FORM = Form("digest@example.org", "Learning Digest", "learning-digest.example.org", "learning@example.org")
TEXT = "The edition waits.\n\n    digest approve 2026-05\n.\n..dots\nZürich “quoted”\n"
HTML = "<p>Mai = ☃</p>\n" + "y" * 3000
PROOF = Notice("proof:2026-05:abc", ANA, "For approval", TEXT, ("digest-2026-05.html", HTML))
INJECTIONS = [
    "x\r\nBcc: evil@example.net",
    "x\nBcc: evil@example.net\n\nbody",
    "=?utf-8?q?hi=0D=0ABcc:_evil@example.net?=",
    "=?utf-8?b?aGkNCkJjYzogZXZpbEBleGFtcGxlLm5ldA==?=",
    "a\u2028Bcc: evil@example.net",
    "half \ud800 a character",
    "\u202etxt.exe",
    "",
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with mail_server(tmp_path) as running:
        yield running


def channel(port: int, **over: Any) -> SmtpChannel:
    fields: dict[str, Any] = {
        "host": "localhost",
        "port": port,
        "sender": "Learning Digest <digest@example.org>",
        "recipients": ["everybody@example.org"],
    }
    settings = Settings.model_validate(fields | over)
    return SmtpChannel("mail", settings, Context(Path("/"), clock=lambda: DATE))


def trusted(server: MailServer, **over: Any) -> SmtpChannel:
    return channel(server.port, **{"ca_file": server.ca_file, "username": USER, "password": PASSWORD} | over)


def plain(script: Scripted) -> SmtpChannel:
    return channel(script.port, host="127.0.0.1", tls="none")


def outbox(folder: Path) -> OutboxChannel:
    return OutboxChannel("files", OutboxSettings(folder=Path("out")), Context(folder, clock=lambda: DATE))


def read(content: bytes) -> EmailMessage:
    return cast("EmailMessage", BytesParser(policy=policy.default).parsebytes(content))


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_a_proof_arrives_at_one_person_alone_with_the_page_attached(server: MailServer) -> None:
    receipt = trusted(server, reply_to="learning@example.org").write(PROOF)

    assert server.got() == [ANA]
    assert receipt.reference == "2.0.0 Ok: queued as TEST"
    mail = read(server.taken[0][1])
    assert text_of(mail) == TEXT
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("digest-2026-05.html", "text/html")
    assert cast("EmailMessage", attached).get_content().replace("\r\n", "\n") == HTML + "\n"
    assert mail.get_content_type() == "multipart/mixed"
    assert (mail["Subject"], mail["Reply-To"]) == ("For approval", "learning@example.org")


def test_it_says_that_a_program_wrote_and_names_no_list(server: MailServer) -> None:
    trusted(server).write(PROOF)

    mail = read(server.taken[0][1])
    assert mail["Auto-Submitted"] == "auto-generated"
    assert not [name for name in mail if name.startswith("List-") or name == "Precedence"]


def test_without_an_attachment_it_is_plain_text(server: MailServer) -> None:
    trusted(server).write(Notice("missed:2026-05", ANA, "One was missed", TEXT))

    mail = read(server.taken[0][1])
    assert (mail.get_content_type(), text_of(mail)) == ("text/plain", TEXT)


def test_the_connection_is_closed_behind_each_notice(server: MailServer) -> None:
    mailer = trusted(server)
    mailer.write(PROOF)
    mailer.write(Notice("other", ANA, "Other", "Other words."))

    assert server.connections == 2
    assert mailer._session is None


@pytest.mark.parametrize("subject", INJECTIONS)
def test_no_subject_makes_a_header_of_its_own(server: MailServer, subject: str) -> None:
    trusted(server).write(Notice("proof", ANA, subject, "Words.\n", ("digest.html", "<p></p>")))

    mail = read(server.taken[0][1])
    assert server.got() == [ANA]
    assert mail["Bcc"] is None
    assert [one.addr_spec for one in mail["To"].addresses] == [ANA]
    assert "evil" not in str(mail["From"]) + str(mail["To"])
    assert text_of(mail) == "Words.\n"


@pytest.mark.parametrize(
    "to", ["", "ana", "a@b, c@d", "a@b\r\nBcc: e@x", "Ana <ana@example.org>", "file:///x"]
)
def test_what_is_no_address_is_written_to_by_nobody(server: MailServer, tmp_path: Path, to: str) -> None:
    for writer in (trusted(server), outbox(tmp_path)):
        with pytest.raises(TargetRefused, match="one plain e-mail address"):
            writer.write(Notice("proof", to, "Subject", "Words."))
    assert server.taken == []
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["../x.html", "a\r\nX: y", 'a".html', "", "/etc/passwd"])
def test_an_attachments_name_leads_nowhere(name: str) -> None:
    with pytest.raises(TemplateError, match="no plain file name"):
        compose_notice(Notice("proof", ANA, "Subject", "Words.", (name, HTML)), FORM, DATE)


def test_a_bounce_says_whose_it_is(server: MailServer) -> None:
    server.at_rcpt = {ANA: "550 5.1.1 no such user"}

    with pytest.raises(TargetRefused, match=r"550 5\.1\.1 no such user") as caught:
        trusted(server).write(PROOF)
    assert not caught.value.reason.in_doubt
    assert not caught.value.reason.passing


def test_a_server_that_is_down_took_nothing(tmp_path: Path) -> None:
    with mail_server(tmp_path) as server:
        mailer = trusted(server)

    with pytest.raises(ChannelDown) as caught:
        mailer.write(PROOF)
    assert caught.value.reason is Reason.UNAVAILABLE


def test_a_wrong_password_shows_nowhere(server: MailServer) -> None:
    with pytest.raises(ChannelDown, match="check `username` and `password`") as caught:
        trusted(server, password="wrong-canary").write(PROOF)
    assert "canary" not in str(caught.value)


def test_no_answer_after_the_dot_is_in_doubt() -> None:
    with scripted_smtp(DOT=[DROP]) as script, pytest.raises(RemoteError) as caught:
        plain(script).write(PROOF)
    assert caught.value.reason.in_doubt
    assert script.dots == [ANA]


def test_the_same_words_have_the_same_id_and_others_another() -> None:
    again = Notice(PROOF.key, PROOF.to, PROOF.subject, PROOF.text, PROOF.attachment)
    later = Notice("nudge", ANA, "What was learnt?", "34 days")

    assert notice_key(PROOF) == notice_key(again)
    assert notice_key(later) != notice_key(Notice("nudge", ANA, "What was learnt?", "48 days"))
    assert notice_key(later) != notice_key(Notice("nudge", "ben@example.org", "What was learnt?", "34 days"))
    head = compose_notice(PROOF, FORM, DATE).head(ANA, notice_key(PROOF))
    assert f"Message-ID: <{notice_key(PROOF)}@example.org>".encode() in head


def test_in_the_outbox_it_is_a_mail_in_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    receipt = outbox(tmp_path).write(PROOF)

    file = Path(receipt.reference or "")
    assert file.parent == tmp_path / "out" / "notices"
    assert file.name.startswith("proof-2026-05-abc-")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    mail = read(file.read_bytes())
    assert (mail["To"], mail["Subject"], text_of(mail)) == (ANA, "For approval", TEXT)
    assert [one.name for one in file.parent.iterdir()] == [file.name]


def test_writing_it_again_leaves_one_file(tmp_path: Path) -> None:
    box = outbox(tmp_path)

    assert box.write(PROOF) == box.write(PROOF)
    assert len(list((tmp_path / "out" / "notices").iterdir())) == 1


@pytest.mark.parametrize(
    "key", ["../../evil", "/etc/cron.d/x", "a\x00b", "..", "", "nudge:Zürich / Ost", "x" * 900]
)
def test_no_key_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    receipt = outbox(tmp_path).write(Notice(key, ANA, "Subject", "Words."))

    assert Path(receipt.reference or "").resolve().parent == tmp_path / "out" / "notices"


def test_keys_that_look_alike_are_two_files(tmp_path: Path) -> None:
    box = outbox(tmp_path)
    box.write(Notice("a:b", ANA, "Subject", "Words."))
    box.write(Notice("a/b", ANA, "Subject", "Words."))

    assert len(list((tmp_path / "out" / "notices").iterdir())) == 2


def test_a_folder_that_cannot_be_written_to_says_so(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file in its place")

    with pytest.raises(ChannelDown, match="cannot write to"):
        outbox(tmp_path).write(PROOF)


def test_both_can_write_to_one_person(tmp_path: Path) -> None:
    assert isinstance(outbox(tmp_path), Writing)
    assert isinstance(channel(25), Writing)
