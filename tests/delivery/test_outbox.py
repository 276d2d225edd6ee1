"""Files in a folder: whole or not there, their owner's alone, and nowhere else."""

import stat
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest

from digest.delivery.base import ChannelDown, Context, Handover
from digest.delivery.outbox import OutboxChannel, Settings
from digest.model import Rendering

PAGES = Rendering("2026-05", "all", "What we learnt in May", "<p>Mai ☃</p>", "Mai ☃", "# Mai ☃")


def channel(folder: Path) -> OutboxChannel:
    context = Context(folder, clock=lambda: datetime(2026, 6, 3, tzinfo=UTC))
    return OutboxChannel("outbox", Settings(folder=Path("out")), context)


def send(box: OutboxChannel, pages: Rendering = PAGES) -> Path:
    (target,) = box.targets()
    receipt = box.send(pages, target, Handover("digest-2026-05.abc", lambda: None))
    return Path(receipt.reference or "")


def test_every_form_lies_in_the_months_folder(tmp_path: Path) -> None:
    folder = send(channel(tmp_path))
    assert folder == tmp_path / "out" / "2026-05"
    files = {file.name: file for file in folder.iterdir()}
    assert sorted(files) == [f"digest-2026-05.{end}" for end in ("eml", "html", "md", "txt")]
    assert files["digest-2026-05.html"].read_text(encoding="utf-8") == PAGES.html
    assert files["digest-2026-05.md"].read_text(encoding="utf-8") == PAGES.markdown
    assert files["digest-2026-05.txt"].read_text(encoding="utf-8") == PAGES.text
    mail = BytesParser(policy=policy.default).parsebytes(files["digest-2026-05.eml"].read_bytes())
    assert (mail["Subject"], mail["To"]) == (PAGES.subject, "reader@example.invalid")


def test_what_it_writes_is_its_owners_alone(tmp_path: Path) -> None:
    folder = send(channel(tmp_path))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_writing_again_leaves_the_same_files(tmp_path: Path) -> None:
    box = channel(tmp_path)
    folder = send(box)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    send(box)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_link_that_waits_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    folder = tmp_path / "out" / "2026-05"
    folder.mkdir(parents=True)
    (folder / "digest-2026-05.html").symlink_to(victim)
    send(channel(tmp_path))
    assert victim.read_text() == "untouched"
    assert not (folder / "digest-2026-05.html").is_symlink()


def test_nothing_is_in_place_before_the_intent_and_nothing_stays_without_it(tmp_path: Path) -> None:
    box = channel(tmp_path)

    def lost() -> None:
        assert not list(tmp_path.glob("out/2026-05/digest-*"))
        raise InterruptedError

    with pytest.raises(ChannelDown):
        box.send(PAGES, box.targets()[0], Handover("key", lost))
    assert list(tmp_path.glob("out/2026-05/*")) == []
    assert list(tmp_path.glob("out/2026-05/.*")) == []


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ChannelDown, match="cannot write to"):
        send(channel(tmp_path))


@pytest.mark.parametrize(
    "pages",
    [
        Rendering("../../etc", "all", "s", "h", "t", "m"),
        Rendering("2026-05", "../x", "s", "h", "t", "m"),
        Rendering("2026-05", "a\x00b", "s", "h", "t", "m"),
    ],
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, pages: Rendering) -> None:
    with pytest.raises(ValueError, match=r"not a month|no name of an audience"):
        send(channel(tmp_path), pages)
    assert not (tmp_path / "etc").exists()
