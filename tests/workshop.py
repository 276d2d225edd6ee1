"""A small organisation on disk, for tests of the whole program: a folder of reviews, a config, a clock."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from digest.assemble import assemble
from digest.config import load
from digest.delivery.base import MAIL, ChannelDown, Handover
from digest.errors import Reason
from digest.model import Receipt, Rendering
from digest.period import Month
from digest.pipeline import Job, Setup, Silent

CONFIG = """\
organisation: Example Rail
timezone: Europe/Lisbon
editor: learning@example.org
approval: never
missing_sources: send
history: {history}
ledger: digest.db
trackers:
  - name: folder
    kind: folder
    path: incidents
    visibility: public
channels:
  - name: files
    kind: outbox
    folder: out
"""

REVIEW = """\
# {title}

## Lessons learned

{lessons}

## Action items

- [ ] Add a limit to the cache
"""


@dataclass(slots=True)
class Mailer:
    """A channel that remembers what it was given; it can be made to fail for a target, or altogether."""

    people: Sequence[str]
    name: str = "mail"
    order: int = MAIL
    repeatable: bool = False
    publishes: bool = False
    sent: list[tuple[str, str]] = field(default_factory=list)  # target, subject
    down: bool = False

    def targets(self) -> Sequence[str]:
        return self.people

    def send(self, rendering: Rendering, target: str, handover: Handover) -> Receipt:
        if self.down:
            raise ChannelDown(self.name, Reason.AUTH, "the password was refused")
        handover.commit()
        self.sent.append((target, rendering.subject))
        return Receipt(reference=f"ref-{len(self.sent)}")

    def close(self) -> None:
        pass


class Workshop:
    """Writes the organisation's incidents, and puts its program together."""

    def __init__(self, folder: Path, history: int = 3) -> None:
        self.folder = folder
        self.history = history
        (folder / "incidents").mkdir()
        self.file = folder / "digest.yaml"
        self.file.write_text(CONFIG.format(history=history), encoding="utf-8")

    def write(self, key: str, resolved: str, lessons: Sequence[str] = (), **front: str) -> Path:
        """Write an incident with its review; `front` adds to its front matter."""
        fields = {
            "incident": key,
            "severity": "SEV3",
            "cause": "Configuration",
            "resolved": resolved,
            **front,
        }
        head = "\n".join(f"{name}: {value}" for name, value in fields.items())
        title = front.get("title", f"Incident {key}")
        body = REVIEW.format(title=title, lessons="\n".join(f"- {line}" for line in lessons))
        file = self.folder / "incidents" / f"{key}.md"
        file.write_text(f"---\n{head}\n---\n{body}", encoding="utf-8")
        return file

    def setup(self, *channels: object) -> Setup:
        """Return the program; with `channels`, those in place of the config's."""
        setup = assemble(load(self.file))
        return replace(setup, channels=channels) if channels else setup  # type: ignore[arg-type]  # fakes

    def job(self, month: str, now: str, *channels: object) -> Job:
        moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
        return Job(self.setup(*channels), Month.parse(month, "Europe/Lisbon"), moment, Silent())
