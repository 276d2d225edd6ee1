"""The mail as a real Postfix takes it."""

import os
from collections.abc import Iterator
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest
from delivery.fakes import PAGES, frozen
from servers.needed import need
from servers.postfix import Postfix, postfix

from digest.delivery.base import Context
from digest.delivery.deliver import Pace, deliver
from digest.delivery.smtp import SmtpChannel
from digest.delivery.smtp_settings import Settings
from digest.ledger import Ledger

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def server() -> Iterator[Postfix]:
    with postfix() as running:
        yield running


def test_postfix_takes_each_mail_once_and_refuses_whom_it_does_not_know(
    server: Postfix, tmp_path: Path
) -> None:
    people = [f"{name}@example.test" for name in ("ana", "ben", "full", "greylist", "nobody")]
    settings = Settings(
        host="localhost",
        port=server.port,
        ca_file=server.ca_file,
        sender="Learning Digest <digest@example.org>",  # type: ignore[arg-type]  # read by a validator
        recipients=(*people, "x@elsewhere.example"),  # type: ignore[arg-type]  # as above
    )
    with Ledger.open(tmp_path / "digest.db") as ledger:
        for _ in range(2):
            channel = SmtpChannel("mail", settings, Context(tmp_path))
            outcome = deliver(frozen(ledger), [channel], ledger, pace=Pace((), lambda _: None))
    states = {one.target.split("@")[0]: one.state.value for one in outcome.deliveries}
    assert states == {
        "ana": "sent",
        "ben": "sent",
        "full": "retry_wait",
        "greylist": "retry_wait",
        "nobody": "failed",
        "x": "failed",
    }
    mails = [BytesParser(policy=policy.default).parsebytes(content) for content in server.mails(2)]
    assert sorted(mail["To"] for mail in mails) == ["ana@example.test", "ben@example.test"]
    assert {mail["Subject"] for mail in mails} == {PAGES.subject}
    assert all("queued as" in (one.reference or "") for one in outcome.deliveries if one.state == "sent")


def test_where_a_real_part_is_missing_ci_fails_and_others_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="run `make servers`"):
        need("no-such-server")
    monkeypatch.setenv("CI", "")
    with pytest.raises(pytest.skip.Exception, match="run `make servers`"):
        need("no-such-server")
    assert os.path.isabs(need("sh"))  # noqa: PTH117 - what need() returns is a plain path
