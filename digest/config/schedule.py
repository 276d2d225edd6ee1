"""When editions are due: the settings under `schedule`, and the rule that they make."""

import re
from datetime import date, time
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator, model_validator

from digest.config.strict import Strict, Zone
from digest.due import FRESH_DAYS, LAST, WEEKEND, CatchUp, Rule

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": LAST}
_NTH |= {"1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5}
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_AN_HOUR, _A_DAY = 60, 24 * 60  # in minutes


def _time(value: object) -> object:
    if isinstance(value, time):
        return value
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is not None:
        return time(int(match[1]), int(match[2]))
    # YAML reads 10:30 as the number 630, and 09:00 as text.
    meant = value if isinstance(value, int) and _AN_HOUR <= value < _A_DAY else 9 * _AN_HOUR
    message = f'expected a time of 24 hours in quotes, such as "{meant // 60:02d}:{meant % 60:02d}"'
    raise ValueError(message)


def _day_of_week(name: object) -> int:
    word = str(name).casefold()
    found = [n for n, day in enumerate(_DAYS) if word in {day, day[:3]}]
    if not found:
        near = get_close_matches(word, _DAYS, n=1)
        hint = f"; did you mean {near[0]}?" if near else f". Known: {', '.join(_DAYS)}"
        message = f"{str(name)!r} is no day of the week{hint}"
        raise ValueError(message)
    return found[0]


def _weekday(value: object) -> object:
    if value is None or isinstance(value, tuple):
        return value
    match str(value).casefold().split():
        case [nth, day] if nth in _NTH:
            return _NTH[nth], _day_of_week(day)
    message = "expected which one of which day, such as second Tuesday or last Friday"
    raise ValueError(message)


def _weekend(value: object) -> object:
    if not isinstance(value, list | tuple):
        return value
    days = tuple(_day_of_week(day) for day in value)
    if len(set(days)) == len(_DAYS):
        message = "expected at least one day of the week to be no weekend"
        raise ValueError(message)
    return days


def _date(value: object) -> object:
    if isinstance(value, str | date):
        return value
    # A number would be read as seconds since 1970.
    message = "expected a date, such as 2026-12-24"
    raise ValueError(message)


def _text(value: object) -> object:
    """Undo what YAML makes of Norway (NO) and Ontario (ON)."""
    if isinstance(value, bool):
        return "ON" if value else "NO"
    return value


_DayOfMonth = Annotated[int, Field(ge=1, le=31, strict=True)]
_Time = Annotated[
    time, BeforeValidator(_time), WithJsonSchema({"type": "string", "pattern": f"^({_TIME.pattern})$"})
]
_Weekday = Annotated[
    tuple[int, int] | None, BeforeValidator(_weekday), WithJsonSchema({"type": ["string", "null"]})
]
_Weekend = Annotated[
    tuple[int, ...] | None,
    BeforeValidator(_weekend),
    WithJsonSchema({"type": ["array", "null"], "items": {"type": "string"}}),
]
_Code = Annotated[str | None, BeforeValidator(_text)]


class Schedule(Strict):
    """On which day of the month after an edition is due, and what becomes of what was not made in time."""

    day: _DayOfMonth | None = None
    working_day: _DayOfMonth | None = None
    weekday: _Weekday = None
    time: _Time = Field(default=time(9), json_schema_extra={"default": "09:00"})
    timezone: Zone | None = None
    on_holiday: Literal["keep", "next"] = "keep"
    country: _Code = None
    subdivision: _Code = None
    weekend: _Weekend = None
    closed: tuple[Annotated[date, BeforeValidator(_date)], ...] = ()
    catch_up: CatchUp = "newest"
    catch_up_days: int = Field(default=FRESH_DAYS, ge=1, le=366, strict=True)

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str | None) -> str | None:
        return value and _country(value)

    @field_validator("subdivision")
    @classmethod
    def _known_subdivision(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or "country" not in info.data:  # the country's own fault is told
            return value
        if info.data["country"] is None:
            message = "expected a country beside it, such as `country: DE`"
            raise ValueError(message)
        return _subdivision(info.data["country"], value)

    @model_validator(mode="after")
    def _one_day(self) -> "Schedule":
        days = {"day": self.day, "working_day": self.working_day, "weekday": self.weekday}
        given = [name for name, value in days.items() if value is not None]
        if len(given) > 1:
            message = f"expected one of day, working_day and weekday, not {' and '.join(given)}"
            raise ValueError(message)
        return self

    def rule(self, zone: str) -> Rule:
        """Return the rule; `zone` is the readers', in which months begin and end."""
        return Rule(
            day=self.day,
            working_day=self.working_day,
            weekday=self.weekday,
            time=self.time,
            zone=self.timezone or zone,
            month_zone=zone,
            country=self.country,
            subdivision=self.subdivision,
            closed=frozenset(self.closed),
            weekend=self._days_off(),
            on_holiday=self.on_holiday,
        )

    def _days_off(self) -> frozenset[int]:
        if self.weekend is not None:
            return frozenset(self.weekend)
        if self.country is None:
            return WEEKEND
        from holidays import country_holidays  # noqa: PLC0415 - only who names a country waits for it

        return frozenset(country_holidays(self.country).weekend)


def _country(code: str) -> str:
    """Return a country's code of two letters, in capitals."""
    from holidays import list_supported_countries  # noqa: PLC0415 - as above
    from holidays.registry import COUNTRIES  # noqa: PLC0415 - as above

    known = list_supported_countries(include_aliases=True)
    if code.upper() in known:
        return code.upper()
    names = {entry[0].casefold(): entry[1] for entry in COUNTRIES.values()}
    near = get_close_matches(code.casefold().replace(" ", ""), names, n=1)
    hint = f"did you mean {names[near[0]]}?" if near else "write its code of two letters, such as DE"
    message = f"{code!r} is no country whose holidays are known; {hint}"
    raise ValueError(message)


def _subdivision(country: str, code: str) -> str:
    """Return a subdivision's code; `DE-BY` and `Bayern` are accepted for `BY`."""
    from holidays import country_holidays  # noqa: PLC0415 - as above

    about = country_holidays(country)
    codes = {name: name for name in about.subdivisions} | about.subdivisions_aliases
    by_word = {word.casefold(): name for word, name in codes.items()}
    word = code.casefold().removeprefix(f"{country}-".casefold())
    if word in by_word:
        return by_word[word]
    near = get_close_matches(word, by_word, n=1)
    hint = (
        f"; did you mean {by_word[near[0]]}?"
        if near
        else f". Known: {', '.join(about.subdivisions) or 'none'}"
    )
    message = f"{code!r} is no part of {country} whose holidays are known{hint}"
    raise ValueError(message)
