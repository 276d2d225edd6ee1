"""How the ledger's schema came to be, one step a file under `versions/`; alembic applies them.

A new step: `versions/r0002_what.py` with `revision = "0002"`, `down_revision = "0001"`, an
`upgrade()`, and `NEWEST` below. `down_revision` is for alembic's order; there is no way back, a
backup is.
"""

# Read without importing alembic: a ledger that is up to date opens at once.
NEWEST = "0002"
