"""Where the chat of a session lies that is over, and until when"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INDEX = "sessions_with_chat"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("chat_path", sa.Text(), nullable=True))
    op.add_column("sessions", sa.Column("chat_expires_at", sa.DateTime(timezone=True), nullable=True))
    there = sa.text("chat_path IS NOT NULL")
    op.create_index(INDEX, "sessions", ["chat_expires_at"], sqlite_where=there, postgresql_where=there)


def downgrade() -> None:
    op.drop_index(INDEX, "sessions")
    op.drop_column("sessions", "chat_expires_at")
    op.drop_column("sessions", "chat_path")
