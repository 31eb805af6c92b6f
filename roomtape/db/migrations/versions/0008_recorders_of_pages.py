"""Peers that record count for nobody, and participants that the server makes for the page that a recording shows"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("peers", sa.Column("recorder", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("participants", sa.Column("recorder_of", sa.String(64), nullable=True))


def downgrade() -> None:
    op.drop_column("participants", "recorder_of")
    op.drop_column("peers", "recorder")
