from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest

from digest.errors import ConfigError
from digest.trackers import GROUP, TRACKERS, kind_of


def outsider(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


def test_the_kind_that_is_named_is_found() -> None:
    assert kind_of("folder") is TRACKERS["folder"]


def test_a_misspelt_kind_is_named_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"^digest\.yaml:4 trackers\[0\]\.kind: .*did you mean 'folder'\?"):
        kind_of("foldr", "digest.yaml:4 trackers[0].kind")


def test_an_outsiders_kind_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    module = SimpleNamespace(kind=TRACKERS["folder"])
    monkeypatch.setitem(__import__("sys").modules, "their_tracker", module)

    assert kind_of("theirs", outsiders=[outsider("theirs", "their_tracker:kind")]) is module.kind


@pytest.mark.parametrize(
    ("points", "word", "message"),
    [
        ([("folder", "theirs:kind")], "folder", "several kinds of tracker are called 'folder'"),
        ([("x", "a:kind"), ("x", "b:kind")], "x", "several kinds"),
        ([("x", "no_such_module:kind")], "x", "cannot be loaded"),
        ([("x", "json:no_such_name")], "x", "cannot be loaded"),
        ([("x", "json:dumps")], "x", "is no TrackerKind"),
    ],
)
def test_an_outsiders_kind_that_cannot_be_used_is_a_clear_error(
    points: list[tuple[str, str]], word: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        kind_of(word, outsiders=[outsider(*point) for point in points])
