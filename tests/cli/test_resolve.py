"""What an operator is told of an edition's state, and the word that settles what is in doubt."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from workshop import Mailer, Workshop

from digest.ledger import EditionState, Ledger, Setback
from digest.model import Delivery, DeliveryState
from digest.period import Month
from digest.pipeline import run

A = "A cache without a limit fills the disk at night, because nothing ever removes what is old."
ANA, BEN, EVA = "ana@example.org", "ben@example.org", "eva@example.org"
MAY = Month(2026, 5, "Europe/Lisbon")
Call = Callable[..., tuple[int, str, str]]
D = DeliveryState


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    made = Workshop(tmp_path, history=0)
    made.write("101", "2026-05-12T10:00:00Z", [A])
    return made


@pytest.fixture
def ledger(shop: Workshop) -> Ledger:
    return Ledger.open(shop.folder / "digest.db")


@pytest.fixture
def call(call: Call, shop: Workshop) -> Call:
    """Run a command with this config; return its exit status, what it printed, and what it told."""

    def go(*words: object) -> tuple[int, str, str]:
        return call(*words, "--config", shop.file)

    return go


def policy(shop: Workshop, word: str) -> None:
    shop.file.write_text(shop.file.read_text().replace("approval: never", f"approval: {word}"))


def with_gaps(shop: Workshop, ledger: Ledger) -> str:
    """Return the id of an edition that Eva has, that Ben may have, and that Ana was refused."""
    held = run(shop.job("2026-05", "2026-06-03T08:00", Mailer(())), ledger).held
    ledger.address(held.id, {"mail": [ANA, BEN, EVA]})
    fates = {ANA: D.FAILED, BEN: D.UNKNOWN, EVA: D.SENT}
    while (claim := ledger.claim(held.id, "mail")) is not None:
        assert ledger.intend(claim)
        ledger.settle(claim, Delivery("mail", claim.target, fates[claim.target]))
    ledger.conclude(held.id)
    return held.id


def states(ledger: Ledger, edition: str) -> dict[str, str]:
    return {d.target: d.state.value for d in ledger.deliveries(edition) if d.channel == "mail"}


# --- resolve --------------------------------------------------------------------------------


def test_what_arrived_by_somebodys_word_is_sent_and_closes_the_edition(
    call: Call, shop: Workshop, ledger: Ledger
) -> None:
    edition = with_gaps(shop, ledger)
    status, out, _ = call("resolve", "2026-05", "--sent", "BEN@example.org")
    assert (status, states(ledger, edition)) == (0, {ANA: "failed", BEN: "sent", EVA: "sent"})
    assert "the edition is sent_with_gaps" in out


def test_all_that_went_wrong_is_sent_again_by_somebodys_word_and_nothing_else(
    call: Call, shop: Workshop, ledger: Ledger
) -> None:
    edition = with_gaps(shop, ledger)
    status, out, _ = call("resolve", "2026-05", "--again", "--all", "--json")
    assert status == 0
    assert [one["target"] for one in json.loads(out)["resolved"]] == [ANA, BEN]
    mailer = Mailer((ANA, BEN, EVA))
    assert run(shop.job("2026-05", "2026-06-03T09:00", mailer), ledger).sent == 2
    assert sorted(target for target, _ in mailer.sent) == [ANA, BEN]
    assert set(states(ledger, edition).values()) == {"sent"}
    assert ledger.editions()[0].state is EditionState.SENT


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--all"], "one of --sent"),
        (["--all", "--sent", "--again"], "one of --sent"),
        (["--sent"], "name the targets"),
        (["--sent", "--all", BEN], "name the targets"),
        (["--sent", ANA], f"no delivery of 2026-05 to {ANA} is unknown"),
        (["--again", EVA], f"no delivery of 2026-05 to {EVA} is unknown or failed"),
        (["--again", "--all", "--channel", "chat"], "no delivery of 2026-05 is unknown or failed"),
    ],
)
def test_a_word_that_says_too_little_changes_nothing(
    call: Call, shop: Workshop, ledger: Ledger, words: list[str], said: str
) -> None:
    edition = with_gaps(shop, ledger)
    status, _, err = call("resolve", "2026-05", *words)
    assert (status, states(ledger, edition)) == (2, {ANA: "failed", BEN: "unknown", EVA: "sent"})
    assert said in err


def test_there_is_nothing_to_say_of_an_edition_that_there_is_not(call: Call) -> None:
    status, _, err = call("resolve", "2026-05", "--sent", "--all")
    assert status == 3
    assert "there is no edition of 2026-05" in err


# --- status, by what is to be done ----------------------------------------------------------


def status_of(call: Call) -> tuple[int, str, dict[str, object]]:
    status, out, _ = call("status")
    again, told, _ = call("status", "--json")
    assert again == status
    return status, out, json.loads(told)["editions"][0]


def test_each_delivery_that_is_stuck_is_named_with_the_command(
    call: Call, shop: Workshop, ledger: Ledger
) -> None:
    with_gaps(shop, ledger)
    status, out, told = status_of(call)
    assert status == 1
    assert re.search(rf"{ANA}: not sent; to send it again: .* resolve .* 2026-05 --again {ANA}", out)
    assert re.search(rf"{BEN}: may have arrived: ask, then: .* resolve .* 2026-05 --sent {BEN}", out)
    assert EVA not in out
    assert isinstance(told["in_trouble"], list)
    assert len(told["in_trouble"]) == 2


def test_an_edition_that_could_not_be_made_says_why_and_when_it_was_due(call: Call, ledger: Ledger) -> None:
    ledger.plan(MAY, MAY.end)
    status, out, _ = status_of(call)
    assert status == 0
    assert "2026-05  planned: due 2026-05-31 23:00 UTC" in out
    ledger.begin("2026-05")
    ledger.give_back("2026-05", Setback("collect", "SourcesMissing"))
    status, out, told = status_of(call)
    assert (status, told["setback"]) == (1, "collect: SourcesMissing")
    assert "could not be made (collect: SourcesMissing)" in out


@pytest.mark.parametrize(
    ("state", "status", "command"),
    [("missed", 0, "run"), ("failed", 1, "doctor"), ("planned", 0, "run"), ("collecting", 0, "")],
)
def test_an_edition_that_is_not_made_says_what_to_do(
    call: Call, shop: Workshop, ledger: Ledger, *, state: str, status: int, command: str
) -> None:
    ledger.plan(MAY, MAY.end)
    with ledger.writing() as connection:
        connection.exec_driver_sql("UPDATE edition SET state = ?", (state,))
    found, out, told = status_of(call)
    assert (found, told["state"]) == (status, state)
    assert f" {command} --config {shop.file}" in out or not command
    assert told["to_do"]


def test_a_held_edition_names_approve_in_status_and_dry_run(call: Call, shop: Workshop) -> None:
    policy(shop, "always")
    status, out, _ = call("run", "--month", "2026-05", "--dry-run")
    assert (status, "once it is approved" in out) == (0, True)
    assert call("run", "--month", "2026-05")[0] == 0
    status, out, told = status_of(call)
    assert (status, told["state"]) == (0, "awaiting_approval")
    assert f"approve --config {shop.file} 2026-05" in out
    assert call("approve", "2026-05")[0] == 0
    assert status_of(call)[2]["to_do"] is None


def test_the_preview_says_what_it_shows_and_how_a_held_one_is_released(
    call: Call, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def announced(*_: object, announce: Callable[[str], None]) -> None:
        announce("http://127.0.0.1:8000/")

    monkeypatch.setattr("digest.cli.preview.serve", announced)
    policy(shop, "always")
    words = ("preview", "--no-open", "--month", "2026-05")
    assert "2026-05 is a trial" in call(*words)[1]
    call("run", "--month", "2026-05")
    out = call(*words)[1]
    assert "2026-05 is held, and nobody has had it" in out
    assert f"approve --config {shop.file} 2026-05" in out
    call("approve", "2026-05")
    assert "2026-05 is frozen (sent): this is what is sent." in call(*words)[1]


def test_approving_what_has_to_be_looked_at_again_ends_with_status_1(
    call: Call, shop: Workshop, ledger: Ledger
) -> None:
    policy(shop, "always")
    shop.write("102", "2026-05-20T10:00:00Z", ["A secret learning that nobody outside may ever read."])
    run(shop.job("2026-05", "2026-06-03T08:00"), ledger)
    (shop.folder / "incidents" / "102.md").unlink()
    status, out, _ = call("approve", "2026-05")
    assert status == 1
    assert "Made again without 1 incident" in out
    assert "Nothing was sent" in out
    assert call("approve", "2026-05")[0] == 0


def test_the_clock_is_trusted_only_where_the_clock_decides(call: Call) -> None:
    status, _, err = call("run", "--month", "2026-05", "--trust-clock")
    assert status == 2
    assert "goes with --due" in err
