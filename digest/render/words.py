"""Dates, numbers and plurals in the readers' language, by Babel."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time, get_month_names
from babel.lists import format_list
from babel.numbers import format_decimal

from digest.errors import ConfigError
from digest.model import Severity
from digest.period import Month

# Plain "en" is American in CLDR; the templates are British, and "14 October" cannot be misread.
_DEFAULTS = {"en": "en_GB"}


@dataclass(frozen=True, slots=True)
class Words:
    """How one language writes what templates must not spell out themselves."""

    locale: Locale

    @classmethod
    def of(cls, name: str) -> "Words":
        """Return the words of a locale such as `en`, `de` or `pt_BR`.

        Raises:
            ConfigError: Babel knows no such locale.
        """
        try:
            return cls(Locale.parse(_DEFAULTS.get(name, name.replace("-", "_"))))
        except (ValueError, UnknownLocaleError) as error:
            expected = f"expected a language such as en, de or pt_BR; {name!r} is not known"
            raise ConfigError("locale", expected) from error

    @property
    def language(self) -> str:
        """The language as HTML names it: `en-GB`."""
        return str(self.locale).replace("_", "-")

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return self.locale.text_direction

    def month(self, month: Month) -> str:
        """Return `October 2026`."""
        return format_skeleton("yMMMM", month.start, locale=self.locale)

    def month_seen_from(self, month: Month, reader: Month) -> str:
        """Return `September`, or `September 2025` where the reader's month is of another year."""
        if month.year != reader.year:
            return self.month(month)
        return str(get_month_names("wide", locale=self.locale)[month.number])

    def first_day(self, month: Month) -> str:
        """Return `1 October 2026`."""
        return format_date(month.start.date(), "long", locale=self.locale)

    def last_day(self, month: Month) -> str:
        """Return `31 October 2026`."""
        return format_date(month.end.date() - timedelta(days=1), "long", locale=self.locale)

    def day(self, moment: datetime, zone: str) -> str:
        """Return `2 November 2026`: the day of `moment` (aware) in `zone`."""
        return format_date(moment.astimezone(ZoneInfo(zone)).date(), "long", locale=self.locale)

    def time(self, moment: datetime, zone: str) -> str:
        """Return `09:00`: the time of `moment` (aware) in `zone`."""
        return format_time(moment.astimezone(ZoneInfo(zone)).time(), "short", locale=self.locale)

    def number(self, value: float) -> str:
        """Return `1,204` or `2.5`; at most one decimal."""
        return _number(value, self.locale)

    def count(self, value: int, one: str, other: str) -> str:
        """Return `1 incident` or `2 incidents`."""
        return f"{self.number(value)} {self.plural(value, one, other)}"

    def plural(self, value: int, one: str, other: str) -> str:
        """Return the form that `value` asks for, without the number."""
        return one if self.locale.plural_form(value) == "one" else other

    def listing(self, items: tuple[str, ...] | list[str]) -> str:
        """Return `a, b and c`."""
        return format_list(list(items), locale=self.locale)

    def severity(self, severity: Severity | None, label: str | None = None) -> str | None:
        """Return the tracker's own word, else `Sev-1`, else None."""
        return label or (f"Sev-{int(severity)}" if severity else None)


@lru_cache(maxsize=4096)  # a matrix prints the same few counts again and again; Babel takes 40 µs for each
def _number(value: float, locale: Locale) -> str:
    return format_decimal(value, "#,##0.#", locale=locale)
