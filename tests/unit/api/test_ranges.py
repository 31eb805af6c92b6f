import pytest

from roomtape.api.ranges import ranged

SIZE = 1000


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (None, (0, SIZE)),
        ("bytes=0-", (0, SIZE)),
        ("bytes=0-999", (0, SIZE)),
        ("bytes=0-5000", (0, SIZE)),
        ("bytes=10-19", (10, 20)),
        ("bytes=999-", (999, SIZE)),
        ("bytes=-5", (995, SIZE)),
        ("bytes=-5000", (0, SIZE)),
        ("bytes= 1 - 2", (1, 3)),
        ("bytes=1000-", None),
        ("bytes=-0", None),
        ("bytes=20-10", (0, SIZE)),  # no valid range is as none (RFC 9110, section 14.1.1)
        ("bytes=1-2,5-6", (0, SIZE)),
        ("lines=1-2", (0, SIZE)),
        ("bytes=-", (0, SIZE)),
        ("bytes=٣-", (0, SIZE)),
    ],
)
def test_what_a_range_asks_for(asked: str | None, found: tuple[int, int] | None) -> None:
    assert ranged(asked, SIZE) == found


def test_an_empty_file_is_whole() -> None:
    assert ranged(None, 0) == (0, 0)
