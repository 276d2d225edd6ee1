"""Trying a channel out sends nothing, and says what to put right."""

from pathlib import Path
from typing import Any

import pytest
from servers.mail_server import PASSWORD, USER, mail_server

from digest.delivery.base import ChannelDown, Context, Probing
from digest.delivery.outbox import OutboxChannel
from digest.delivery.outbox import Settings as OutboxSettings
from digest.delivery.smtp import SmtpChannel
from digest.delivery.smtp_settings import Settings, Timeouts


def channel(port: int, **over: Any) -> SmtpChannel:
    fields: dict[str, Any] = {
        "host": "localhost",
        "port": port,
        "sender": "digest@example.org",
        "recipients": ["ana@example.org"],
        "username": USER,
        "password": PASSWORD,
    }
    return SmtpChannel("mail", Settings.model_validate(fields | over), Context(Path("/")))


def outbox(folder: Path) -> OutboxChannel:
    return OutboxChannel("files", OutboxSettings(folder=folder), Context(Path("/")))


def test_a_mail_server_is_asked_to_let_us_in_and_gets_no_mail(tmp_path: Path) -> None:
    with mail_server(tmp_path) as server:
        said = channel(server.port, ca_file=server.ca_file).probe()

    assert said == f"localhost:{server.port} answers over TLS; the log-in was taken"
    assert (server.users, server.taken) == ([USER], [])


def test_a_refused_password_is_told_and_does_not_show(tmp_path: Path) -> None:
    with mail_server(tmp_path) as server, pytest.raises(ChannelDown) as caught:
        channel(server.port, ca_file=server.ca_file, password="wrong-canary").probe()

    assert "check `username` and `password`" in str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_probe_waits_no_longer_than_somebody_would() -> None:
    assert max(Timeouts(connect_s=3).hurried(15).model_dump().values()) == 15
    assert Timeouts(connect_s=3).hurried(15).connect_s == 3


def test_a_folder_that_is_not_there_will_be_made_and_is_not_made_now(tmp_path: Path) -> None:
    assert outbox(tmp_path).probe() == f"{tmp_path.resolve()} can be written to"
    assert outbox(tmp_path / "a" / "b").probe().endswith("a/b will be made")
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_the_folder_belongs_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("", encoding="utf-8")

    with pytest.raises(ChannelDown, match="set `folder`"):
        outbox(tmp_path / "out").probe()


def test_both_can_be_tried_out(tmp_path: Path) -> None:
    assert isinstance(outbox(tmp_path), Probing)
    assert isinstance(channel(25), Probing)
