"""The file itself: its modes, its promises against power loss, its faults worded."""

import os
import re
import sqlite3
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from builders import edition, incident
from sqlalchemy import create_engine

from digest.errors import LedgerError
from digest.ledger import Ledger
from digest.ledger.codec import from_json, to_json
from digest.ledger.migrations import NEWEST
from digest.ledger.tables import metadata
from digest.model import Edition, Incident


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_file_its_companions_and_its_folder_are_the_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0o000)
    try:
        path = tmp_path / "state" / "digest.db"
        with Ledger.open(path) as ledger, ledger.writing():
            found = {file.name: mode(file) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert found == {"digest.db": 0o600, "digest.db-wal": 0o600, "digest.db-shm": 0o600}
    assert mode(path.parent) == 0o700


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    path.touch()
    path.chmod(0o644)
    Ledger.open(path).close()
    assert mode(path) == 0o600


def test_every_connection_logs_ahead_and_waits_for_the_disk(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "digest.db") as ledger, ledger.reading() as one, ledger.reading() as two:
        for connection in (one, two):
            read = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
            assert read == {
                "journal_mode": "wal",
                "synchronous": 2,
                "foreign_keys": 1,
                "busy_timeout": 30_000,
            }


def test_the_migrations_make_the_tables_that_the_program_uses(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    Ledger.open(path).close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_the_newest_schema_known_is_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "digest:ledger/migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [NEWEST]


def test_a_ledger_newer_than_the_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    Ledger.open(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    with pytest.raises(LedgerError, match=r"newer version .*9999.*install that version"):
        Ledger.open(path)


def test_a_migration_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "digest.db"
    monkeypatch.setattr("digest.ledger.store._found", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Ledger.open(path)
    monkeypatch.undo()
    raw = sqlite3.connect(path)
    assert raw.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    raw.close()
    Ledger.open(path).close()


@pytest.mark.parametrize("damage", [b"not a database at all, but a text\n" * 40, None])
def test_a_damaged_file_says_what_to_do(tmp_path: Path, damage: bytes | None) -> None:
    path = tmp_path / "digest.db"
    Ledger.open(path).close()
    content = path.read_bytes()
    path.write_bytes(damage or content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(LedgerError, match="is damaged; put a backup in its place"):
        Ledger.open(path)


def test_a_ledger_held_by_another_process_says_so(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    Ledger.open(path).close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with (
        Ledger.open(path, busy_s=0.05) as ledger,
        pytest.raises(LedgerError, match="held by another process"),
    ):
        ledger.discard("none")
    holder.execute("ROLLBACK")
    holder.close()


def test_a_full_disk_says_so_and_keeps_what_was_committed(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with Ledger.open(path) as ledger:
        ledger.suppress("ana@example.org", "asked to")
        with ledger.reading() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        with pytest.raises(LedgerError, match="disk is full"):
            ledger.suppress("ben@example.org", "x" * 100_000)
    with Ledger.open(path) as ledger, ledger.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM suppression").scalar_one() == 1


def test_a_folder_in_place_of_the_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be opened or made"):
        Ledger.open(tmp_path)


def test_every_fault_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LedgerError) as caught:
        Ledger.open(tmp_path / "missing" / ("x" * 300) / "digest.db")
    assert re.fullmatch(r"[^\n]+", str(caught.value))


def test_in_memory_it_answers_like_a_file() -> None:
    with Ledger.open(None) as ledger:
        assert ledger.held("2026-05") is None
        assert ledger.editions() == ()


def test_values_come_back_as_they_were() -> None:
    assert from_json(to_json(edition(), Edition), Edition) == edition()
    assert from_json(to_json(incident(text="# A\n\nB"), Incident), Incident) == incident(text="# A\n\nB")


def test_half_a_character_does_not_stop_a_month() -> None:
    back = from_json(to_json(incident(title="Slow \ud83d again"), Incident), Incident)
    assert back.title == "Slow \ufffd again"


def test_a_value_of_another_version_says_so_without_its_words() -> None:
    with pytest.raises(LedgerError, match="this version cannot read") as caught:
        from_json('{"key": "canary-secret", "nonsense": 1}', Incident)
    assert "canary" not in str(caught.value)
