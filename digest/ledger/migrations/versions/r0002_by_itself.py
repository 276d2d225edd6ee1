"""What an edition that is made by itself needs: tries, when it was addressed, a page's address, notices."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("edition", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("edition", sa.Column("addressed_at", sa.String(), nullable=True))
    op.add_column("edition", sa.Column("decisions_hash", sa.String(), nullable=True))
    op.add_column("delivery", sa.Column("remote_url", sa.String(), nullable=True))
    op.create_table(
        "notice",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("target_key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", "target_key"),
    )
