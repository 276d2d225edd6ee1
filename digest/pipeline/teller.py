"""Tells the editor what a look at what is due has found, each thing once; and the operator, line by line."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from digest.errors import DigestError, LedgerError
from digest.ledger import Ledger
from digest.model import Notice
from digest.pipeline.notices import NOBODY, STAGE, Desk, tell
from digest.pipeline.setup import Stopped


@dataclass(slots=True)
class Teller:
    """What one look told, and whether something went wrong."""

    desk: Desk
    ledger: Ledger
    lines: list[str] = field(default_factory=list)
    trouble: bool = False

    def tell(self, make: Callable[[], Notice]) -> bool:
        """Write a notice, unless it got out before; return whether it has by now, or nobody is to be told.

        One that cannot be worded, as its template is wrong, or that does not get out, is trouble, said to
        the operator, and tried again with the next look.

        Raises:
            LedgerError: the ledger cannot be read or written.
            Stopped: the process was asked to end.
        """
        try:
            notice = make()
            problem = tell(notice, self.desk.setup.channels, self.ledger)
        except (LedgerError, Stopped):
            raise
        except DigestError as error:
            self._failed(f"{STAGE}: the editor could not be told: {error}")
            return False
        if problem is not None:
            self._failed(f"{problem.subject}: {problem.detail}")
        return self.told_before(notice.key)

    def told_at(self, key: str) -> datetime | None:
        """Return when the editor was told; None where that is not so, or there is nobody to tell."""
        return self.ledger.notice_sent_at(key, self._editor)

    def told_before(self, key: str) -> bool:
        """Return whether the editor was told, or the operator that nobody could be."""
        return any(self.ledger.notice_sent_at(one, self._editor) for one in (key, f"{NOBODY}{key}"))

    def mark(self, key: str) -> None:
        """Note that what this key stands for was told in some other notice."""
        if self.ledger.take_notice(key, self._editor):
            self.ledger.settle_notice(key, self._editor, sent=True)

    def _failed(self, line: str) -> None:
        self.trouble = True
        self.lines.append(line)

    @property
    def _editor(self) -> str:
        return self.desk.setup.settings.editor or ""
