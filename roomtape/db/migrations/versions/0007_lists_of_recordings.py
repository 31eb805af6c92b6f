"""An index from which lists of recordings are counted and paged, whatever they are filtered by"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "recordings_listed",
        "recordings",
        ["app_id", "invoked_at", "id", "meeting_id", "status", "expired"],
    )
    op.drop_index("ix_recordings_app_id", "recordings")


def downgrade() -> None:
    op.create_index("ix_recordings_app_id", "recordings", ["app_id"])
    op.drop_index("recordings_listed", "recordings")
