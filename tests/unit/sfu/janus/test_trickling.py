import pytest

from roomtape.sfu.janus import trickling
from roomtape.sfu.port import Candidate


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        (Candidate("candidate:1", "0", None), {"candidate": "candidate:1", "sdpMid": "0"}),
        (Candidate("candidate:1", "0", 2), {"candidate": "candidate:1", "sdpMid": "0", "sdpMLineIndex": 2}),
        (Candidate("candidate:1", None, None), {"candidate": "candidate:1", "sdpMLineIndex": 0}),
        (Candidate("", "0", 0), {"completed": True}),
    ],
)
def test_a_candidate_as_janus_wants_it(candidate: Candidate, expected: dict[str, object]) -> None:
    assert trickling.item(candidate) == expected
