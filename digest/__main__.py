"""The door: `digest`, or `python -m digest`."""

import sys


def main() -> None:
    """Run the command line and end the process with its exit status."""
    # Heavy libraries are imported only by the commands that need them: help comes at once.
    if sys.argv[1:] in ([], ["--help"], ["-h"]):
        from digest.cli.overview import overview  # noqa: PLC0415 - see above

        sys.stdout.write(overview())
        return
    from digest.cli.commands import run_command_line  # noqa: PLC0415 - see above

    run_command_line()


if __name__ == "__main__":
    main()
