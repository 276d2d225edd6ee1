"""What `digest --help` prints.

Kept apart from click, whose import alone costs four starts of the interpreter: a person who asks
for help, and a shell that completes words, should not wait. The commands are described once, here.
"""

# Command, module under digest.cli, and one line.
COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("init", "init", "write a commented digest.yaml to start from"),
    ("doctor", "doctor", "is everything right? config, connections, mail, clock, ledger: a line each"),
    ("preview", "preview", "show a month's edition on a local page; sends nothing"),
    ("edit", "edit", "write the file in which an editor pins, drops and rewords takeaways"),
    ("approve", "approve", "release an edition that is held for a look, and send it"),
    ("run", "run", "the whole job for one month: collect, compose, render, deliver, once"),
    ("schedule", "schedule", "stay up, and make and send each edition when it is due"),
    ("nudge", "nudge", "ask those who own reviews that wait, privately, what was learnt"),
    ("status", "status", "what went out, what failed, what is in doubt"),
    ("resolve", "resolve", "say of deliveries in doubt, or failed: they arrived; or, send them again"),
    ("check", "check", "for monitors: exit 1 where an edition is overdue, held too long or in doubt"),
    ("takeaways", "takeaways", "what would be taken from these reviews, ranked, with the reasons"),
    ("config", "config_schema", "the config file itself: `digest config schema` prints its JSON Schema"),
)

_TEXT = """\
Usage: digest [--version] COMMAND [OPTIONS] …

Once a month, what an organisation learnt from its incidents: collected from the
tracker, ranked, and sent as an e-mail, a Markdown page and a text.

Commands:
{commands}

Examples:
  digest init                       write config/digest.yaml, then edit it
  digest preview --month 2026-10    look at October's edition; sends nothing
  digest run --month 2026-10        send it, once

Exit status: 0 done; 1 done with problems, which are named; 2 usage or config;
3 cannot go on. `digest COMMAND --help` tells about one command.
"""


def overview() -> str:
    """Return the help of the whole program."""
    width = max(len(name) for name, _, _ in COMMANDS)
    lines = (f"  {name:<{width}}  {line}" for name, _, line in COMMANDS)
    return _TEXT.format(commands="\n".join(lines))
