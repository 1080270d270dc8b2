"""The fair queue: everybody's turn comes, whatever the others have put in."""

from __future__ import annotations

import asyncio
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from streams.pipeline.agents.fair_queue import FairQueue, Share

SHARES = st.builds(Share, st.sampled_from("abc"), st.sampled_from("xyz"))


async def taken(queue: FairQueue[tuple[Share, int]]) -> list[tuple[Share, int]]:
    return [await queue.get() for _ in range(len(queue))]


@given(st.lists(SHARES, max_size=60))
def test_everything_comes_out_once_and_the_work_of_one_job_in_its_order(shares: list[Share]) -> None:
    queue: FairQueue[tuple[Share, int]] = FairQueue()
    for number, share in enumerate(shares):
        queue.put((share, number), share)
    out = asyncio.run(taken(queue))
    assert sorted(number for _, number in out) == list(range(len(shares)))
    for share in set(shares):
        numbers = [number for other, number in out if other == share]
        assert numbers == sorted(numbers)


@given(st.lists(SHARES, min_size=1, max_size=60))
def test_of_callers_that_wait_none_gets_more_than_one_turn_before_the_others(shares: list[Share]) -> None:
    queue: FairQueue[tuple[Share, int]] = FairQueue()
    for number, share in enumerate(shares):
        queue.put((share, number), share)
    out = [share for share, _ in asyncio.run(taken(queue))]
    left = Counter(share.caller for share in shares)
    served = Counter[str]()
    for share in out:
        served[share.caller] += 1
        left[share.caller] -= 1
        behind = [served[caller] for caller in left if left[caller]]
        assert not behind or served[share.caller] - min(behind) <= 1


@given(st.lists(st.tuples(SHARES, st.integers(0, 5)), max_size=60))
def test_work_of_one_job_comes_by_its_place_in_whatever_order_it_was_put_in(shares: list[tuple[Share, int]]) -> None:
    queue: FairQueue[tuple[Share, int]] = FairQueue()
    for number, (share, place) in enumerate(shares):
        placed = share._replace(place=place)
        queue.put((placed, number), placed)
    out = asyncio.run(taken(queue))
    for job in {(share.caller, share.job_id) for share, _ in shares}:
        order = [(share.place, number) for share, number in out if (share.caller, share.job_id) == job]
        assert order == sorted(order)


async def test_one_clip_does_not_wait_behind_a_long_film_of_the_same_caller() -> None:
    queue: FairQueue[str] = FairQueue()
    for number in range(1000):
        queue.put(f"film {number}", Share("api", "film"))
    queue.put("clip", Share("api", "clip"))
    assert "clip" in [await queue.get() for _ in range(2)]


async def test_who_waits_for_work_gets_what_comes() -> None:
    queue: FairQueue[str] = FairQueue()
    waiting = [asyncio.create_task(queue.get()) for _ in range(2)]
    await asyncio.sleep(0)
    queue.put("one", Share("a", "x"))
    queue.put("two", Share("b", "y"))
    assert sorted(await asyncio.gather(*waiting)) == ["one", "two"]
    queue.put("three", Share("a", "x"))
    queue.clear()
    assert len(queue) == 0
