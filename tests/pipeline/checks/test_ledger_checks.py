"""The ledger's file: where it lies, its rights, its content; looking changes nothing."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from digest.ledger import Ledger
from digest.ledger.look import condition_of
from digest.pipeline.checks.memory import filesystem_of, ledger_checks
from digest.pipeline.checks.report import Level

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:30 / /srv/my\\040share rw,relatime - nfs4 host:/x rw
24 22 0:31 / /run rw - tmpfs tmpfs rw
25 24 8:2 / /run/disk rw - xfs /dev/sdb1 rw
26 22 8:3 / /over rw - nfs host:/y rw
27 22 8:4 / /over rw - ext4 /dev/sdc1 rw
odd line
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    folder = tmp_path / "ledger"
    path = folder / "digest.db"
    Ledger.open(path).close()
    return path


def told(path: Path, mounts: str = "") -> list[str]:
    file = path.parent.parent / "mounts"
    file.write_text(mounts, encoding="utf-8")
    return [f"{check.level.value} {check}" for check in ledger_checks(path, file)]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/x/digest.db", "ext4"),
        ("/srv/my share/digest.db", "nfs4"),
        ("/srv/my", "ext4"),
        ("/run/digest.db", "tmpfs"),
        ("/run/disk/digest.db", "xfs"),
        ("/over/digest.db", "ext4"),
    ],
)
def test_the_nearest_mount_counts_and_of_two_on_one_point_the_later(path: str, kind: str) -> None:
    assert filesystem_of(Path(path), MOUNTS) == kind


def test_a_sound_ledger_is_one_line(ledger: Path) -> None:
    (line,) = told(ledger)

    assert line.startswith(f"ok {ledger} is sound; ")
    assert line.endswith(f"schema {condition_of(ledger).newest}")


def test_none_yet_is_no_fault_and_none_is_made(tmp_path: Path) -> None:
    path = tmp_path / "later" / "digest.db"

    assert told(path) == [f"ok there is none yet; the first run makes {path}"]
    assert not path.parent.exists()


def test_a_file_where_the_folder_belongs(tmp_path: Path) -> None:
    (tmp_path / "later").write_text("", encoding="utf-8")

    (line,) = told(tmp_path / "later" / "digest.db")

    assert (
        line
        == f"FAIL {tmp_path / 'later'} cannot be written to; give this account the right to, or set `ledger`"
    )


def test_a_file_that_others_may_read(ledger: Path) -> None:
    ledger.chmod(0o644)

    first, last = told(ledger)

    assert first.startswith(f"warn others may read {ledger} (mode 0644)")
    assert last.startswith("ok ")
    assert ledger.stat().st_mode & 0o777 == 0o644  # the look itself changed nothing


def test_a_folder_in_which_everybody_may_replace_it(ledger: Path) -> None:
    ledger.parent.chmod(0o777)

    assert (
        f"FAIL everybody may put another file in its place in {ledger.parent}; chmod o-w {ledger.parent}"
        in told(ledger)
    )


def test_a_folder_that_every_account_can_look_into(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.parent.chmod(0o755)
    open_to_all = os.stat_result((0o40755, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    real = Path.stat
    monkeypatch.setattr(Path, "stat", lambda p, **kw: real(p, **kw) if p == ledger else open_to_all)

    assert (
        f"warn every account of this machine can look into {ledger.parent}; chmod o-rx {ledger.parent}"
        in told(ledger)
    )


def test_a_folder_behind_a_closed_one_is_nobodys_to_look_into(ledger: Path) -> None:
    ledger.parent.chmod(0o755)  # pytest's own folder above is its owner's alone

    assert len(told(ledger)) == 1


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("nfs4", "FAIL {} lies on a network share (nfs4); set `ledger` to a path on a local disk"),
        (
            "fuse.sshfs",
            "FAIL {} lies on a network share (fuse.sshfs); set `ledger` to a path on a local disk",
        ),
        ("tmpfs", "warn {} lies in memory (tmpfs) and is gone when the machine restarts; set"),
        (
            "overlay",
            "warn {} lies in the container's own layer and goes with it; editions would go out again;",
        ),
    ],
)
def test_a_place_that_does_not_keep_it(ledger: Path, kind: str, says: str) -> None:
    first = told(ledger, f"22 1 8:1 / / rw - {kind} x rw\n")[0]

    assert first.startswith(says.format(ledger))


def test_a_damaged_file_says_what_is_at_stake(ledger: Path) -> None:
    ledger.write_bytes(b"SQLite format 3\0" + b"damage" * 1000)

    (line,) = told(ledger)

    assert line.startswith(f"FAIL {ledger} is damaged; put a backup in its place")
    assert line.endswith("an edition that went out would go out again")


def test_damage_in_the_middle_is_found_too(ledger: Path) -> None:
    content = bytearray(ledger.read_bytes())
    content[4096 : 4096 * 3] = b"\xff" * 8192
    ledger.write_bytes(content)

    assert told(ledger)[-1].startswith(f"FAIL {ledger} is damaged")


@pytest.mark.parametrize(
    ("schema", "level", "says"),
    [
        (
            "9999",
            Level.FAIL,
            "was written by a newer version of this program (schema 9999); install that version",
        ),
        ("0001", Level.OK, "is sound"),
    ],
)
def test_another_schema_is_told_and_left_as_it_is(ledger: Path, schema: str, level: Level, says: str) -> None:
    with closing(sqlite3.connect(ledger)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = ?", (schema,))
        raw.commit()

    line = told(ledger)[-1]

    assert line.startswith(f"{level.value} {ledger} {says}")
    assert condition_of(ledger).schema == schema
    assert not condition_of(ledger).current


def test_an_empty_file_is_set_up_by_the_first_run(ledger: Path) -> None:
    for file in ledger.parent.iterdir():
        file.unlink()
    ledger.touch(0o600)

    assert told(ledger) == [f"ok {ledger} is empty; the first run sets it up"]


def test_a_full_disk_is_told(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10 << 20))

    assert told(ledger)[0] == (
        f"FAIL 10 MB are free on the disk of {ledger.parent}; free some: without room nothing is sent"
    )
