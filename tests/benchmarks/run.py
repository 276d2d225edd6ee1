"""`make bench`: promises about speed, as ratios within one run; prints a table, ends with 1 if one is broken.


make bench                      on the sample's reviews, repeated
make bench CORPUS=path          on every Markdown file under a folder, repeated up to 1,000
"""

import argparse
import csv
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "config" / "demo" / "reviews"
REVIEWS = 1_000
MONTH = "2026-10"
CONFIG = """\
organisation: Bench
history: 0
trackers: [{name: folder, kind: folder, path: incidents, visibility: public}]
channels: [{name: files, kind: outbox, folder: out}]
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One promise: what was measured, in its unit, beside the most that it may be."""

    what: str
    measured: float
    most: float
    unit: str
    detail: str

    def __str__(self) -> str:
        verdict = "ok" if self.measured <= self.most else "TOO MUCH"
        figure = f"{self.measured:8.2f} {self.unit:<4} at most {self.most:g}  {verdict}"
        return f"{self.what:<52} {figure}   ({self.detail})"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, default=SAMPLE, help="a folder of Markdown reviews")
    parser.add_argument("--only", choices=("parse", "month"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only:
        print(json.dumps({"parse": parse_alone, "month": whole_month}[args.only](args.folder)))
        return
    rows = [*start(), *demo(), *month(args.corpus)]
    print()
    for row in rows:
        print(row)
    sys.exit(any(row.measured > row.most for row in rows))


# --- Starting ---------------------------------------------------------------------------------


def start() -> list[Row]:
    print("bench: digest --help beside a bare interpreter, 21 starts each, interleaved", flush=True)
    digest = str(Path(sys.executable).parent / "digest")
    bare: list[float] = []
    helped: list[float] = []
    for _ in range(21):
        bare.append(seconds(lambda: call([sys.executable, "-c", "pass"])))
        helped.append(seconds(lambda: call([digest, "--help"])))
    mine, theirs = statistics.median(helped), statistics.median(bare)
    detail = f"{mine * 1000:.0f} ms beside {theirs * 1000:.0f} ms"
    return [Row("digest --help, of a bare start", mine / theirs, 4, "x", detail)]


def demo() -> list[Row]:
    print("bench: the run of `make demo`, after set-up, 5 times", flush=True)
    digest = str(Path(sys.executable).parent / "digest")
    times = []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(ROOT / "config", Path(folder) / "config")
            command = [digest, "run", "--config", f"{folder}/config/demo.yaml", "--month", MONTH]
            times.append(seconds(lambda command=command: call(command)))
    return [Row("the run of make demo", statistics.median(times), 3, "s", f"best {min(times):.2f} s")]


# --- A month of 1,000 reviews -----------------------------------------------------------------


def month(corpus: Path) -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        words = lay_out(corpus, folder)
        print(
            f"bench: a month of {REVIEWS} reviews, {words:,} words, from {corpus}; 3 rounds, interleaved",
            flush=True,
        )
        alone: list[float] = []
        whole: list[float] = []
        peak = 0.0
        for _ in range(3):
            alone.append(measured("parse", folder)["cpu_s"])
            told = measured("month", folder)
            whole.append(told["cpu_s"])
            peak = max(peak, told["peak_mb"])
    # It was 3 while headings alone decided; since every line of every section is scored, the work grows with
    # the lines, not with learning sections. The sample's reviews are short, with more learnings to a line.
    most = 11 if corpus == SAMPLE else 8
    ratio = statistics.median(w / a for w, a in zip(whole, alone, strict=True))
    detail = f"{statistics.median(whole):.2f} s beside {statistics.median(alone):.2f} s of CPU"
    return [
        Row("collect, extract, rank, render, of parsing alone", ratio, most, "x", detail),
        Row("its memory at the most", peak, 300, "MB", f"{REVIEWS} reviews"),
    ]


def lay_out(corpus: Path, folder: Path) -> int:
    """Write a month of reviews, each file as often as needed; return how many words they hold."""
    sources = sorted(corpus.rglob("*.md"))
    if not sources:
        sys.exit(f"bench: there are no Markdown files under {corpus}")
    (folder / "digest.yaml").write_text(CONFIG, encoding="utf-8")
    (folder / "incidents").mkdir()
    words = 0
    with (folder / "incidents" / "incidents.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["key", "title", "severity", "primary_cause", "resolved"])
        for n in range(REVIEWS):
            text = sources[n % len(sources)].read_text(encoding="utf-8", errors="replace")
            body = without_front_matter(text)
            words += len(body.split())
            (folder / "incidents" / f"{n + 1}.md").write_text(body, encoding="utf-8")
            cause = ("Configuration", "Deployment", "Capacity", "Bug")[n % 4]
            table.writerow(
                [n + 1, f"Incident {n + 1}", f"SEV{n % 4 + 1}", cause, f"{MONTH}-{n % 28 + 1:02d}T10:00:00Z"]
            )
    return words


def without_front_matter(text: str) -> str:
    """The table tells what front matter would; a second opinion would be refused."""
    for fence in ("---\n", "+++\n"):
        if text.startswith(fence) and fence in text[4:]:
            return text[4:].split(fence, 1)[1]
    return text


def measured(what: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--only", what, "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def parse_alone(folder: Path) -> dict[str, float]:
    """Parse the same Markdown with the same parser, and do nothing else."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - imported outside the measured part

    parser = MarkdownIt("commonmark").enable("table")
    texts = [file.read_text(encoding="utf-8") for file in sorted((folder / "incidents").glob("*.md"))]
    return cpu(lambda: [parser.parse(text) for text in texts])


def whole_month(folder: Path) -> dict[str, float]:
    """Collect, redact, extract, rank, compose and render; store and send nothing."""
    from digest.assemble import assemble  # noqa: PLC0415 - imported outside the measured part
    from digest.config import load  # noqa: PLC0415 - as above
    from digest.ledger import Ledger  # noqa: PLC0415 - as above
    from digest.period import Month  # noqa: PLC0415 - as above
    from digest.pipeline import Job, Silent, trial  # noqa: PLC0415 - as above

    setup = assemble(load(folder / "digest.yaml"))
    setup = replace(setup, settings=setup.settings.model_copy(update={"history": 0}))
    job = Job(setup, Month.parse(MONTH), datetime(2026, 11, 3, tzinfo=UTC), Silent())
    with Ledger.open(None) as ledger:
        return cpu(lambda: check(trial(job, ledger).edition.incidents))


def check(incidents: Sequence[object]) -> None:
    if len(incidents) != REVIEWS:
        sys.exit(
            f"bench: {len(incidents)} of {REVIEWS} reviews made it into the edition; nothing was measured"
        )


# --- Measuring --------------------------------------------------------------------------------


def cpu(work: Callable[[], object]) -> dict[str, float]:
    before = time.process_time()
    work()
    spent = time.process_time() - before
    return {"cpu_s": spent, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def seconds(work: Callable[[], object]) -> float:
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def call(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
