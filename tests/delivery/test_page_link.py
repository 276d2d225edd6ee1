"""Chats and mails that link to the page: they wait for it, for a while."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from builders import edition

from digest.delivery.base import CHATS, MAIL, PAGES, Channel, ChannelDown, Handover, TargetRefused
from digest.delivery.deliver import Outcome, Pace, deliver
from digest.errors import ConfigError, DigestError, Reason
from digest.ledger import EditionState, Ledger
from digest.model import PAGE_URL, DeliveryState, Linked, Receipt, Rendering

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
RENDERING = Rendering(
    "2026-05",
    "all",
    "May",
    html="<p>no page</p>",
    text="no page",
    markdown="# May",
    notice="no page",
    linked=Linked(f'<a href="{PAGE_URL}">page</a>', f"page: {PAGE_URL}", f"page {PAGE_URL}"),
)
REFUSED = TargetRefused("wiki", Reason.REJECTED, "somebody edited the page")
AWAY = ChannelDown("wiki", Reason.UNAVAILABLE, "nobody answers")


@dataclass
class Way:
    name: str
    order: int
    publishes: bool = False
    repeatable: bool = False
    fails: Exception | None = None
    got: list[Rendering] = field(default_factory=list)
    whom: str = ""

    def targets(self) -> Sequence[str]:
        return [self.whom or f"{self.name} target"]

    def send(self, rendering: Rendering, target: str, handover: Handover) -> Receipt:
        if self.fails is not None:
            raise self.fails
        handover.commit()
        self.got.append(rendering)
        url = "https://wiki.example.org/p?a=1&b=2" if self.publishes else None
        return Receipt(reference=target, url=url)

    def close(self) -> None:
        pass


@pytest.fixture
def ledger() -> Ledger:
    return Ledger.open(None, clock=lambda: NOW)


def wiki(fails: DigestError | None = None) -> Way:
    return Way("wiki", PAGES, publishes=True, repeatable=True, fails=fails)


def send(ledger: Ledger, *ways: Channel, hours: float = 0) -> Outcome:
    held = ledger.freeze(edition(), RENDERING)
    wait = Pace((), lambda _: None, timedelta(hours=6), lambda: NOW + timedelta(hours=hours))
    return deliver(held, ways, ledger, pace=wait)


def test_the_page_goes_first_and_the_others_link_to_it(ledger: Ledger) -> None:
    page, mail, chat = wiki(), Way("mail", MAIL), Way("chat", CHATS)
    outcome = send(ledger, mail, chat, page)
    assert outcome.waits_until is None
    assert mail.got == [RENDERING.with_page("https://wiki.example.org/p?a=1&b=2")]
    assert mail.got[0].html == '<a href="https://wiki.example.org/p?a=1&amp;b=2">page</a>'
    assert chat.got[0].notice == "page https://wiki.example.org/p?a=1&b=2"
    assert "page.invalid" not in repr(mail.got)


@pytest.mark.parametrize("fails", [REFUSED, AWAY])
def test_without_the_page_they_wait_and_then_go_out_and_say_so(ledger: Ledger, fails: DigestError) -> None:
    page, mail = wiki(fails), Way("mail", MAIL)
    assert send(ledger, page, mail).waits_until == NOW + timedelta(hours=6)
    assert send(ledger, page, mail, hours=5.9).waits_until == NOW + timedelta(hours=6)
    assert mail.got == []
    assert send(ledger, page, mail, hours=6).waits_until is None
    assert [one.text for one in mail.got] == ["no page"]


@pytest.mark.parametrize("fails", [REFUSED, AWAY])
def test_a_page_that_is_put_right_in_time_is_linked_to(ledger: Ledger, fails: DigestError) -> None:
    page, mail = wiki(fails), Way("mail", MAIL)
    send(ledger, page, mail)
    page.fails = None
    outcome = send(ledger, page, mail, hours=2)
    assert {d.state for d in outcome.deliveries} == {DeliveryState.SENT}
    assert "wiki.example.org" in mail.got[0].text


def test_a_link_is_found_again_after_a_restart(ledger: Ledger) -> None:
    page, mail = wiki(), Way("mail", MAIL, fails=AWAY)
    send(ledger, page, mail)
    mail.fails = None
    send(ledger, page, mail, hours=1)
    assert len(page.got) == 1
    assert "wiki.example.org" in mail.got[0].text


def test_files_do_not_wait_for_the_page(ledger: Ledger) -> None:
    files = Way("files", PAGES, repeatable=True)
    send(ledger, wiki(AWAY), files)
    assert files.got == [RENDERING]


def test_without_a_page_channel_nobody_waits(ledger: Ledger) -> None:
    mail = Way("mail", MAIL)
    held = ledger.freeze(edition(), replace(RENDERING, linked=None))
    wait = Pace((), lambda _: None, timedelta(hours=6), lambda: NOW)
    assert deliver(held, [mail], ledger, pace=wait).waits_until is None
    assert len(mail.got) == 1


def test_without_waiting_they_go_out_at_once_and_say_so(ledger: Ledger) -> None:
    mail = Way("mail", MAIL)
    held = ledger.freeze(edition(), RENDERING)
    pace = Pace((), lambda _: None, timedelta(0), lambda: NOW)
    assert deliver(held, [wiki(AWAY), mail], ledger, pace=pace).waits_until is None
    assert [one.text for one in mail.got] == ["no page"]


# --- The config's channels change between two runs -------------------------------------------


def test_what_a_channel_that_left_the_config_had_still_to_send_does_not_keep_it_open(ledger: Ledger) -> None:
    chat, mail = Way("chat", CHATS, fails=AWAY), Way("mail", MAIL)
    send(ledger, chat, mail)
    outcome = send(ledger, mail, hours=1)
    assert {(d.channel, d.state.value) for d in outcome.deliveries} == {
        ("chat", "cancelled"),
        ("mail", "sent"),
    }
    assert ledger.editions()[0].state is EditionState.SENT


def test_a_channel_of_another_name_by_now_sends_no_second_copy(ledger: Ledger) -> None:
    first, second = Way("mail", MAIL, whom="ana@example.org"), Way("smtp", MAIL, whom="ana@example.org")
    send(ledger, first)
    send(ledger, second, hours=1)
    assert (len(first.got), len(second.got)) == (1, 0)
    third = Way("letters", MAIL, whom="ben@example.org")
    send(ledger, third, hours=2)
    assert len(third.got) == 1


@pytest.mark.parametrize("name", ["book", None])
def test_a_page_that_is_out_is_linked_to_whatever_its_channel_is_called_by_now(
    ledger: Ledger, name: str | None
) -> None:
    page, mail = (
        Way("wiki", PAGES, publishes=True, repeatable=True, whom="repo"),
        Way("mail", MAIL, fails=AWAY),
    )
    send(ledger, page, mail)
    mail.fails = None
    pages = [Way(name, PAGES, publishes=True, repeatable=True, whom="repo")] if name else []
    send(ledger, *pages, mail, hours=1)
    assert "wiki.example.org" in mail.got[0].text


def test_a_page_channel_that_is_new_publishes_what_was_frozen_without_a_link(ledger: Ledger) -> None:
    page, mail = wiki(), Way("mail", MAIL)
    held = ledger.freeze(edition(), replace(RENDERING, linked=None))
    pace = Pace((), lambda _: None, timedelta(hours=6), lambda: NOW)
    deliver(held, [mail, page], ledger, pace=pace)
    assert (len(page.got), [one.text for one in mail.got]) == (1, ["no page"])


@pytest.mark.parametrize("fault", [ConfigError("chat ca_file", "there is no file"), ZeroDivisionError()])
def test_a_channel_that_is_wrong_does_not_keep_the_others_from_sending(
    ledger: Ledger, fault: Exception
) -> None:
    chat, mail = Way("chat", CHATS, fails=fault), Way("mail", MAIL)
    held = ledger.freeze(edition(), replace(RENDERING, linked=None))
    try:
        outcome = deliver(held, [chat, mail], ledger, pace=Pace(()))
    except ZeroDivisionError:
        assert isinstance(fault, ZeroDivisionError)
    else:
        assert [p.subject for p in outcome.problems] == ["chat"]
    assert len(mail.got) == 1
    chat.fails = None
    assert deliver(held, [chat, mail], ledger, pace=Pace(())).sent == 1
    assert len(mail.got) == 1
