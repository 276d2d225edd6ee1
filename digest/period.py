"""Months: calendar months in the readers' time zone, half-open.

Python's own calendar arithmetic, no seconds: a month that begins or ends in a change of
clocks is an hour longer or shorter, and nothing here has to know.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import total_ordering
from zoneinfo import ZoneInfo

# From 1970 on: a year further back is a slip, and the months before it would leave the calendar.
_KEY = re.compile(r"((?:19[7-9]|2[0-9]{2})[0-9])-(0[1-9]|1[0-2])")


@total_ordering
@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in a zone; its key is `2026-05`.

    Months are ordered by the calendar; the zone says only where they begin and end.
    """

    year: int
    number: int  # 1..12
    zone: str = "UTC"

    @classmethod
    def parse(cls, key: str, zone: str = "UTC") -> "Month":
        """Read `2026-05`.

        Raises:
            ValueError: `key` is not a year and a month; the message says what would be right.
        """
        match = _KEY.fullmatch(key)
        if match is None:
            message = f"{key!r} is not a month; write it as YYYY-MM, for example 2026-05"
            raise ValueError(message)
        return cls(int(match[1]), int(match[2]), zone)

    @classmethod
    def of(cls, moment: datetime, zone: str = "UTC") -> "Month":
        """Return the month that holds `moment` (aware) in `zone`."""
        local = moment.astimezone(ZoneInfo(zone))
        return cls(local.year, local.month, zone)

    @property
    def key(self) -> str:
        """`2026-05`: how files, the ledger and people name it."""
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def start(self) -> datetime:
        """The first moment of the month, aware, in its zone."""
        return datetime(self.year, self.number, 1, tzinfo=ZoneInfo(self.zone))

    @property
    def end(self) -> datetime:
        """The first moment after the month, aware, in its zone."""
        return self.shift(1).start

    def shift(self, months: int) -> "Month":
        """Return the month so many months later, or earlier where negative."""
        index = self.year * 12 + self.number - 1 + months
        return Month(index // 12, index % 12 + 1, self.zone)

    def before(self, count: int) -> tuple["Month", ...]:
        """Return the `count` months before this one, oldest first."""
        return tuple(self.shift(-n) for n in range(count, 0, -1))

    def __contains__(self, moment: datetime) -> bool:
        # Compared in UTC: within one zone Python compares wall clocks, which repeat in autumn.
        at = moment.astimezone(UTC)
        return self.start.astimezone(UTC) <= at < self.end.astimezone(UTC)

    def __lt__(self, other: "Month") -> bool:
        return (self.year, self.number) < (other.year, other.number)

    def __str__(self) -> str:
        return self.key
