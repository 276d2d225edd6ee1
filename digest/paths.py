"""Where the templates and the shipped config are: in a checkout, or inside an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
# A wheel carries both folders inside the package; a checkout has them beside it.
_ROOT = _PACKAGE / "_shipped" if (_PACKAGE / "_shipped").is_dir() else _PACKAGE.parent


def templates() -> Path:
    """Return the folder of the shipped templates."""
    return _ROOT / "templates"


def config() -> Path:
    """Return the folder of the shipped config: headings, factors, themes, the sample."""
    return _ROOT / "config"
