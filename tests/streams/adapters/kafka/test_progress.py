"""How far the work on a partition is: what is done is never done again, and nothing is acknowledged too early."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from streams.adapters.kafka.progress import LARGEST_METADATA, PartitionProgress, decode_offsets, encode_offsets


@given(st.sets(st.integers(0, 2**40), max_size=20).flatmap(lambda far: st.just({n % 9000 + 2**33 for n in far} | far)))
def test_offsets_survive_their_writing_or_the_later_ones_are_left_out(offsets: set[int]) -> None:
    text = encode_offsets(offsets)
    assert len(text) <= LARGEST_METADATA
    read = decode_offsets(text)
    assert read <= offsets
    assert read == set(sorted(offsets)[: len(read)])


@given(st.integers(0, 2**50), st.sets(st.integers(0, 8191)))
def test_as_many_offsets_as_a_lane_holds_are_always_kept_whole(first: int, places: set[int]) -> None:
    offsets = {first + place for place in places}
    assert decode_offsets(encode_offsets(offsets)) == offsets


@given(st.text(max_size=60) | st.text("done:0123456789abc~", max_size=60))
def test_metadata_of_other_programs_is_nothing_done(text: str) -> None:
    assert isinstance(decode_offsets(text), set)
    assert decode_offsets(f"other:{text}") == set()


class Partition(RuleBasedStateMachine):
    """A partition that workers read, work on and hand over to each other, beside what Kafka keeps of it."""

    def __init__(self) -> None:
        super().__init__()
        self.progress: PartitionProgress[int] = PartitionProgress()
        self.read = self.furthest = self.committed = 0
        self.metadata = ""
        self.to_do: set[int] = set()
        self.running: set[int] = set()
        self.done: set[int] = set()
        self.again: set[int] = set()

    @rule()
    def deliver(self) -> None:
        if self.read < self.committed:  # what is acknowledged is forgotten: a reader behind it does it again
            self.again.add(self.read)
        if self.progress.admit(self.read, self.read):
            assert self.read not in self.done or self.read in self.again
            self.to_do.add(self.read)
        self.read += 1
        self.furthest = max(self.furthest, self.read)
        self.acknowledge()

    @precondition(lambda self: self.read > 0)
    @rule(data=st.data())
    def go_back_without_a_rebalance(self, data: st.DataObject) -> None:
        self.read = data.draw(st.integers(0, self.read))

    @precondition(lambda self: self.to_do)
    @rule(data=st.data())
    def start(self, data: st.DataObject) -> None:
        offset = data.draw(st.sampled_from(sorted(self.to_do)))
        self.to_do.discard(offset)
        assert self.progress.start(offset) == offset
        self.running.add(offset)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        offset = data.draw(st.sampled_from(sorted(self.running)))
        self.running.discard(offset)
        self.progress.finish(offset)
        self.done.add(offset)
        self.acknowledge()

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        offset = data.draw(st.sampled_from(sorted(self.running)))
        self.running.discard(offset)
        if self.progress.hand_back(offset) is not None:
            self.to_do.add(offset)

    @rule()
    def commit(self) -> None:
        self.metadata = self.progress.metadata(self.committed)

    @rule()
    def rebalance_and_come_back(self) -> None:
        self.commit()
        self.progress.release()
        self.to_do.clear()
        self.progress.restore(self.committed, self.metadata)
        self.read = self.committed

    @rule()
    def die_and_let_another_go_on(self) -> None:
        self.progress = PartitionProgress()
        self.progress.restore(self.committed, self.metadata)
        self.read = self.committed
        self.to_do.clear()
        self.running.clear()
        self.done &= set(range(self.committed)) | decode_offsets(self.metadata)

    def acknowledge(self) -> None:
        for offset in self.progress.acknowledgeable():
            assert offset in self.done
            assert offset == self.committed or offset in self.again
            self.again.discard(offset)
            self.committed = max(self.committed, offset + 1)

    @invariant()
    def what_is_said_to_be_done_is_done(self) -> None:
        assert decode_offsets(self.progress.metadata(self.committed)) <= self.done
        assert set(range(self.committed)) <= self.done

    @invariant()
    def what_is_held_is_bounded_by_what_is_open(self) -> None:
        assert self.progress.unfinished <= self.furthest - self.committed + len(self.running) + len(self.again)


TestPartition = Partition.TestCase
