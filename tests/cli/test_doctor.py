"""`digest doctor`, as an operator meets it: is what it says enough to put things right?"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from workshop import Workshop

Call = Callable[..., tuple[int, str, str]]

MAIL = """\
  - name: mail
    kind: smtp
    host: 127.0.0.1
    port: {port}
    tls: none
    sender: digest@acme.test
    recipients: [ana@acme.test]
"""


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    made = Workshop(tmp_path)
    made.write("101", "2026-05-12T10:00:00Z", ["A cache without a limit fills the disk at night."])
    return made


def edit(shop: Workshop, old: str, new: str) -> None:
    text = shop.file.read_text(encoding="utf-8")
    assert old in text
    shop.file.write_text(text.replace(old, new), encoding="utf-8")


def add(shop: Workshop, text: str) -> None:
    shop.file.write_text(shop.file.read_text(encoding="utf-8") + text, encoding="utf-8")


def line(out: str, start: str) -> str:
    (found,) = [line for line in out.splitlines() if line.startswith(start)]
    return found


def test_a_sound_set_up_ends_well_and_leaves_nothing_behind(call: Call, shop: Workshop) -> None:
    before = sorted(shop.folder.rglob("*"))

    status, out, err = call("doctor", "-c", shop.file)

    assert (status, err) == (0, "")
    assert all(line[:4] in {"ok  ", "warn"} for line in out.splitlines()[:-1])
    assert out.splitlines()[-1].startswith("Nothing to put right")
    assert line(out, "ok    channel files").endswith("out will be made; 1 target")
    assert sorted(shop.folder.rglob("*")) == before


def test_piped_there_is_no_colour_and_no_progress(call: Call, shop: Workshop) -> None:
    _, out, err = call("doctor", "-c", shop.file)

    assert "\033" not in out + err


def test_a_failure_that_leaves_the_rest_is_status_1(call: Call, shop: Workshop) -> None:
    add(shop, MAIL.format(port=1))

    status, out, _ = call("doctor", "-c", shop.file)

    assert status == 1
    assert line(out, "FAIL").startswith(
        "FAIL  channel mail    127.0.0.1:1 cannot be reached: connection refused"
    )
    assert "1 thing to put right" in out.splitlines()[-1]


def test_an_unset_secret_is_status_2_and_the_rest_is_looked_at_all_the_same(
    call: Call, shop: Workshop
) -> None:
    add(shop, MAIL.format(port=1) + "    username: digest\n    password: ${NOT_SET_ANYWHERE}\n")

    status, out, _ = call("doctor", "-c", shop.file)

    assert status == 2
    failed = line(out, "FAIL")
    assert "channel mail" in failed
    assert "channels[1].password: the environment variable NOT_SET_ANYWHERE is not set; set it" in failed
    assert line(out, "ok    channel files")
    assert line(out, "ok    schedule")


def test_a_config_that_cannot_be_read_is_one_line_and_status_2(call: Call, shop: Workshop) -> None:
    edit(shop, "timezone:", "timezoen:")

    status, out, err = call("doctor", "-c", shop.file)

    assert (status, err) == (2, "")
    assert len(out.splitlines()) == 2
    assert "did you mean 'timezone'?" in line(out, "FAIL  config")


def test_no_config_says_how_to_get_one(call: Call, tmp_path: Path) -> None:
    status, out, _ = call("doctor", "-c", tmp_path / "none.yaml")

    assert status == 2
    assert "digest init" in line(out, "FAIL  config")


def test_a_broken_template_is_told_by_its_line(call: Call, shop: Workshop) -> None:
    (shop.folder / "own" / "text").mkdir(parents=True)
    (shop.folder / "own" / "text" / "edition.txt.j2").write_text("{% if %}", encoding="utf-8")
    add(shop, "templates: own\n")

    status, out, _ = call("doctor", "-c", shop.file)

    assert status == 1
    assert "edition.txt.j2:1" in line(out, "FAIL  templates")


def test_programs_get_json_alone(call: Call, shop: Workshop) -> None:
    add(shop, MAIL.format(port=1))

    status, out, err = call("doctor", "-c", shop.file, "--json")

    told = json.loads(out)
    assert (status, err) == (1, "")
    assert told["counts"]["FAIL"] == 1
    (failed,) = [check for check in told["checks"] if check["level"] == "FAIL"]
    assert set(failed) == {"level", "subject", "found", "to_do"}
    assert failed["subject"] == "channel mail"


def test_no_secret_shows_wherever_it_fails(
    call: Call, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "canary-5f3a")
    secret = "    username: digest\n    password: ${CANARY}\n"
    add(shop, MAIL.format(port=1) + secret)

    plain = call("doctor", "-c", shop.file)
    edit(shop, "username: digest", "username: 7")
    wrong = call("doctor", "-c", shop.file, "--json")

    assert (plain[0], wrong[0]) == (1, 2)
    assert "canary-5f3a" not in repr((plain, wrong))


def test_after_a_run_the_ledger_is_read_too(call: Call, shop: Workshop) -> None:
    call("run", "-c", shop.file, "-m", "2026-05")

    status, out, _ = call("doctor", "-c", shop.file)

    assert status == 0
    assert "digest.db is sound" in line(out, "ok    ledger")
    assert "nothing has ever looked what is due" in line(out, "warn  timer")
