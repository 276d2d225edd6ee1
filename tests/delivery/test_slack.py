"""The channel `slack` against a room on loopback: posted once, and every failure says what to do."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from builders import edition
from delivery.fakes import PAGES as FORMS
from pydantic import ValidationError
from servers.slack_server import SECRET, SlackServer

from digest import paths
from digest.config import load
from digest.delivery import kind_of
from digest.delivery.base import CHATS, ChannelDown, Context, Handover, Probing, TargetRefused
from digest.delivery.chats.slack import Settings, SlackChannel, Wire
from digest.delivery.deliver import Outcome, Pace, deliver
from digest.errors import Reason, RemoteError
from digest.http import Limits
from digest.http import Pace as HttpPace
from digest.ledger import HeldEdition, Ledger
from digest.model import Receipt, Rendering

ROOM = "#learning"
NOTE = "Learning Digest, May 2026\n4 incidents\n\n1. A cache without a limit fills the disk. (101)"
RENDERING = replace(FORMS, notice=NOTE)
POSTED = NOTE.replace("\n\n", "\n")


@pytest.fixture
def server() -> Iterator[SlackServer]:
    with SlackServer() as running:
        yield running


@dataclass
class Time:
    """A clock that sleeping moves on, so that nobody waits."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Intent:
    """Notes the moment of no return, and how much had been posted by then."""

    server: SlackServer | None = None
    posts: list[int] = field(default_factory=list)

    def __call__(self) -> None:
        self.posts.append(len(self.server.posts) if self.server else 0)


def channel(webhook: str, time: Time | None = None, **context: Any) -> SlackChannel:
    clock = time or Time()
    pace = HttpPace(sleep=clock.sleep, clock=lambda: clock.now, jitter=lambda: 0.0)
    settings = Settings(webhook=webhook, room=ROOM)
    return SlackChannel(
        "chat", settings, Context(Path(), **context), Wire(Limits(connect_s=2, read_s=0.3), pace)
    )


def send(
    to: SlackChannel, commit: Callable[[], None] = lambda: None, rendering: Rendering = RENDERING
) -> Receipt:
    try:
        return to.send(rendering, ROOM, Handover("2026-05.chat.1", commit))
    finally:
        to.close()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


# --- What is posted --------------------------------------------------------------------------


def test_the_note_stands_in_the_room_and_the_intent_was_noted_before(server: SlackServer) -> None:
    intent = Intent(server)

    receipt = send(channel(server.webhook), intent)

    assert server.shown() == [POSTED]
    assert intent.posts == [0]
    assert receipt == Receipt()
    assert server.posts[0].path == f"/{SECRET}"


def test_without_the_intent_nothing_is_posted(server: SlackServer) -> None:
    def refuse() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(channel(server.webhook), refuse)

    assert server.posts == []


def test_an_edition_frozen_without_a_note_is_told_by_its_subject(server: SlackServer) -> None:
    send(channel(server.webhook), rendering=FORMS)
    assert server.shown() == [FORMS.subject]


def test_a_channel_reaches_one_room_and_is_no_page(server: SlackServer) -> None:
    chat = channel(server.webhook)

    assert list(chat.targets()) == [ROOM]
    assert (chat.order, chat.repeatable, chat.publishes) == (CHATS, False, False)
    with pytest.raises(TargetRefused, match="posts to #learning; make a channel of its own for #other"):
        chat.send(RENDERING, "#other", Handover("k", lambda: None))
    assert server.posts == []


def test_trying_it_out_posts_nothing_and_says_so(server: SlackServer) -> None:
    chat = channel(server.webhook)

    assert isinstance(chat, Probing)
    assert chat.probe() == "nothing can be tried without posting to #learning; the first edition will show"
    assert server.posts == []


# --- What goes wrong -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "reason", "said"),
    [
        ("404 no_service", Reason.AUTH, r"404 no_service: the webhook was removed.*; make a new one for the"),
        ("404 no_team", Reason.AUTH, "404 no_team: the workspace is gone; make a new one"),
        (
            "403 action_prohibited",
            Reason.AUTH,
            "403 action_prohibited: an administrator does not allow it; ask",
        ),
        (
            "403 invalid_token",
            Reason.AUTH,
            "403 invalid_token: `webhook` is not an address that the chat gave",
        ),
        ("410 channel_is_archived", Reason.AUTH, "410 channel_is_archived: the room was archived; bring it"),
        ("403 some_new_word", Reason.AUTH, "403 some_new_word: the webhook may not post there"),
        ("404 <html>Nothing</html>", Reason.AUTH, "404: the webhook is not known there"),
        ("400 invalid_blocks", Reason.REJECTED, "400 invalid_blocks: the note's form was not taken"),
        ("400 some_new_word", Reason.REJECTED, "400: the request was refused; it says: some_new_word"),
        ("418 teapot", Reason.REJECTED, "418: the request was refused; it says: teapot"),
    ],
)
def test_a_refusal_is_final_and_says_what_to_do(
    answer: str, reason: Reason, said: str, server: SlackServer
) -> None:
    server.cues = [answer]

    with pytest.raises(TargetRefused, match=said) as caught:
        send(channel(server.webhook))

    assert caught.value.reason is reason
    assert caught.value.code == int(answer[:3])
    assert len(server.posts) == 1
    assert server.room == []


@pytest.mark.parametrize(
    "answer", ["500 oops", "503 later", "hang", "drop", "200 <html>Log in</html>", "200"]
)
def test_what_may_stand_in_the_room_is_in_doubt_and_not_posted_again(
    answer: str, server: SlackServer
) -> None:
    server.cues = [answer]

    with pytest.raises(RemoteError, match="look in #learning whether the note is there") as caught:
        send(channel(server.webhook))

    assert not isinstance(caught.value, ChannelDown | TargetRefused)
    assert caught.value.reason.in_doubt
    assert len(server.posts) == 1


def test_a_limit_is_waited_out_as_it_asks(server: SlackServer) -> None:
    server.cues = ["429 30", "429 1"]
    time, told = Time(), list[str]()

    send(channel(server.webhook, time, tell=told.append))

    assert server.shown() == [POSTED]
    assert len(server.posts) == 3
    assert time.slept[0] >= 30
    assert told == ["chat: waiting 30 s, as it asked"]


def test_a_limit_longer_than_five_minutes_is_left_for_later(server: SlackServer) -> None:
    # However long a run may take: the ledger would not wait for what follows the intent.
    server.cues = ["429 400"]
    time = Time()

    with pytest.raises(TargetRefused, match="429: too many requests; it asks to wait") as caught:
        send(channel(server.webhook, time, patience_s=7200))

    assert caught.value.reason is Reason.RATE_LIMITED
    assert time.slept == []


def test_where_no_connection_was_made_the_whole_channel_is_down_and_nothing_is_in_doubt() -> None:
    time = Time()
    chat = channel(f"http://127.0.0.1:{closed_port()}/{SECRET}", time)

    with pytest.raises(ChannelDown, match="it cannot be reached") as caught:
        chat.send(RENDERING, ROOM, Handover("k", lambda: None))
    waited = len(time.slept)
    with pytest.raises(ChannelDown):
        chat.send(RENDERING, ROOM, Handover("k", lambda: None))
    chat.close()

    assert not caught.value.reason.in_doubt
    assert waited > 1
    assert len(time.slept) == waited  # whoever tries again does not wait all that time again


def test_a_redirect_is_not_followed(server: SlackServer) -> None:
    with SlackServer() as elsewhere:
        server.cues = [f"307 {elsewhere.webhook}"]
        with pytest.raises(ChannelDown, match="307: it redirects") as caught:
            send(channel(server.webhook))

    assert caught.value.reason is Reason.REJECTED
    assert elsewhere.posts == []


@pytest.mark.parametrize(
    "answer",
    ["404 no_service", "400 canary0123456789abcdefghij", "500 x", "drop", "hang", "429 999", "200 no", "307 https://x.test/y"],
)  # fmt: skip
def test_no_failure_tells_the_webhook(answer: str, server: SlackServer) -> None:
    server.cues = [answer]
    chat = channel(server.webhook)

    with pytest.raises(RemoteError) as caught:
        send(chat)

    error: BaseException | None = caught.value
    while error is not None:
        assert "canary" not in f"{error}{error!r}".lower()
        error = error.__cause__ or error.__context__
    assert "canary" not in repr(vars(Settings(webhook=server.webhook, room=ROOM))).lower()


# --- With the ledger -------------------------------------------------------------------------


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger.open(None) as opened:
        yield opened


def run(ledger: Ledger, chat: SlackChannel) -> Outcome:
    held: HeldEdition = ledger.freeze(edition(), RENDERING)
    return deliver(held, [chat], ledger, pace=Pace((1,), lambda _: None))


def test_a_room_has_an_edition_once_however_often_it_is_run(ledger: Ledger, server: SlackServer) -> None:
    assert [run(ledger, channel(server.webhook)).sent for _ in range(3)] == [1, 0, 0]
    assert server.shown() == [POSTED]


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("answer", ["hang", "drop", "502 bad_gateway"])
def test_after_no_answer_the_room_is_not_written_to_twice(
    answer: str, ledger: Ledger, server: SlackServer, *, kept: bool
) -> None:
    server.cues, server.keep_before_failing = [answer], kept

    first = run(ledger, channel(server.webhook))
    second = run(ledger, channel(server.webhook))

    assert [one.state.value for one in (*first.deliveries, *second.deliveries)] == ["unknown", "unknown"]
    assert len(server.posts) == 1
    assert any("look in #learning" in problem.detail for problem in second.problems)


def test_a_new_webhook_in_place_of_one_that_was_removed_gets_the_edition(
    ledger: Ledger, server: SlackServer
) -> None:
    old = run(ledger, channel(server.webhook[:-1]))
    new = run(ledger, channel(server.webhook))

    assert [one.state.value for one in old.deliveries] == ["pending"]
    assert "404 no_service: the webhook was removed" in old.problems[0].detail
    assert (new.sent, server.shown()) == (1, [POSTED])


# --- Settings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("webhook", "said"),
    [
        ("http://hooks.example.org/services/canary", "expected https://"),
        ("https://hooks.example.org", "ends at the host"),
        ("https://ana:canary@hooks.example.org/services/x", "expected an address"),
        ("hooks.example.org/services/canary", "expected an address"),
        ("https://hooks.example.org/services/canary x", "expected an address"),
        ("https://hooks.example.org/services/canary#x", "expected an address"),
        ("", "expected an address"),
    ],
)
def test_a_webhook_that_cannot_be_one_is_refused_without_being_shown(webhook: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said) as caught:
        Settings(webhook=webhook, room=ROOM)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("room", ["", "  ", "a\nb", "#" * 81])
def test_a_room_is_a_name_on_one_line(room: str) -> None:
    with pytest.raises(ValidationError):
        Settings(webhook="https://hooks.example.org/services/x", room=room)


def test_the_commented_channel_is_right_once_uncommented_and_names_every_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK", "https://hooks.example.org/services/T/B/x")
    text = (paths.config() / "digest.yaml").read_text(encoding="utf-8")
    start = text.index("  # - name: chat")
    end = text.index("\n\n", start)
    block = "\n".join(line.replace("  # ", "  ", 1) for line in text[start:end].splitlines())
    file = tmp_path / "digest.yaml"
    file.write_text(text[:start] + block + text[end:], encoding="utf-8")

    chat = next(one for one in load(file).channels if one.kind == "slack")

    settings = chat.parse(kind_of("slack", outsiders=()).settings)
    assert settings.room == ROOM
    assert all(f"{name}:" in block for name in Settings.model_fields)
