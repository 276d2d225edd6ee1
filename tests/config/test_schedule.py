import re
from datetime import date, time
from pathlib import Path

import pytest
import yaml

from digest import paths
from digest.config import load
from digest.config.schedule import Schedule
from digest.due import LAST
from digest.errors import ConfigError

CONFIG = """\
organisation: Example Rail
timezone: Europe/Lisbon
trackers: [{{name: reviews, kind: folder, path: incidents}}]
channels: [{{name: files, kind: outbox}}]
{schedule}
"""


def read(folder: Path, *lines: str) -> Schedule:
    schedule = "\n".join(["schedule:", *(f"  {line}" for line in lines)]) if lines else ""
    file = folder / "digest.yaml"
    file.write_text(CONFIG.format(schedule=schedule), encoding="utf-8")
    return load(file).settings.schedule


def test_with_nothing_said_it_is_the_first_working_day_at_nine_where_the_readers_are(tmp_path: Path) -> None:
    rule = read(tmp_path).rule("Europe/Lisbon")

    assert (rule.day, rule.weekday, rule.working_day or 1) == (None, None, 1)
    assert (rule.time, rule.zone, rule.month_zone) == (time(9), "Europe/Lisbon", "Europe/Lisbon")
    assert rule.weekend == {5, 6}


def test_the_time_may_be_that_of_another_zone_than_the_readers(tmp_path: Path) -> None:
    rule = read(tmp_path, "timezone: Asia/Tokyo").rule("Europe/Lisbon")

    assert (rule.zone, rule.month_zone) == ("Asia/Tokyo", "Europe/Lisbon")


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("day: 31", "day", 31),
        ("working_day: 3", "working_day", 3),
        ("weekday: second Tuesday", "weekday", (2, 1)),
        ("weekday: 2nd tue", "weekday", (2, 1)),
        ("weekday: LAST FRIDAY", "weekday", (LAST, 4)),
        ("time: 09:00", "time", time(9)),
        ("time: '0:30'", "time", time(0, 30)),
        ('time: "23:59"', "time", time(23, 59)),
        ("country: de", "country", "DE"),
        ("country: NO", "country", "NO"),  # YAML reads it as "no"
        ("weekend: [friday, Sat]", "weekend", {4, 5}),
        ("closed: [2026-12-24, '2026-12-31']", "closed", {date(2026, 12, 24), date(2026, 12, 31)}),
        ("on_holiday: next", "on_holiday", "next"),
    ],
)
def test_each_setting_gets_into_the_rule(tmp_path: Path, line: str, field: str, value: object) -> None:
    assert getattr(read(tmp_path, line).rule("UTC"), field) == value


@pytest.mark.parametrize("word", ["BY", "by", "DE-BY", "Bayern"])
def test_a_part_of_a_country_goes_by_its_code_or_name(tmp_path: Path, word: str) -> None:
    assert read(tmp_path, "country: DE", f"subdivision: {word}").subdivision == "BY"


def test_yaml_may_read_ontario_as_a_truth_value(tmp_path: Path) -> None:
    assert read(tmp_path, "country: CA", "subdivision: ON").subdivision == "ON"


def test_a_country_brings_its_weekend_unless_another_is_given(tmp_path: Path) -> None:
    assert read(tmp_path, "country: IL").rule("UTC").weekend == {4, 5}
    assert read(tmp_path, "country: IL", "weekend: [sat]").rule("UTC").weekend == {5}


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["day: 0"], ["digest.yaml:6 schedule.day", "greater than or equal to 1"]),
        (["day: -1"], ["schedule.day", "greater than or equal to 1"]),
        (["day: 32"], ["schedule.day", "less than or equal to 31"]),
        (["day: yes"], ["schedule.day", "integer"]),
        (["working_day: 0"], ["schedule.working_day", "greater than or equal to 1"]),
        (["day: 1", "weekday: last Friday"], ["digest.yaml:5 schedule", "one of", "not day and weekday"]),
        (["weekday: friday"], ["schedule.weekday", "second Tuesday"]),
        (["weekday: sixth Friday"], ["schedule.weekday", "second Tuesday"]),
        (["weekday: last Firday"], ["schedule.weekday", "did you mean friday?"]),
        (["time: 10:30"], ["schedule.time", '"10:30"', "quotes"]),  # YAML reads it as 630
        (["time: 9"], ["schedule.time", '"09:00"']),
        (["time: '24:00'"], ["schedule.time", "24 hours"]),
        (["time: 9am"], ["schedule.time", "24 hours"]),
        (["timezone: Berlin"], ["schedule.timezone", "did you mean Europe/Berlin?"]),
        (["country: Germany"], ["schedule.country", "did you mean DE?"]),
        (["country: XX"], ["schedule.country", "two letters"]),
        (["country: DE", "subdivision: Bayren"], ["schedule.subdivision", "did you mean BY?"]),
        (["country: DE", "subdivision: XX"], ["schedule.subdivision", "Known: BB, BE"]),
        (["subdivision: BY"], ["schedule.subdivision", "country: DE"]),
        (["country: XX", "subdivision: BY"], ["schedule.country"]),
        (["weekend: [9]"], ["schedule.weekend", "no day of the week"]),
        (["weekend: saturday"], ["schedule.weekend", "a list"]),
        (["weekend: [mon, tue, wed, thu, fri, sat, sun]"], ["schedule.weekend", "at least one day"]),
        (["closed: [20261224]"], ["schedule.closed[0]", "2026-12-24"]),
        (["closed: ['2026-12-32']"], ["schedule.closed[0]"]),
        (["catch_up: some"], ["schedule.catch_up", "'newest'"]),
        (["catch_up_days: 0"], ["schedule.catch_up_days"]),
        (["wekday: last Friday"], ["schedule.wekday", "did you mean 'weekday'?"]),
    ],
)
def test_each_fault_is_named_with_what_was_meant(tmp_path: Path, lines: list[str], says: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, *lines)

    for words in says:
        assert words in str(caught.value)


def test_the_commented_block_names_every_setting_and_is_right_once_uncommented(tmp_path: Path) -> None:
    text = (paths.config() / "digest.yaml").read_text(encoding="utf-8")
    block = text[text.index("# schedule:") : text.index("# --- Where incidents come from")]

    told = yaml.safe_load(re.sub(r"^# ", "", block, flags=re.MULTILINE))["schedule"]
    alternatives = re.findall(r"^#   # (\w+):", block, flags=re.MULTILINE)

    assert {*told, *alternatives} == set(Schedule.model_fields)
    assert Schedule.model_validate(told).rule("UTC").closed == {date(2026, 12, 24), date(2026, 12, 31)}
    for name in alternatives:
        (line,) = re.findall(rf"^#   # ({name}: .*)", block, flags=re.MULTILINE)
        read(tmp_path, line)


def test_editors_are_told_of_the_default_time_in_the_form_that_is_accepted() -> None:
    time_shape = Schedule.model_json_schema()["properties"]["time"]

    assert re.fullmatch(time_shape["pattern"], time_shape["default"])
