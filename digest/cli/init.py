"""`digest init`: a commented config to start from."""

from pathlib import Path

import click

from digest import paths
from digest.cli import common
from digest.config import unknown
from digest.errors import ConfigError
from digest.trackers import TRACKERS


@click.command(name="init", epilog="Example: digest init folder")
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
    """Write a commented config for a kind of TRACKER (folder); never overwrites."""
    if tracker not in TRACKERS:
        raise ConfigError("TRACKER", unknown(tracker, sorted(TRACKERS), "kind of tracker"))
    text = (paths.config() / "digest.yaml").read_text(encoding="utf-8")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError as error:
        raise ConfigError(
            str(file), "this file is there already and was kept; name another one with --to"
        ) from error
    except OSError as error:
        raise ConfigError(str(file), f"could not be written ({error.strerror})") from error
    option = "" if file == common.DEFAULT else f" --config {file}"
    click.echo(f"Wrote {file}. Tell it where your reviews are (`path:`), then look: digest preview{option}")
