"""Real parts are skipped where they are not installed; in CI their absence is a failure."""

import os
import shutil

import pytest


def need(program: str, *, as_root: bool = False) -> str:
    """Return a program's path; skip the test, or in CI fail it, where it cannot be used."""
    path = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    lacks = None
    if path is None:
        lacks = f"{program} is not installed; run `make servers`"
    elif as_root and os.geteuid() != 0:
        lacks = f"{program} has to be started as root; run the tests as root"
    if lacks is None and path is not None:
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must run this: {lacks}")
    pytest.skip(lacks or "")
