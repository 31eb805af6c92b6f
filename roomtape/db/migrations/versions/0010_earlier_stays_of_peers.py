"""What a peer that comes back has stayed before: the minutes of a session are those of all stays"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("peers", sa.Column("first_joined_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("peers", sa.Column("before_s", sa.Float(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("peers", "before_s")
    op.drop_column("peers", "first_joined_at")
