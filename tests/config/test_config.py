from pathlib import Path

import pytest

from digest.config import Secret, Strict, load, read_yaml
from digest.errors import ConfigError

GOOD = """\
organisation: Example Rail
timezone: Europe/Lisbon
trackers:
  - name: reviews
    kind: folder
    path: incidents
channels:
  - name: files
    kind: outbox
"""


class Door(Strict):
    host: str
    port: int = 25
    password: Secret | None = None


def written(folder: Path, text: str) -> Path:
    file = folder / "digest.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_good_file_is_read_with_defaults(tmp_path: Path) -> None:
    config = load(written(tmp_path, GOOD))

    assert config.settings.organisation == "Example Rail"
    assert config.settings.history == 12
    assert [(c.name, c.kind) for c in config.trackers] == [("reviews", "folder")]
    assert config.path(config.settings.ledger) == tmp_path.resolve() / "digest.db"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("timezone:", "timezon:", ["digest.yaml:2 timezon", "unknown key", "did you mean 'timezone'?"]),
        ("Europe/Lisbon", "Lisbon", ["digest.yaml:2 timezone", "name of a time zone"]),
        ("organisation: Example Rail\n", "", ["organisation", "missing"]),
        ("organisation: Example Rail", "organisation: ''", ["digest.yaml:1 organisation", "at least 1"]),
        ("timezone: Europe/Lisbon", "history: twelve", ["digest.yaml:2 history", "valid integer"]),
        ("timezone: Europe/Lisbon", "history: 99", ["digest.yaml:2 history", "less than or equal to 36"]),
        (
            "timezone: Europe/Lisbon",
            "count_by: closed",
            ["digest.yaml:2 count_by", "'resolved' or 'created'"],
        ),
        ("timezone: Europe/Lisbon", "editor: a@b, c@d", ["digest.yaml:2 editor", "one e-mail address"]),
        (
            "timezone: Europe/Lisbon",
            "redaction: {custmers: [X]}",
            ["redaction.custmers", "did you mean 'customers'?"],
        ),
        ("    kind: folder\n", "", ["digest.yaml:4 trackers[0].kind", "missing: kind"]),
        ("trackers:", "trackers: []\nother:", ["trackers", "at least one"]),
        ("name: files", "name: '../x'", ["channels[0].name", "letters, digits"]),
        ("timezone: Europe/Lisbon", "organisation: Twice", ["digest.yaml:2", "twice"]),
        (
            "timezone: Europe/Lisbon",
            "title: ${SECRET}",
            ["digest.yaml:2 title", "only where a field is a secret"],
        ),
        ("timezone: Europe/Lisbon", "a: [1", ["digest.yaml", "not YAML"]),
        ("timezone: Europe/Lisbon", "a: !!python/object/apply:os.system [ls]", ["digest.yaml:2", "not YAML"]),
    ],
)
def test_each_fault_names_its_line_and_what_was_meant(
    tmp_path: Path, old: str, new: str, says: list[str]
) -> None:
    assert old in GOOD

    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, GOOD.replace(old, new)))

    for words in says:
        assert words in str(caught.value)


def test_two_connectors_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = GOOD + "  - name: files\n    kind: outbox\n"

    with pytest.raises(ConfigError, match=r"digest\.yaml:10 channels\[1\]\.name: the name 'files' is taken"):
        load(written(tmp_path, twice))


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="digest init"):
        read_yaml(tmp_path / "digest.yaml")


def test_a_file_in_latin_1_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "digest.yaml"
    file.write_bytes("organisation: Città".encode("latin-1"))

    with pytest.raises(ConfigError, match=r"digest\.yaml: could not be read as UTF-8"):
        load(file)


def door(folder: Path, line: str) -> Door:
    text = GOOD + f"  - name: mail\n    kind: smtp\n    host: mx\n    {line}\n"
    return load(written(folder, text)).channels[1].parse(Door)


def test_secrets_come_from_variables_and_files_and_never_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "canary-1")
    (tmp_path / "secret").write_text("canary-2\n", encoding="utf-8")

    by_variable = door(tmp_path, "password: ${MAIL_PASSWORD}")
    by_file = door(tmp_path, f"password: ${{file:{tmp_path / 'secret'}}}")

    assert by_variable.password is not None
    assert by_variable.password.get_secret_value() == "canary-1"
    assert by_file.password is not None
    assert by_file.password.get_secret_value() == "canary-2"
    assert "canary" not in repr(by_variable) + str(by_file)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "password: ${NOT_SET_ANYWHERE}",
            r"digest\.yaml:13 channels\[1\]\.password: .*NOT_SET_ANYWHERE is not set",
        ),
        (
            "password: ${file:/nowhere/at/all}",
            r"channels\[1\]\.password: the file /nowhere/at/all could not be read",
        ),
        ("port: many", r"digest\.yaml:13 channels\[1\]\.port"),
        ("prot: 25", r"channels\[1\]\.prot: unknown key 'prot'; did you mean 'port'\?"),
    ],
)
def test_a_connectors_own_faults_name_their_line_too(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        door(tmp_path, line)


def test_a_bad_secret_is_not_repeated_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        door(tmp_path, "password: [canary]")

    assert "canary" not in str(caught.value)
