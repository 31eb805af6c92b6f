from dataclasses import astuple

from roomtape.bench.plan import QUICK, Plan


def test_the_quick_plan_is_smaller_in_everything() -> None:
    assert all(0 < quick < full for quick, full in zip(astuple(QUICK), astuple(Plan()), strict=True))
