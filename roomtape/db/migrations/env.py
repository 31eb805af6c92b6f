"""What Alembic runs: migrations over the connection that `roomtape.db.migrate` gives it."""

from __future__ import annotations

from alembic import context

from roomtape.db.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite cannot alter a table in place
)
with context.begin_transaction():
    context.run_migrations()
