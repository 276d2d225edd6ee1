"""`digest preview`: a month's edition on a local page."""

import os
import sys
import webbrowser
from dataclasses import replace
from pathlib import Path

import click

from digest import paths
from digest.assemble import assemble
from digest.cli import common
from digest.ledger import EditionState, HeldEdition
from digest.model import PAGE_URL
from digest.pipeline import Job, proof_of
from digest.web import serve


@click.command(name="preview", epilog="Example: digest preview --month 2026-10")
@common.config_option
@common.month_option
@click.option("--port", type=click.IntRange(1, 65535), help="Where to listen; a free one by default.")
@click.option("--open/--no-open", "open_it", default=True, help="Open the page in a browser.")
def command(config_file: Path, month: str | None, port: int | None, open_it: bool) -> None:  # noqa: FBT001 - click passes options by name
    """Show a month's edition on a page of this machine; sends nothing, stores nothing.

    Where the month's edition is frozen it is shown as it is; otherwise it is made now, as a trial.
    """
    config = common.read_config(config_file)
    at = common.now()
    meant = common.month_meant(month, config.settings.timezone, at, over=False)
    lines = common.Lines()
    setup = assemble(config, tell=lines.stage)
    with common.read_only(setup.ledger) as ledger:
        proof = proof_of(Job(setup, meant, at, lines), ledger).proof
        held = ledger.held(meant.key)
    lines.end()
    # As readers get it once the page is out; where the link leads is not known before.
    proof = replace(proof, rendering=proof.rendering.with_page(PAGE_URL))

    def announce(url: str) -> None:
        click.echo(_what_it_is(held, meant.key, common.option_of(config_file)))
        click.echo(f"{url}  (Ctrl-C ends it)")
        if open_it and _has_browser():
            click.launch(url)

    serve(proof, paths.templates(), port, announce=announce)


def _what_it_is(held: HeldEdition | None, month: str, option: str) -> str:
    if held is None:
        return f"{month} is a trial: composed just now, stored nowhere, sent to nobody."
    if held.state is EditionState.AWAITING_APPROVAL:
        return (
            f"{month} is held, and nobody has had it: this is what would be sent. "
            f"To release it: {common.program()} approve{option} {month}"
        )
    state = held.state.value.replace("_", " ")
    return f"{month} is frozen ({state}): this is what is sent."


def _has_browser() -> bool:
    """Whether there is a browser to open; a server has none, and asking it to prints a page of errors."""
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
