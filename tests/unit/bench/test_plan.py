from dataclasses import asdict

from roomtape.bench.plan import QUICK, Plan


def test_the_quick_plan_is_smaller_in_everything() -> None:
    quick, full = asdict(QUICK), asdict(Plan())
    assert set(quick.pop("participants")) < set(full.pop("participants"))
    assert all(0 < quick[name] <= full[name] for name in full)
