"""`digest init`: a commented config to start from."""

from pathlib import Path

import click
from pydantic.fields import FieldInfo

from digest import paths
from digest.cli import common
from digest.config.sample import variables, with_new_tracker, with_tracker
from digest.errors import ConfigError
from digest.trackers import TRACKERS, kind_of

_KINDS = ", ".join(sorted(TRACKERS))


@click.command(
    name="init",
    epilog="Example: digest init folder",
    help=f"""Write a commented config for a kind of TRACKER; never overwrites.

    Kinds: {_KINDS}. Without one: folder.""",
)
@click.argument("tracker", default="folder")
@click.option(
    "--to",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=common.DEFAULT,
    show_default=True,
    help="The file to write.",
)
def command(tracker: str, file: Path) -> None:
    """Write the file, and say what to do next."""
    text = _text_for(tracker)
    try:
        # The ledger will lie beside the config: a folder made for them is no one else's business.
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError as error:
        raise ConfigError(
            str(file), "this file is there already and was kept; name another one with --to"
        ) from error
    except OSError as error:
        raise ConfigError(str(file), f"could not be written ({error.strerror})") from error
    for line in _next(tracker, file, text):
        click.echo(line)


def _text_for(tracker: str) -> str:
    """Return the commented config with the one tracker active."""
    settings = kind_of(tracker, "TRACKER").settings
    sample = (paths.config() / "digest.yaml").read_text(encoding="utf-8")
    chosen = with_tracker(sample, tracker)
    if chosen is not None:
        return chosen
    # An outsider's kind has no block in our sample; its settings say what has to be told.
    keys = [_line(key, field) for key, field in settings.model_fields.items()]
    return with_new_tracker(sample, [f"  - name: {tracker}", f"    kind: {tracker}", *keys])


def _line(key: str, field: FieldInfo) -> str:
    words = f"   # {field.description}" if field.description else ""
    return f"    {key}:{words}" if field.is_required() else f"    # {key}:{words}"


def _next(tracker: str, file: Path, text: str) -> list[str]:
    """Return what was done and what to do now, a line each."""
    option = "" if file == common.DEFAULT else f" --config {file}"
    exports = [f"export {name}=…" for name in variables(text)]
    steps = [
        ("edit it:", "your organisation, time zone, and where your incidents are (under `trackers:`)"),
        *((export, "the secret that it names; a file does too, see there") for export in exports),
        (f"digest doctor{option}", "says whether all of it works"),
        (f"digest preview{option}", "shows the last full month on a page of this machine; sends nothing"),
    ]
    width = max(len(step) for step, _ in steps)
    told = (f"  {n}. {step:<{width}}  {words}" for n, (step, words) in enumerate(steps, start=1))
    return [f"Wrote {file}, for incidents in a tracker of the kind {tracker}. Next:", *told]
