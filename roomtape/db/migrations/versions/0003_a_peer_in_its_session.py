"""A peer in its session: a client keeps its peer id from one session to the next"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _key("session_id", "id")
    op.drop_index("ix_peers_session_id", "peers")


def downgrade() -> None:
    op.create_index("ix_peers_session_id", "peers", ["session_id"])
    _key("id")


def _key(*columns: str) -> None:
    """Give the table that primary key. SQLite has no way to change one but to make the table anew."""
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("peers", recreate="always", naming_convention={"pk": "pk_%(table_name)s"}) as table:
            table.drop_constraint("pk_peers", type_="primary")
            table.create_primary_key("pk_peers", list(columns))
        return
    found = sa.inspect(op.get_bind()).get_pk_constraint("peers")["name"]
    assert found is not None
    op.drop_constraint(found, "peers", type_="primary")
    op.create_primary_key("peers_pkey", "peers", list(columns))
