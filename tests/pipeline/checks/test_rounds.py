"""All looks together: in their order, each on its own, and none longer than it may take."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pipeline.checks.fakes_of_checks import FakeChannel, FakeTracker, october
from workshop import Workshop

from digest.config import load
from digest.errors import ConfigError, Reason, RemoteError
from digest.ledger import Ledger
from digest.pipeline.checks.report import Check, Level, fail, guarded, ok
from digest.pipeline.checks.rounds import Terms, rounds

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DOWN = RemoteError("x", Reason.UNAVAILABLE, "503: busy; try again later")


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def looked(
    shop: Workshop, *, trackers: list[FakeTracker], channels: list[FakeChannel], **over: object
) -> list[Check]:
    setup = replace(shop.setup(), trackers=tuple(trackers), channels=tuple(channels))
    return list(rounds(load(shop.file), setup, Terms(now=lambda: NOW, **over)))  # type: ignore[arg-type]  # fakes


def subjects(checks: list[Check]) -> list[str]:
    return list(dict.fromkeys(check.subject for check in checks))


def test_each_part_is_looked_at_in_order_and_nothing_is_sent_or_stored(shop: Workshop) -> None:
    channel = FakeChannel()
    before = sorted(shop.folder.rglob("*"))

    checks = looked(shop, trackers=[FakeTracker([october()], time=NOW)], channels=[channel])

    assert subjects(checks) == [
        *("config", "templates", "python", "clock", "ledger", "schedule", "timer"),
        *("tracker issues", "channel mail", "approval"),
    ]
    assert Level.FAIL not in {check.level for check in checks}
    assert not channel.touched
    assert sorted(shop.folder.rglob("*")) == before


def test_what_is_broken_keeps_nothing_else_from_being_looked_at(shop: Workshop) -> None:
    Ledger.open(shop.folder / "digest.db").close()
    (shop.folder / "digest.db").write_bytes(b"nonsense" * 1000)
    trackers = [
        FakeTracker(name="one", said=DOWN, time=DOWN),
        FakeTracker(name="two", fetching=ConfigError("tracker two", "no such folder")),
        FakeTracker([october()], name="three", time=NOW),
    ]
    channels = [FakeChannel(name="first", said=DOWN), FakeChannel(name="second")]

    checks = looked(shop, trackers=trackers, channels=channels)

    failed = [(check.subject, str(check)) for check in checks if check.level is Level.FAIL]
    assert [subject for subject, _ in failed] == ["ledger", "tracker one", "tracker two", "channel first"]
    assert failed[1][1] == failed[3][1] == "503: busy; try again later"
    assert failed[2][1] == "tracker two: no such folder"
    assert {"tracker three", "channel second", "approval", "schedule"} <= set(subjects(checks))


def test_a_tracker_that_cannot_be_reached_is_not_read(shop: Workshop) -> None:
    down = FakeTracker(said=DOWN)

    looked(shop, trackers=[down], channels=[])

    assert down.fetched == []


def test_every_check_is_one_line(shop: Workshop) -> None:
    two_lines = RemoteError("x", Reason.REJECTED, "first line\nsecond line")

    checks = looked(shop, trackers=[FakeTracker(said=two_lines)], channels=[FakeChannel(said=two_lines)])

    assert [str(check) for check in checks if check.level is Level.FAIL] == ["first line second line"] * 2
    assert not any("\n" in str(check) for check in checks)


def test_a_look_that_takes_too_long_is_left_behind() -> None:
    released = threading.Event()

    def hanging() -> Iterator[Check]:
        released.wait(60)
        yield ok("channel mail", "never told")

    (check,) = guarded("channel mail", hanging, patience_s=0.05)
    released.set()

    assert (check.level, check.found) == (Level.FAIL, "no result within 0 s")


def test_what_was_found_before_a_failure_is_told_too() -> None:
    def half() -> Iterator[Check]:
        yield ok("x", "so far")
        raise DOWN

    assert guarded("x", half, 5) == (ok("x", "so far"), fail("x", "503: busy; try again later"))


def test_a_fault_of_a_connector_is_named_by_its_class_and_never_by_its_words() -> None:
    def faulty() -> Iterator[Check]:
        yield from ()
        raise ValueError("canary-secret")

    (check,) = guarded("channel board", faulty, 5)

    assert check.level is Level.FAIL
    assert "(ValueError)" in str(check)
    assert "canary" not in str(check)


def test_progress_names_what_is_looked_at(shop: Workshop) -> None:
    heard: list[str] = []

    looked(shop, trackers=[FakeTracker()], channels=[], tell=heard.append)

    assert heard[:2] == ["config", "templates"]
    assert "tracker issues" in heard


def test_the_ledgers_last_tick_is_read_from_a_ledger_that_is_there(shop: Workshop) -> None:
    with Ledger.open(shop.folder / "digest.db", clock=lambda: NOW) as ledger:
        ledger.ticked(NOW)

    checks = looked(shop, trackers=[], channels=[])

    assert [str(c) for c in checks if c.subject == "timer"] == ["looked what is due less than a minute ago"]
