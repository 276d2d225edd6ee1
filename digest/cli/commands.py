"""The group of commands, each imported only when it is called."""

import importlib
import sys
import traceback

import click

from digest import __version__
from digest.cli.overview import COMMANDS, overview
from digest.config.tree import unknown
from digest.errors import ConfigError, DigestError

_MODULES = {name: module for name, module, _ in COMMANDS}
PROBLEMS, USAGE, CANNOT_GO_ON = 1, 2, 3


class _Lazy(click.Group):
    """A group whose commands live in modules of their own."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            ctx.fail(f"{unknown(cmd_name, list(_MODULES), 'command')} (`digest --help` tells about them)")
        command = importlib.import_module(f"digest.cli.{_MODULES[cmd_name]}").command
        assert isinstance(command, click.Command)  # noqa: S101 - a slip in COMMANDS is ours
        return command

    def get_help(self, ctx: click.Context) -> str:  # noqa: ARG002 - click's signature
        return overview().rstrip("\n")


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="digest")
def digest() -> None:
    """Once a month, what an organisation learnt from its incidents."""


def run_command_line() -> None:
    """Run a command; our errors become one line and an exit status, anything else keeps its traceback."""
    try:
        digest(prog_name="digest")
    except ConfigError as error:
        _end(error, USAGE)
    except DigestError as error:
        _end(error, CANNOT_GO_ON)
    except Exception:  # noqa: BLE001 - the last door: a bug must not look like status 1, "done with problems"
        traceback.print_exc()
        click.echo("digest: this is a fault of the program; the lines above help to find it.", err=True)
        sys.exit(CANNOT_GO_ON)


def _end(error: DigestError, status: int) -> None:
    click.echo(f"digest: {error}", err=True)
    sys.exit(status)
