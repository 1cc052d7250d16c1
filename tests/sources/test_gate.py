from backup_auditor.sources.ucloud.client.gate import Gate
from hypothesis import given
from hypothesis import strategies as st


@given(st.integers(1, 50), st.lists(st.sampled_from(["throttled", "succeeded"]), max_size=200))
def test_the_limit_stays_between_one_and_the_most(most: int, events: list[str]) -> None:
    gate = Gate(most)
    for event in events:
        with gate.slot() as epoch:
            if event == "throttled":
                gate.throttled(epoch)
            else:
                gate.succeeded()
        assert 1 <= gate.limit <= most


def test_requests_that_were_throttled_together_halve_it_once() -> None:
    gate = Gate(16)
    with gate.slot() as one, gate.slot() as two:
        gate.throttled(one)
        gate.throttled(two)
    assert gate.limit == 8


def test_it_recovers() -> None:
    gate = Gate(8)
    with gate.slot() as epoch:
        gate.throttled(epoch)
    for _ in range(60):
        gate.succeeded()
    assert gate.limit == 8
