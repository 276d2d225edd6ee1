"""Tries again what is worth it, for as long as the patience lasts."""

from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying

from digest.errors import Reason
from digest.http.failure import ONCE, PATIENTLY, Failure
from digest.http.pace import Pace
from digest.http.waits import next_wait, spoken

_TELL_FROM_S = 5

T = TypeVar("T")
Worth = Callable[[Failure], int]


def reading(failure: Failure) -> int:
    """Return how many tries a failed reading is worth in all; reading twice harms nobody."""
    return failure.tries


def writing(failure: Failure) -> int:
    """Return how many tries a failed writing is worth in all: more than one where nothing was done."""
    return failure.tries if failure.reason is Reason.RATE_LIMITED or not failure.sent else ONCE


def persist(step: Callable[[], T], worth: Worth, pace: Pace, tell: Callable[[str], None]) -> T:
    """Take a step until it succeeds; `tell` hears of every wait that is felt.

    Raises:
        Failure: the last one, once it is not worth another try or the next would end the patience.
    """
    started = pace.clock()
    spoilt = 0

    def is_worth_another(state: RetryCallState) -> bool:
        nonlocal spoilt
        failure = _failure(state)
        if failure is None or worth(failure) == ONCE:
            return False
        # A long outage does not count against the first garbled answer after it.
        spoilt += worth(failure) < PATIENTLY
        return spoilt < worth(failure)

    def spent_s() -> float:
        # The waits count in full, whatever the clock made of them.
        return float(max(pace.clock() - started, retrying.statistics["idle_for"]))

    def announce(state: RetryCallState) -> None:
        failure = _failure(state)
        if failure is not None and state.upcoming_sleep >= _TELL_FROM_S:
            tell(_waiting(failure, state.upcoming_sleep))

    retrying = Retrying(
        sleep=pace.sleep,
        retry=is_worth_another,
        wait=lambda state: _wait(state, pace.jitter()),
        stop=lambda state: spent_s() + state.upcoming_sleep > pace.patience_s,
        before_sleep=announce,
        reraise=True,
    )
    try:
        return retrying(step)
    except Failure as failure:
        failure.tried = retrying.statistics["attempt_number"]
        failure.spent_s = spent_s()
        raise


def _failure(state: RetryCallState) -> Failure | None:
    """Return why the try failed; None where it succeeded, or was stopped by something else."""
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, Failure) else None


def _wait(state: RetryCallState, jitter: float) -> float:
    failure = _failure(state)
    if failure is None:
        return 0.0
    limited = failure.reason is Reason.RATE_LIMITED
    return next_wait(state.attempt_number, failure.told_s, limited=limited, jitter=jitter)


def _waiting(failure: Failure, wait_s: float) -> str:
    asked_s = failure.told_s or 0.0
    if asked_s > wait_s:
        return f"waiting {spoken(wait_s)} of the {spoken(asked_s)} that it asked for"
    if asked_s > 0:
        return f"waiting {spoken(wait_s)}, as it asked"
    return f"{failure.detail}; trying again in {spoken(wait_s)}"
