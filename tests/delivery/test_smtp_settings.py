"""What an operator may write for a mail server, and what is said of a slip."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from digest.config import load
from digest.delivery.base import Context
from digest.delivery.smtp import SmtpChannel
from digest.delivery.smtp_settings import Settings
from digest.errors import ConfigError


def settings(**over: Any) -> Settings:
    fields: dict[str, Any] = {
        "host": "mail.example.org",
        "sender": "Learning Digest <digest@example.org>",
        "recipients": ["ana@example.org"],
    }
    return Settings.model_validate(fields | over)


def targets(folder: Path, **over: Any) -> list[str]:
    return list(SmtpChannel("mail", settings(**over), Context(folder)).targets())


@pytest.mark.parametrize(("tls", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_each_way_has_its_port(tls: str, port: int) -> None:
    assert settings(tls=tls).at == ("mail.example.org", port)
    assert settings(tls=tls, port=2525).at[1] == 2525


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"username": "digest"}, "go together"),
        ({"username": "digest", "password": "pässword"}, "ASCII"),
        ({"username": "digest", "password": "x", "tls": "none"}, "in clear"),
        ({"recipients": []}, "nobody to write to"),
        ({"recipients": ["Ana <ana@example.org>"]}, "one plain e-mail address"),
        ({"recipients": [{"address": "a@example.org", "kind": "group"}]}, "'person' or 'list'"),
        ({"sender": "digest@example.org\r\nBcc: e@x.test"}, "one plain e-mail address"),
        ({"list_id": "a b"}, "match pattern"),
        ({"ssl": True}, "Extra inputs"),
    ],
)
def test_a_slip_is_told(over: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        settings(**over)


def test_a_password_shows_nowhere() -> None:
    made = settings(username="digest", password="canary")
    assert "canary" not in f"{made!r} {made} {made.model_dump()}"


def test_a_password_comes_out_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "canary")
    password = settings(username="digest", password="${MAIL_PASSWORD}").password
    assert password is not None
    assert password.get_secret_value() == "canary"


def test_a_bad_address_is_named_by_key_and_line(tmp_path: Path) -> None:
    file = tmp_path / "digest.yaml"
    file.write_text(
        "organisation: Example\ntrackers: [{kind: folder, path: x}]\nchannels:\n  - kind: smtp\n    host: h\n"
        "    sender: d@example.org\n    recipients:\n      - ana@example.org\n"
        "      - {address: ben, kind: list}\n"
    )
    with pytest.raises(
        ConfigError, match=r"digest.yaml:9 channels\[0\].recipients\[1\].address: expected one"
    ):
        load(file).channels[0].parse(Settings)


def test_everybody_is_written_to_once_however_often_they_are_listed(tmp_path: Path) -> None:
    (tmp_path / "people.txt").write_text("# the team\n\nBen@example.org\nana@EXAMPLE.org\nben@example.org\n")
    assert targets(tmp_path, recipients_file="people.txt") == ["ana@example.org", "Ben@example.org"]


def test_a_spreadsheet_s_column_is_read(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("\ufeffName,Email\nAna,ana@example.org\nNobody,\n", encoding="utf-8")
    assert targets(tmp_path, recipients=[], recipients_file="people.csv") == ["ana@example.org"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("people.txt", b"ana@example.org\nben\n", r"people.txt:2: expected one plain"),
        ("people.txt", b"# nobody\n", r"people.txt: no address"),
        ("people.txt", b"\xff\xfe", r"not UTF-8"),
        ("people.csv", b"name\nAna\n", r"people.csv:1: expected a column `email`"),
        ("people.csv", b'email\nana@example.org, ben@example.org\n"a,b@example.org"\n', r"people.csv:3"),
        ("missing.txt", None, r"cannot be read: No such file"),
    ],
)
def test_a_slip_in_the_file_is_named_by_its_line(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        targets(tmp_path, recipients=[], recipients_file=name)


def test_a_missing_certificate_is_the_operators_to_mend(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="channel mail: ca_file"):
        targets(tmp_path, ca_file="none.pem")
