import os
import signal
import threading
from collections.abc import Iterator

import pytest

from digest.cli.common import Lines, Stop, Stopped


@pytest.fixture
def stop() -> Iterator[Stop]:
    before = signal.getsignal(signal.SIGTERM)
    yield Stop()
    signal.signal(signal.SIGTERM, before)


def test_a_run_that_is_asked_to_end_ends_between_two_messages(stop: Stop) -> None:
    lines = Lines(quiet=True, stop=stop)
    lines.count(1, 3)

    os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Stopped, match="run again"):
        lines.count(2, 3)


def test_one_that_is_not_asked_goes_on(stop: Stop) -> None:
    Lines(quiet=True, stop=stop).stage("delivering")


def test_a_wait_ends_soon_after_the_process_was_asked_to_end(stop: Stop) -> None:
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
    with pytest.raises(Stopped):
        stop.sleep(600)
