"""Alembic's entry: runs the steps on the connection, and within the transaction, that it is given."""

from alembic import context

from digest.ledger.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
context.run_migrations()
