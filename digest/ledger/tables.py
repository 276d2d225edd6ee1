"""The ledger's tables. Types are those that SQLite and PostgreSQL share; times are UTC, ISO 8601 text.

Text of one fixed width sorts as the times do, and is read by people without a tool. A change here
needs a migration beside it; a test compares the two.
"""

from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

metadata = MetaData()

edition = Table(
    "edition",
    metadata,
    Column("id", String, primary_key=True),
    Column("period", String, nullable=False),  # "2026-10"
    Column("audience", String, nullable=False),
    Column("revision", Integer, nullable=False),  # a correction is a new row
    Column("state", String, nullable=False),
    Column("due_at", String, nullable=False),
    Column("window_start", String, nullable=False),
    Column("window_end", String, nullable=False),
    Column("cutoff", String),  # when its incidents were collected
    Column("config_hash", String, nullable=False),
    Column("snapshot_hash", String),  # of the month's incidents as they were held
    Column("edition_hash", String),  # artefact: the Edition
    Column("content_hash", String),  # artefact: the Rendering, what is sent
    Column("recipients_hash", String),
    Column("owner", String),
    Column("lease_until", String),
    Column("fence", Integer, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),  # that did not end in an orderly way
    Column("addressed_at", String),  # first; chats and mails wait for the page from then on
    Column("decisions_hash", String),  # of the editor's file as it was applied
    Column("failed_step", String),
    Column("error_class", String),  # never the message with values
    Column("created_at", String, nullable=False),
    Column("updated_at", String, nullable=False),
    # The only judge of "once".
    UniqueConstraint("period", "audience", "revision", name="edition_once"),
)

month = Table(
    "month",
    metadata,
    Column("period", String, primary_key=True),
    Column("private", Integer, nullable=False),  # how many were left out; the operator's eyes only
    Column("unchecked", Integer, nullable=False),
    Column("stored_at", String, nullable=False),
)

source_pull = Table(
    "source_pull",
    metadata,
    Column("period", String, primary_key=True),
    Column("source", String, primary_key=True),
    Column("pull_id", String, primary_key=True),  # counted up: the newest sorts last
    Column("state", String, nullable=False),  # running, complete, incomplete, failed
    Column("read_at", String, nullable=False),
    Column("cursor", String),
    Column("pages", Integer),
    Column("items", Integer),
    Column("stated_total", Integer),
    Column("skew_ms", Integer),
)

incident = Table(
    "incident",
    metadata,
    Column("period", String, primary_key=True),
    Column("source", String, primary_key=True),
    Column("source_id", String, primary_key=True),
    Column("version", String),
    Column("visibility", String, nullable=False),
    Column("body_hash", String, nullable=False),
    Column("doc", String, nullable=False),  # JSON, redacted; never raw text
    Column("state", String, nullable=False),  # ok, quarantined, withheld
)

artefact = Table(
    "artefact",
    metadata,
    Column("content_hash", String, primary_key=True),
    Column("kind", String, nullable=False),  # edition, rendering
    Column("bytes", LargeBinary, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    Column("edition_id", String, ForeignKey("edition.id"), primary_key=True),
    Column("channel", String, primary_key=True),  # the configured name
    Column("target_key", String, primary_key=True),  # keyed hash of the normalised target
    Column("address", String),  # the target as written; erased after the retention time
    Column("state", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("next_at", String),
    Column("owner", String),
    Column("lease_until", String),
    Column("fence", Integer, nullable=False),
    Column("idem_key", String, nullable=False, unique=True),
    Column("content_hash", String, nullable=False),
    Column("message_id", String, nullable=False),  # the left half of the Message-ID, for every attempt
    Column("remote_ref", String),
    Column("remote_url", String),  # where readers find it: a page's address
    Column("last_code", Integer),
    Column("last_text", String),
    Column("updated_at", String, nullable=False),
)
# What is open alone, in the order of claiming: the rows already sent cost a claim nothing.
DUE = text("state IN ('pending', 'retry_wait')")
Index(
    "delivery_todo",
    delivery.c.edition_id,
    delivery.c.channel,
    delivery.c.target_key,
    sqlite_where=DUE,
    postgresql_where=DUE,
)

attempt = Table(
    "attempt",
    metadata,
    Column("edition_id", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("target_key", String, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("worker", String, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("intent_at", String),  # None: it ended before the point of no return
    Column("ended_at", String),
    Column("outcome", String),
    Column("code", Integer),
    ForeignKeyConstraint(
        ["edition_id", "channel", "target_key"],
        ["delivery.edition_id", "delivery.channel", "delivery.target_key"],
    ),
)

suppression = Table(
    "suppression",
    metadata,
    Column("target_key", String, primary_key=True),
    Column("scope", String, primary_key=True),  # "all", or an audience
    Column("reason", String, nullable=False),
    Column("since", String, nullable=False),
)

notice = Table(
    "notice",
    metadata,
    Column("key", String, primary_key=True),  # what it says
    Column("target_key", String, primary_key=True),
    Column("state", String, nullable=False),  # taken, sent
    Column("at", String, nullable=False),
)

worker = Table(
    "worker",
    metadata,
    Column("id", String, primary_key=True),
    Column("host", String, nullable=False),
    Column("boot", String, nullable=False),  # which start of the machine; empty: not known
    Column("space", String, nullable=False),  # which space of process ids; empty: not known
    Column("pid", Integer, nullable=False),
    Column("started_at", String, nullable=False),  # the process's own start, as the system counts
    Column("heartbeat_at", String, nullable=False),
)

meta = Table(
    "meta",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", String, nullable=False),
)
