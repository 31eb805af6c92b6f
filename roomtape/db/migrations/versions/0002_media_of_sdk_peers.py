"""The media transports of SDK clients"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("peers", sa.Column("transport", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "peer_media",
        sa.Column("peer_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"]),
        sa.PrimaryKeyConstraint("peer_id"),
    )
    op.create_index("ix_peer_media_session_id", "peer_media", ["session_id"], unique=False)


def downgrade() -> None:
    op.drop_table("peer_media")
    op.drop_column("peers", "transport")
