from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from sqlalchemy.dialects import postgresql, sqlite

from roomtape.db.models import Base, UtcDateTime

EAST = datetime(2026, 1, 1, 5, tzinfo=timezone(timedelta(hours=5)))


def test_moments_go_in_and_come_out_in_utc() -> None:
    column = UtcDateTime()
    dialect = sqlite.dialect()
    assert column.process_bind_param(EAST, dialect) == datetime(2026, 1, 1, tzinfo=UTC)
    assert column.process_bind_param(None, dialect) is None
    assert column.process_result_value(datetime(2026, 1, 1), dialect) == datetime(2026, 1, 1, tzinfo=UTC)
    out = column.process_result_value(EAST, postgresql.dialect())
    assert out is not None
    assert out.tzinfo is UTC
    assert column.process_result_value(None, dialect) is None


def test_every_moment_of_every_table_has_that_type() -> None:
    columns = [column for table in Base.metadata.tables.values() for column in table.columns]
    moments = [column for column in columns if column.name.endswith(("_at", "_since"))]
    assert len(moments) > 15
    assert all(isinstance(column.type, UtcDateTime) for column in moments)
