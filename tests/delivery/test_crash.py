"""Killed anywhere, and run again: nobody gets two, nobody is left out unnamed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from delivery.sender import PLACES
from servers.scripted_smtp import Scripted, scripted_smtp

PEOPLE = [f"p{n}@example.org" for n in range(4)]
SENDER = Path(__file__).with_name("sender.py")
# In these the answer was not noted, so that one person is held as unknown.
DOUBT = {"after intent": "not taken", "after answer": "taken"}


def start(path: Path, port: int, place: str = "nowhere", nth: int = 1) -> "subprocess.Popen[str]":
    command = [sys.executable, str(SENDER), str(path), str(port), place, str(nth), *PEOPLE]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def end(process: "subprocess.Popen[str]") -> tuple[int, dict[str, str]]:
    """Return the exit status, and where each delivery stood at the end."""
    output, _ = process.communicate(timeout=60)
    pairs = (word.split("=") for word in output.split()[1:])
    return process.returncode, dict(pairs)


def check(script: Scripted, states: dict[str, str]) -> list[str]:
    """Check what holds after every crash; return who is unknown."""
    assert sorted(states) == PEOPLE
    assert max(script.taken.count(name) for name in PEOPLE) == 1
    unknown = [name for name, state in states.items() if state == "unknown"]
    assert {name for name, state in states.items() if state == "sent"} <= set(script.taken)
    assert set(PEOPLE) - set(script.taken) <= set(unknown)
    assert set(states.values()) <= {"sent", "unknown"}
    return unknown


@pytest.mark.parametrize("place", PLACES)
def test_killed_at_a_place_and_run_again(tmp_path: Path, place: str) -> None:
    per_edition = place.endswith(("address", "conclude"))
    with scripted_smtp() as script:
        killed, _ = end(start(tmp_path / "digest.db", script.port, place, 1 if per_edition else 2))
        status, states = end(start(tmp_path / "digest.db", script.port))
        unknown = check(script, states)
    assert (killed, status) == (-signal.SIGKILL, 0)
    assert len(unknown) == (place in DOUBT)
    if place in DOUBT:
        assert (unknown[0] in script.taken) is (DOUBT[place] == "taken")


def test_killed_while_the_server_has_the_mail_and_has_not_answered(tmp_path: Path) -> None:
    running: list[subprocess.Popen[str]] = []
    with scripted_smtp() as script:

        def kill(_recipient: str) -> None:
            if len(script.dots) == 2:
                running[0].kill()
                running[0].wait()

        script.on_dot = kill
        running.append(start(tmp_path / "digest.db", script.port))
        assert end(running[0])[0] == -signal.SIGKILL
        script.on_dot = None
        _, states = end(start(tmp_path / "digest.db", script.port))
        unknown = check(script, states)
    assert unknown == [script.dots[1]]


def test_two_that_deliver_at_once_share_the_work(tmp_path: Path) -> None:
    with scripted_smtp() as script:
        both = [start(tmp_path / "digest.db", script.port) for _ in range(2)]
        ends = [end(process) for process in both]
        _, states = end(start(tmp_path / "digest.db", script.port))
        assert check(script, states) == []
    assert [status for status, _ in ends] == [0, 0]
