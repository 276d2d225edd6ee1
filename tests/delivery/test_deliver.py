"""Delivering: each target once, whatever goes wrong, and what went wrong is said."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from builders import NOW
from delivery.fakes import FakeChannel, frozen, run, states
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.delivery.base import CHATS, MAIL, PAGES, ChannelDown, TargetRefused
from digest.delivery.deliver import deliver
from digest.errors import LedgerError, Reason, RemoteError
from digest.ledger import EditionState, Ledger
from digest.model import Delivery, DeliveryState

ANA, BEN, CAM = "ana@example.org", "ben@example.org", "cam@example.org"
ALL = [ANA, BEN, CAM]


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(clock: Clock) -> Any:
    with Ledger.open(None, clock=clock) as opened:
        yield opened


def down(reason: Reason = Reason.UNAVAILABLE) -> ChannelDown:
    return ChannelDown("mail", reason, "the server is closing")


def silent() -> RemoteError:
    return RemoteError("mail", Reason.NO_ANSWER, "no answer; it may have arrived")


def later() -> TargetRefused:
    return TargetRefused("mail", Reason.UNAVAILABLE, "450 greylisted", 450)


def never() -> TargetRefused:
    return TargetRefused("mail", Reason.REJECTED, "550 no such user", 550)


def test_everybody_gets_it_and_the_second_run_sends_nothing(ledger: Ledger) -> None:
    channel = FakeChannel(ALL)
    assert run(ledger, channel).sent == 3
    again = run(ledger, channel)
    assert (again.sent, again.problems, sorted(channel.sent)) == (0, (), ALL)
    assert ledger.editions()[0].state is EditionState.SENT


def test_pages_go_before_chats_and_chats_before_mail(ledger: Ledger) -> None:
    order: list[str] = []
    channels = [
        FakeChannel([name], name=name, order=place, on_send=order.append)
        for name, place in (("mail", MAIL), ("chat", CHATS), ("wiki", PAGES))
    ]
    run(ledger, *channels)
    assert order == ["wiki", "chat", "mail"]
    assert [channel.closed for channel in channels] == [1, 1, 1]


def test_a_target_that_fails_stops_nobody_else(ledger: Ledger) -> None:
    channel = FakeChannel(ALL, before={BEN: [never()]})
    outcome = run(ledger, channel)
    assert states(outcome) == {ANA: "sent", BEN: "failed", CAM: "sent"}
    assert [(p.subject, p.detail) for p in outcome.problems] == [(f"mail: {BEN}", "failed: 550 no such user")]
    assert ledger.editions()[0].state is EditionState.SENT_WITH_GAPS


def test_one_put_off_is_tried_again_when_it_is_due(ledger: Ledger, clock: Clock) -> None:
    channel = FakeChannel(ALL, before={BEN: [later()]})
    assert states(run(ledger, channel))[BEN] == "retry_wait"
    assert run(ledger, channel).sent == 0
    clock.now += timedelta(minutes=1)
    assert states(run(ledger, channel))[BEN] == "sent"
    assert sorted(channel.sent) == ALL


def test_after_no_answer_nobody_is_written_to_twice(ledger: Ledger, clock: Clock) -> None:
    channel = FakeChannel(ALL, after={BEN: [silent()]})
    outcome = run(ledger, channel)
    assert states(outcome) == {ANA: "sent", BEN: "unknown", CAM: "sent"}
    assert outcome.problems[0].detail == "unknown: no answer; it may have arrived"
    clock.now += timedelta(days=1)
    again = run(ledger, channel)
    assert (again.sent, channel.sent.count(BEN)) == (0, 1)
    assert again.problems == outcome.problems


def test_what_can_be_repeated_without_harm_is_never_in_doubt(ledger: Ledger, clock: Clock) -> None:
    channel = FakeChannel(["/srv/out"], name="outbox", repeatable=True, after={"/srv/out": [silent()]})
    assert states(run(ledger, channel)) == {"/srv/out": "retry_wait"}
    clock.now += timedelta(minutes=1)
    assert states(run(ledger, channel)) == {"/srv/out": "sent"}


def test_a_channel_that_recovers_serves_everybody_in_one_run(ledger: Ledger) -> None:
    channel = FakeChannel(ALL, before={ANA: [down(), down()], CAM: [down()]}, after={BEN: [down()]})
    outcome = run(ledger, channel)
    assert (sorted(channel.sent), outcome.problems) == (ALL, ())
    assert {one.attempt for one in outcome.deliveries if one.target != BEN} == {1}


def test_a_channel_that_stays_down_leaves_its_targets_pending_and_other_channels_alone(
    ledger: Ledger,
) -> None:
    waits: list[float] = []
    mail = FakeChannel(ALL, before={name: [down() for _ in range(9)] for name in ALL})
    wiki = FakeChannel(["page"], name="wiki", order=PAGES)
    from digest.delivery.deliver import Pace  # noqa: PLC0415 - only here with a sleep that is watched

    outcome = deliver(frozen(ledger), [mail, wiki], ledger, pace=Pace((1, 4, 10), waits.append))
    assert waits == [1, 4, 10]
    assert states(outcome) == {ANA: "pending", BEN: "pending", CAM: "pending", "page": "sent"}
    assert [problem.subject for problem in outcome.problems] == ["mail"]
    assert ledger.editions()[0].state is EditionState.SENDING


@pytest.mark.parametrize("error", [down(Reason.AUTH), RemoteError("wiki", Reason.AUTH, "401")])
def test_a_channel_that_does_not_let_us_in_is_asked_once(ledger: Ledger, error: RemoteError) -> None:
    asked: list[str] = []
    channel = FakeChannel(ALL, before={name: [error] for name in ALL}, on_send=asked.append)
    outcome = run(ledger, channel)
    assert len(asked) == 1
    assert set(states(outcome).values()) == {"pending"}


def test_a_server_that_swallows_every_answer_is_left_after_a_few(ledger: Ledger) -> None:
    people = [f"p{n}@example.org" for n in range(30)]
    channel = FakeChannel(people, after={name: [silent()] for name in people})
    outcome = run(ledger, channel)
    found = [one.state for one in outcome.deliveries]
    assert (found.count(DeliveryState.UNKNOWN), found.count(DeliveryState.PENDING)) == (4, 26)


def test_a_mail_that_everybody_s_server_refuses_alike_stops_the_channel(ledger: Ledger) -> None:
    people = [f"p{n}@example.org" for n in range(30)]
    channel = FakeChannel(people, after={name: [never()] for name in people}, taken_all_the_same=False)
    outcome = run(ledger, channel)
    found = [one.state for one in outcome.deliveries]
    assert (found.count(DeliveryState.FAILED), found.count(DeliveryState.PENDING)) == (20, 10)
    assert "20 in a row were refused alike" in outcome.problems[0].detail


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), MemoryError(), ZeroDivisionError()])
def test_an_interrupted_run_holds_nothing_back(ledger: Ledger, stop: BaseException) -> None:
    channel = FakeChannel([ANA], before={ANA: [stop]})
    with pytest.raises(type(stop)):
        run(ledger, channel)
    assert run(ledger, channel).sent == 1


def test_an_interruption_while_the_answer_is_awaited_leaves_doubt(ledger: Ledger) -> None:
    channel = FakeChannel([ANA], after={ANA: [KeyboardInterrupt()]})
    with pytest.raises(KeyboardInterrupt):
        run(ledger, channel)
    assert states(run(ledger, channel)) == {ANA: "unknown"}


def test_without_a_durable_intent_nothing_is_sent(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_claim: object) -> bool:
        message = "the disk is full"
        raise LedgerError(message)

    channel = FakeChannel(ALL)
    monkeypatch.setattr(ledger, "intend", full)
    with pytest.raises(LedgerError, match="disk is full"):
        run(ledger, channel)
    assert channel.sent == []


def test_a_claim_lost_meanwhile_is_not_sent(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = FakeChannel([ANA])
    monkeypatch.setattr(ledger, "intend", lambda _claim: False)
    run(ledger, channel)
    assert channel.sent == []


def test_every_attempt_at_a_target_has_one_key(ledger: Ledger, clock: Clock) -> None:
    channel = FakeChannel(ALL, before={ANA: [later(), down()]})
    for _ in range(4):
        run(ledger, channel)
        clock.now += timedelta(minutes=10)
    assert {len(keys) for keys in channel.keys.values()} == {1}
    assert len(set.union(*channel.keys.values())) == 3


def test_targets_that_cannot_be_listed_cost_that_channel_alone(ledger: Ledger) -> None:
    class Broken(FakeChannel):
        def targets(self) -> list[str]:
            raise down()

    outcome = run(ledger, Broken([], name="chat", order=CHATS), FakeChannel(ALL))
    assert outcome.sent == 3
    assert outcome.problems[0].subject == "chat"


def test_each_settled_delivery_is_told_while_it_runs(ledger: Ledger) -> None:
    told: list[Delivery] = []
    deliver(frozen(ledger), [FakeChannel(ALL)], ledger, progress=told.append)
    assert sorted(one.target for one in told) == ALL


FAULTS: list[Callable[[], BaseException]] = [
    down,
    silent,
    later,
    never,
    KeyboardInterrupt,
    lambda: down(Reason.AUTH),
]
PLANS = st.dictionaries(st.sampled_from(ALL), st.lists(st.sampled_from(range(len(FAULTS))), max_size=2))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(before=PLANS, after=PLANS, arrives=st.booleans())
def test_whatever_fails_nobody_gets_two_and_who_got_none_is_named(
    before: dict[str, list[int]], after: dict[str, list[int]], *, arrives: bool
) -> None:
    clock = Clock()
    channel = FakeChannel(
        ALL,
        before={name: [FAULTS[n]() for n in plan] for name, plan in before.items()},
        after={name: [FAULTS[n]() for n in plan] for name, plan in after.items()},
        taken_all_the_same=arrives,
    )
    with Ledger.open(None, clock=clock) as ledger:
        for _ in range(14):
            try:
                outcome = run(ledger, channel)
            except KeyboardInterrupt:
                continue
            finally:
                clock.now += timedelta(hours=3)
        outcome = run(ledger, channel)
    assert max((channel.sent.count(name) for name in ALL), default=0) <= 1
    named = {one.target for one in outcome.deliveries if one.state in {"failed", "unknown"}}
    assert set(ALL) - set(channel.sent) <= named
    assert not {one.state.value for one in outcome.deliveries} & {"claimed", "sending", "pending"}
