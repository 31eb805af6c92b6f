"""The recording defaults of an app, and when API tokens end and were used"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("apps", sa.Column("recording_config", sa.JSON(), nullable=True))
    op.add_column("api_tokens", sa.Column("expires_at", moment, nullable=True))
    op.add_column("api_tokens", sa.Column("last_used_at", moment, nullable=True))


def downgrade() -> None:
    op.drop_column("api_tokens", "last_used_at")
    op.drop_column("api_tokens", "expires_at")
    op.drop_column("apps", "recording_config")
