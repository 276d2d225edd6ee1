import email
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from email.policy import default
from pathlib import Path

import pytest
import yaml
from workshop import Workshop

from digest import paths
from digest.cli.overview import COMMANDS, overview
from digest.config import load
from digest.config.settings import Redaction, Settings
from digest.delivery import CHANNELS
from digest.delivery import kind_of as channel_kind
from digest.trackers import TRACKERS

A = "A cache without a limit fills the disk at night, because nothing ever removes what is old."
BLAME = "The engineer on call should have checked the setting before the release, which was careless."

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, history=1)


# --- Help -----------------------------------------------------------------------------------


def test_help_names_every_command_and_how_each_ends(call: Call) -> None:
    status, out, _ = call("--help")

    assert status == 0
    assert out.strip() == overview().strip()
    for name, _module, line in COMMANDS:
        assert name in out
        assert line in out


@pytest.mark.parametrize("name", [name for name, _, _ in COMMANDS])
def test_every_command_helps_with_an_example(call: Call, name: str) -> None:
    status, out, _ = call(name, "--help")

    assert status == 0
    assert f"Example: digest {name}" in out


def test_help_imports_no_click() -> None:
    code = (
        "import sys; sys.argv = ['digest', '--help']\n"
        "from digest.__main__ import main; main(); sys.exit('click' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0
    assert done.stdout == overview()


def test_a_misspelt_command_says_which_was_meant(call: Call) -> None:
    status, _, err = call("prewiev")

    assert status == 2
    assert "did you mean 'preview'?" in err


# --- run ------------------------------------------------------------------------------------


def test_run_says_what_it_did_and_the_second_time_that_nothing_was_sent(call: Call, shop: Workshop) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])

    first = call("run", "-c", shop.file, "-m", "2026-05")
    second = call("run", "-c", shop.file, "-m", "2026-05")

    assert first[0] == second[0] == 0
    assert "Delivered now: 1." in first[1]
    assert "digest-2026-05.html" in first[1]
    assert "nothing was sent" in second[1]
    assert "Delivered now" not in second[1]


def test_run_prints_json_alone_for_programs(call: Call, shop: Workshop) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])

    status, out, err = call("run", "-c", shop.file, "-m", "2026-05", "--json")

    told = json.loads(out)
    assert (status, err) == (0, "")
    assert told["sent"] == 1
    assert told["key_takeaways"][0]["incident"] == "101"
    assert told["deliveries"][0]["state"] == "sent"


def test_a_dry_run_names_the_targets_and_leaves_nothing_behind(call: Call, shop: Workshop) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])

    status, out, _ = call("run", "-c", shop.file, "-m", "2026-05", "--dry-run")

    assert status == 0
    assert f"files: {shop.folder / 'out'}" in out
    assert "nothing was stored or sent" in out
    assert not (shop.folder / "out").exists()
    assert not (shop.folder / "digest.db").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["-m", "2026-13"], "write it as YYYY-MM"),
        (["-m", "2999-01"], "is not over"),
        (["--moth", "2026-05"], "No such option"),
    ],
)
def test_a_wrong_month_or_option_is_told_with_status_2(
    call: Call, shop: Workshop, words: list[str], says: str
) -> None:
    status, _, err = call("run", "-c", shop.file, *words)

    assert status == 2
    assert says in err


def test_no_config_says_how_to_get_one(call: Call, tmp_path: Path) -> None:
    status, _, err = call("run", "-c", tmp_path / "none.yaml")

    assert status == 2
    assert "digest init" in err


# --- Bad input, each told in a line with the right status -------------------------------------


def test_a_misspelt_key_in_the_config(call: Call, shop: Workshop) -> None:
    shop.file.write_text(
        shop.file.read_text(encoding="utf-8").replace("timezone:", "timezoen:"), encoding="utf-8"
    )

    status, _, err = call("run", "-c", shop.file)

    assert status == 2
    assert "digest.yaml:2 timezoen: unknown key 'timezoen'; did you mean 'timezone'?" in err
    assert len(err.splitlines()) == 1


def test_a_misspelt_key_of_a_tracker(call: Call, shop: Workshop) -> None:
    shop.file.write_text(shop.file.read_text(encoding="utf-8").replace("path:", "pth:"), encoding="utf-8")

    status, _, err = call("status", "-c", shop.file)

    assert status == 2
    assert "trackers[0]" in err
    assert "path" in err


def test_a_kind_that_there_is_not(call: Call, shop: Workshop) -> None:
    shop.file.write_text(
        shop.file.read_text(encoding="utf-8").replace("kind: folder", "kind: fodler"), encoding="utf-8"
    )

    status, _, err = call("status", "-c", shop.file)

    assert status == 2
    assert "digest.yaml:10 trackers[0].kind" in err
    assert "'folder'" in err


def test_a_review_in_latin_1_costs_that_review_and_is_named(call: Call, shop: Workshop) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    file = shop.write(
        "102", "2026-05-13T10:00:00Z", ["Ein Zwischenspeicher ohne Grenze füllt die Platte über Nacht."]
    )
    file.write_bytes(file.read_text(encoding="utf-8").encode("latin-1"))

    status, out, err = call("run", "-c", shop.file, "-m", "2026-05")

    assert status == 1
    assert "102.md" in err
    assert "UTF-8" in err
    assert "May 2026: 1 incident" in out


def test_a_table_with_a_missing_column(call: Call, shop: Workshop) -> None:
    (shop.folder / "incidents" / "incidents.csv").write_text(
        "kye,resolved\n1,2026-05-01T00:00:00Z\n", encoding="utf-8"
    )

    status, _, err = call("run", "-c", shop.file, "-m", "2026-05")

    assert status == 2
    assert "incidents.csv" in err
    assert "did you mean" in err


def test_an_empty_folder(call: Call, shop: Workshop) -> None:
    status, _, err = call("run", "-c", shop.file, "-m", "2026-05")

    assert status == 2
    assert str(shop.folder / "incidents") in err
    assert "looked for" in err


def test_a_mail_server_that_is_not_there(call: Call, shop: Workshop, free_port: int) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    mail = (
        f"  - name: mail\n    kind: smtp\n    host: 127.0.0.1\n    port: {free_port}\n    tls: none\n"
        "    sender: digest@example.org\n    recipients: [ana@example.org]\n"
    )
    shop.file.write_text(shop.file.read_text(encoding="utf-8") + mail, encoding="utf-8")

    status, out, err = call("run", "-c", shop.file, "-m", "2026-05")

    assert status == 1
    assert "mail: pending" in out
    assert f"127.0.0.1:{free_port}" in err
    assert "files: sent" in out


@pytest.fixture
def free_port(monkeypatch: pytest.MonkeyPatch) -> int:
    import socket  # noqa: PLC0415 - this fixture alone

    # Waiting between tries is the ledger's business; here nobody will ever answer.
    monkeypatch.setattr("time.sleep", lambda _: None)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_damaged_ledger_stops_with_status_3(call: Call, shop: Workshop) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    (shop.folder / "digest.db").write_bytes(b"not a ledger at all" * 1000)

    status, _, err = call("run", "-c", shop.file, "-m", "2026-05")

    assert status == 3
    assert "digest.db" in err
    assert "Traceback" not in err


def test_a_broken_template_stops_before_anything_is_sent(call: Call, shop: Workshop) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    (shop.folder / "own" / "text").mkdir(parents=True)
    (shop.folder / "own" / "text" / "edition.txt.j2").write_text("{% if %}", encoding="utf-8")
    shop.file.write_text(shop.file.read_text(encoding="utf-8") + "templates: own\n", encoding="utf-8")

    status, _, err = call("run", "-c", shop.file, "-m", "2026-05")

    assert status == 3
    assert "edition.txt.j2:1" in err
    assert "collecting" not in err
    assert not (shop.folder / "out").exists()


# --- status, edit, init ---------------------------------------------------------------------


def test_status_before_the_first_run_makes_no_ledger(call: Call, shop: Workshop) -> None:
    status, out, _ = call("status", "-c", shop.file)

    assert status == 0
    assert "No edition yet" in out
    assert not (shop.folder / "digest.db").exists()


def test_status_tells_what_went_out(call: Call, shop: Workshop) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    shop.write("102", "2026-05-12T10:00:00Z", [A], visibility="private")
    call("run", "-c", shop.file, "-m", "2026-05")

    status, out, _ = call("status", "-c", shop.file)
    told = json.loads(call("status", "-c", shop.file, "--json")[1])

    assert status == 0
    assert "2026-05  sent: 1 sent" in out
    assert "1 private incident" in out
    assert told["editions"][0]["state"] == "sent"
    assert told["editions"][0]["private"] == 1


def test_edit_writes_a_file_that_changes_nothing_until_edited(call: Call, shop: Workshop) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A, BLAME])

    status, out, _ = call("edit", "2026-05", "-c", shop.file)

    file = shop.folder / "editions" / "2026-05.yaml"
    text = file.read_text(encoding="utf-8")
    assert status == 0
    assert str(file) in out
    assert A in text
    assert "blames" in text
    assert yaml.safe_load(text) is None
    decided = "\n".join(line[2:] for line in text.splitlines() if re.match(r"# (\w+: \[|\w+:$|  ID:)", line))
    assert set(yaml.safe_load(decided)) == {"pin", "drop", "reword", "note", "adopted"}
    assert call("run", "-c", shop.file, "-m", "2026-05")[0] == 0


def test_edit_never_overwrites(call: Call, shop: Workshop) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    file = shop.folder / "editions" / "2026-05.yaml"
    file.parent.mkdir()
    file.write_text("# mine\n", encoding="utf-8")

    status, out, _ = call("edit", "2026-05", "-c", shop.file)

    assert status == 0
    assert "kept" in out
    assert file.read_text(encoding="utf-8") == "# mine\n"


def test_init_writes_a_config_that_loads_and_never_overwrites(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "config" / "digest.yaml"

    first = call("init", "--to", file)
    second = call("init", "folder", "--to", file)

    assert first[0] == 0
    assert load(file).settings.organisation
    assert second[0] == 2
    assert "kept" in second[2]


def test_init_of_an_unknown_tracker_says_which_there_are(call: Call, tmp_path: Path) -> None:
    status, _, err = call("init", "foldr", "--to", tmp_path / "x.yaml")

    assert status == 2
    assert "did you mean 'folder'?" in err


# --- takeaways ------------------------------------------------------------------------------


def test_takeaways_prints_what_other_programs_score(call: Call, shop: Workshop) -> None:
    file = shop.write("101", "2026-05-12T10:00:00Z", [A, BLAME])

    status, out, _ = call("takeaways", "--json", "--pick", "2", file)

    told = json.loads(out)
    (review,) = told["reviews"]
    # A line that blames may score well; it is not printed, and so not picked.
    first = next(one for one in review["takeaways"] if one["printed"])
    assert status == 0
    assert set(review) == {"file", "title", "takeaways", "went_well", "findings"}
    assert set(first) == {"rank", "text", "quote", "score", "printed", "heading", "line", "column", "reasons"}
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[first["line"] - 1][first["column"] - 1 :].startswith(first["quote"][:20])
    assert "blame" in [f["rule"] for f in review["findings"]]
    assert told["picked"] == [{"file": str(file), "quote": first["quote"]}]


def test_takeaways_are_masked(call: Call, shop: Workshop) -> None:
    token = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"
    file = shop.write(
        "101", "2026-05-12T10:00:00Z", [f"A token such as {token} in a log opens the door to everybody."]
    )

    _, out, _ = call("takeaways", "--json", file)

    assert token not in out
    assert json.loads(out)["reviews"][0]["takeaways"][0]["text"].startswith("A token such as [")


def test_a_file_that_cannot_be_read_is_an_entry_and_status_1(call: Call, shop: Workshop) -> None:
    good = shop.write("101", "2026-05-12T10:00:00Z", [A])
    bad = shop.folder / "review.pdf"
    bad.write_bytes(b"%PDF-1.7 \x00\x01")

    status, out, _ = call("takeaways", "--json", bad, shop.folder / "absent.md", good)

    reviews = json.loads(out)["reviews"]
    assert status == 1
    assert [set(review) for review in reviews[:2]] == [{"file", "error", "takeaways"}] * 2
    assert reviews[0]["takeaways"] == []
    assert reviews[2]["takeaways"]


# --- The config that comes with the program -------------------------------------------------


def test_the_shipped_config_loads_and_names_every_setting() -> None:
    file = paths.config() / "digest.yaml"
    text = file.read_text(encoding="utf-8")
    config = load(file)
    smtp = channel_kind("smtp").settings

    assert [c.kind for c in config.trackers] == ["folder"]
    for model in (Settings, Redaction, TRACKERS["folder"].settings, CHANNELS["outbox"].settings, smtp):
        for name in model.model_fields:
            assert f"{name}:" in text, f"{model.__module__} {name} is not in config/digest.yaml"


def test_the_commented_mail_channel_is_right_once_uncommented(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "x")
    text = (paths.config() / "digest.yaml").read_text(encoding="utf-8")
    start = text.index("  # - name: mail")
    end = text.index("\n# ---", start)
    block = "\n".join(line.replace("  # ", "  ", 1) for line in text[start:end].splitlines())
    file = tmp_path / "digest.yaml"
    file.write_text(text[:start] + block + text[end:], encoding="utf-8")
    (tmp_path / "recipients.txt").write_text("ana@example.org\n", encoding="utf-8")

    mail = load(file).channels[1]

    assert mail.parse(channel_kind("smtp").settings).host == "smtp.example.org"


def test_the_program_runs_as_a_module(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "digest", "--version"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ},
    )

    assert done.returncode == 0
    assert done.stdout.startswith("digest, version ")


def test_a_run_by_hand_that_is_held_writes_to_the_editor_once(call: Call, shop: Workshop) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    shop.file.write_text(shop.file.read_text().replace("approval: never", "approval: always"))

    first = call("run", "-c", shop.file, "-m", "2026-05")
    second = call("run", "-c", shop.file, "-m", "2026-05")

    assert first[0] == second[0] == 0
    assert "learning@example.org was written to, with the proof." in first[1]
    assert f"approve --config {shop.file} 2026-05" in first[1]
    assert "was written to" not in second[1]
    (notice,) = (shop.folder / "out" / "notices").glob("*.eml")
    text = email.message_from_bytes(notice.read_bytes(), policy=default).get_body(("plain",))
    assert text is not None
    assert f"digest approve 2026-05 --config {shop.file}" in " ".join(text.get_content().split())


def test_an_editors_file_in_which_nothing_is_decided_does_not_keep_from_approving(
    call: Call, shop: Workshop
) -> None:
    shop.write("101", "2026-05-12T10:00:00Z", [A])
    shop.file.write_text(shop.file.read_text().replace("approval: never", "approval: always"))
    call("run", "-c", shop.file, "-m", "2026-05")
    call("edit", "-c", shop.file, "2026-05")

    assert call("approve", "-c", shop.file, "2026-05")[0] == 0
