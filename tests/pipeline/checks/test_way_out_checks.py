"""Channels are tried out without sending; who hears of a held edition is told."""

from pathlib import Path
from typing import Any

import pytest
from pipeline.checks.fakes_of_checks import FakeChannel, WritingChannel

from digest.config import Config, Settings, load
from digest.delivery.base import PAGES
from digest.pipeline.checks.settings import config_checks
from digest.pipeline.checks.ways_out import approval_checks, channel_checks, mail_checks

MAIL = """\
organisation: {organisation}
trackers:
  - kind: folder
    path: incidents
channels:
  - name: mail
    kind: smtp
    host: mx.acme.test
    sender: Learning Digest <learning@{sender}>
    {more}
    recipients: [ana@acme.test]
"""


def config(folder: Path, **over: str) -> Config:
    file = folder / "digest.yaml"
    fields = {"organisation": "Acme", "sender": "mail.acme.test", "more": "", **over}
    file.write_text(MAIL.format(**fields), encoding="utf-8")
    return load(file)


def approval(*channels: FakeChannel, **over: Any) -> str:
    settings = Settings.model_validate({"organisation": "X", **over})
    (check,) = approval_checks(settings, channels)
    return f"{check.level.value} {check}"


def test_a_channel_says_what_it_found_and_how_many_it_reaches() -> None:
    (mail,) = channel_checks(FakeChannel(["a@x.test", "b@x.test"]))
    (page,) = channel_checks(FakeChannel(["a page"], order=PAGES))

    assert str(mail) == "localhost:25 answers; 2 recipients"
    assert str(page) == "localhost:25 answers; 1 target"


def test_a_channel_that_reaches_nobody_is_told() -> None:
    (check,) = channel_checks(FakeChannel([]))

    assert f"{check.level.value} {check}" == (
        "warn localhost:25 answers; it reaches nobody; name a recipient"
    )


@pytest.mark.parametrize(
    ("over", "channels", "says"),
    [
        ({"approval": "never"}, (), "ok never: editions go out without a look"),
        (
            {"approval": "first"},
            (WritingChannel(),),
            "warn first: the first three editions are held until `digest approve`, and nobody is told; set",
        ),
        (
            {"approval": "always", "editor": "ed@acme.test"},
            (FakeChannel(),),
            "warn always: every edition is held until `digest approve`, and no channel can write to ed@acme",
        ),
        (
            {"approval": "always", "editor": "ed@acme.test"},
            (FakeChannel(), WritingChannel(name="files", order=PAGES), WritingChannel()),
            (
                "ok always: every edition is held until `digest approve`; ed@acme.test is written to by the "
                "channel mail"
            ),
        ),
    ],
)
def test_what_is_held_and_who_hears_of_it(
    over: dict[str, Any], channels: tuple[FakeChannel, ...], says: str
) -> None:
    assert approval(*channels, **over).startswith(says)


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ("list_id: digest.acme.test", 0),
        ("list_id: acme.test", 0),
        ("", 0),
        ("list_id: learning-digest.example.net", 1),
        ("tsl: none", 0),  # its own fault, told elsewhere
    ],
)
def test_a_list_id_of_another_domain_is_told(tmp_path: Path, more: str, count: int) -> None:
    lines = [str(check) for check in mail_checks(config(tmp_path, more=more))]

    assert len(lines) == count
    assert all(
        "the list_id learning-digest.example.net is not of the sender's domain" in line for line in lines
    )


def test_what_was_never_filled_in_is_named_by_its_line(tmp_path: Path) -> None:
    found = config(tmp_path, organisation="Example Organisation", sender="example.org")

    _, check = config_checks(found)

    assert f"{check.level.value} {check}" == (
        f"warn still as in the example: {found.file}:1 organisation, {found.file}:9 channels[0].sender; "
        "put in what is yours"
    )


def test_a_config_of_ones_own_is_one_line(tmp_path: Path) -> None:
    found = config(tmp_path, organisation="The Example Organisation of Counterexample.org Makers")

    (check,) = config_checks(found)

    assert str(check) == f"{found.file} is read: 1 tracker, 1 channel; every secret that it names is there"
