"""A sender in a process of its own, that dies without a word at a named place. For test_crash.py.

Usage: sender.py LEDGER PORT PLACE NTH PEOPLE…   (PLACE `nowhere` does not die)
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from delivery.fakes import frozen

from digest.delivery.base import Context
from digest.delivery.deliver import Pace, deliver
from digest.delivery.smtp import SmtpChannel
from digest.delivery.smtp_session import Session
from digest.delivery.smtp_settings import Settings
from digest.ledger import Ledger

# Where it may die: before or after a step of the ledger or of the conversation.
PLACES = {
    "before address": (Ledger, "address", False),
    "after address": (Ledger, "address", True),
    "after claim": (Ledger, "claim", True),
    "after envelope": (Session, "envelope", True),
    "after body": (Session, "write", True),
    "before intent": (Ledger, "intend", False),
    "after intent": (Ledger, "intend", True),
    "after answer": (Session, "finish", True),
    "after settle": (Ledger, "settle", True),
    "before conclude": (Ledger, "conclude", False),
    "after conclude": (Ledger, "conclude", True),
}


def die_at(place: str, nth: int) -> None:
    """Make the n-th passing of a place the process's last moment."""
    owner, name, after = PLACES[place]
    step = getattr(owner, name)
    passed = 0

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal passed
        passed += 1
        if passed == nth and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = step(*args, **kwargs)
        if passed == nth and after:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, wrapped)


def main() -> None:
    """Deliver May's edition."""
    path, port, place, nth, *people = sys.argv[1:]
    if place != "nowhere":
        die_at(place, int(nth))
    settings = Settings(
        host="127.0.0.1", port=int(port), tls="none", sender="digest@example.org", recipients=people
    )
    with Ledger.open(Path(path)) as ledger:
        channel = SmtpChannel("mail", settings, Context(Path("/")))
        outcome = deliver(frozen(ledger), [channel], ledger, pace=Pace((0.1, 0.1), lambda _: None))
    print(outcome.sent, *sorted(f"{one.target}={one.state}" for one in outcome.deliveries))


if __name__ == "__main__":
    main()
