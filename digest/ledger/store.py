"""The ledger's file: how it is opened, kept safe against power loss, and how its faults are worded.

WAL with `synchronous=FULL`: what was committed survives a power cut, so an intent to send is never
forgotten. NORMAL would be faster, and would turn a power cut into second copies.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, text
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.dialects.sqlite.dml import Insert
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import Table

from digest.errors import LedgerError
from digest.ledger.codec import stamp
from digest.ledger.migrations import NEWEST
from digest.ledger.tables import meta, metadata

BUSY_S = 30.0
_WRITE = "digest_write"

Clock = Callable[[], datetime]


def now_utc() -> datetime:
    """Return the time; the ledger's clock unless it is given another."""
    return datetime.now(UTC)


class Overtaken(LedgerError):  # noqa: N818 - it says what is so
    """Another process changed the edition first; the ledger is well, and the next run goes on from there."""


class Store:
    """An open ledger file, or one in memory; the stages' parts of the ledger build on it."""

    def __init__(self, path: Path | None, clock: Clock = now_utc, busy_s: float = BUSY_S) -> None:
        self.path = path
        self.clock = clock
        self.busy_s = busy_s
        # A worker is one opening of the ledger; claims bear its id.
        self.worker = f"w-{uuid4().hex[:16]}"
        with self._worded():
            if path is not None:
                _make_file(path)
            self._engine = _engine(path, busy_s)
            try:
                self._prepare()
            except BaseException:
                self._engine.dispose()  # what cannot be used is not held open
                raise

    def now(self) -> str:
        """Return the ledger's time as it is stored."""
        return stamp(self.clock())

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the ledger throughout."""
        with self._worded(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection that holds the write lock from its first statement; commits at the end.

        A transaction that reads first and upgrades later fails at once where another one wrote in
        between, whatever the time-out.
        """
        with self._worded(), self._engine.connect() as plain:
            connection = plain.execution_options(**{_WRITE: True})
            with connection.begin():
                yield connection

    def dispose(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def _prepare(self) -> None:
        if self.path is None:
            with self.writing() as connection:
                metadata.create_all(connection)
                _found(connection, self.now())
            return
        with self.reading() as connection:
            damage = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
            version = _version(connection)
        if damage != "ok":
            raise LedgerError(_damaged(self.path))
        if version != NEWEST:
            _check_known(version, self.path)
            with self.writing() as connection:
                # Another process may have brought it up to date meanwhile.
                if _version(connection) != NEWEST:
                    _migrate(connection)
                    _found(connection, self.now())

    @contextmanager
    def _worded(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise LedgerError(_words(error.orig, self.path, self.busy_s)) from error
        except sqlite3.Error as error:
            raise LedgerError(_words(error, self.path, self.busy_s)) from error
        except SQLAlchemyError as error:
            message = f"the ledger {self.path or 'in memory'} failed: {type(error).__name__}"
            raise LedgerError(message) from error


def insert_new(connection: Connection, table: Table) -> Insert:
    """Return an INSERT that leaves rows alone whose key is there already; its rowcount tells."""
    if connection.dialect.name != "sqlite":  # pragma: no cover - PostgreSQL comes with its own issue
        raise NotImplementedError(connection.dialect.name)
    return sqlite_insert(table).on_conflict_do_nothing()


def _make_file(path: Path) -> None:
    """Create the file for its owner alone; SQLite gives its companions (-wal, -shm) the same mode."""
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(descriptor).st_mode & 0o077 and hasattr(os, "fchmod"):
                os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
    except OSError as error:
        message = (
            f"the ledger {path} cannot be opened or made: {error.strerror}; check the path and its owner"
        )
        raise LedgerError(message) from error


def _set(raw: sqlite3.Connection, path: Path | None) -> None:
    raw.isolation_level = None  # the driver begins nothing by itself
    raw.execute("PRAGMA foreign_keys=ON")
    if path is None:
        return
    mode = raw.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    if mode != "wal":
        message = (
            f"the ledger {path} lies where SQLite cannot keep a log (a network share?); put it on a disk"
        )
        raise LedgerError(message)
    raw.execute("PRAGMA synchronous=FULL")
    raw.execute("PRAGMA fullfsync=ON")  # macOS keeps its promise only so; elsewhere it does nothing


def _engine(path: Path | None, busy_s: float) -> Engine:
    if path is None:
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        url = "sqlite:///" + str(path)
        engine = create_engine(url, connect_args={"timeout": busy_s})

    @event.listens_for(engine, "connect")
    def _settings(raw: sqlite3.Connection, _record: object) -> None:
        try:
            _set(raw, path)
        except BaseException:
            raw.close()  # the pool never gets it, so nobody else would
            raise

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _check_known(version: str | None, path: Path) -> None:
    if version is not None and version > NEWEST:
        message = (
            f"the ledger {path} was written by a newer version of this program (schema {version}, "
            f"this one knows {NEWEST}); install that version"
        )
        raise LedgerError(message)


def _migrate(connection: Connection) -> None:
    # Imported here: an up-to-date ledger opens without it.
    from alembic import command  # noqa: PLC0415 - half the start-up time, needed once a schema
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _found(connection: Connection, now: str) -> None:
    """Note when this ledger began, and the key that hides its targets; once."""
    for key, value in (("installed_at", now), ("target_salt", uuid4().hex + uuid4().hex)):
        if connection.execute(select(meta.c.value).where(meta.c.key == key)).first() is None:
            connection.execute(insert(meta).values(key=key, value=value))


def _damaged(path: Path | None) -> str:
    return (
        f"the ledger {path} is damaged; put a backup in its place. Without it the program does not know "
        "what was sent: an edition that went out would go out again"
    )


def _words(error: BaseException | None, path: Path | None, busy_s: float) -> str:
    name = getattr(error, "sqlite_errorname", None) or ""
    where = f"the ledger {path or 'in memory'}"
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"{where} was held by another process for {busy_s:.0f} s; let that one end, then run again"
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return f"{where} cannot be written: the disk is full or failing; free some space, then run again"
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return _damaged(path)
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return f"{where} cannot be opened for writing; check its owner and the owner of its folder"
    return f"{where} failed: {name or type(error).__name__}"
