from __future__ import annotations

import numpy as np
import pytest

from fingerprint.matching.picture.region import Region

SIZE = (320, 180)


def edits(
    *,
    turn: float = 0.0,
    across: float = 1.0,
    along: float = 1.0,
    to: tuple[float, float] = (160, 90),
    variant: str = "plain",
    query: tuple[int, int] = SIZE,
) -> tuple[str, ...]:
    """Return the edits of a picture that is scaled, turned counter-clockwise, and whose centre is put somewhere."""
    angle = np.radians(turn)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    linear = rotation @ np.diag([across, along])
    shift = np.array(to) - linear @ (160, 90)
    return Region(variant, np.column_stack([linear, shift]), SIZE, 30).edits(query)


def test_the_same_picture_has_no_edits() -> None:
    assert edits() == ()
    assert edits(turn=3.0) == ()
    assert edits(across=1.02, along=1.02) == ()


@pytest.mark.parametrize("variant", ["mirrored", "negative"])
def test_what_was_undone_first_is_named_first(variant: str) -> None:
    assert edits(variant=variant) == (variant,)
    assert edits(variant=variant, across=0.5, along=0.5) == (variant, "inserted")


@pytest.mark.parametrize("turn", [90, 270])
def test_a_quarter_turn_of_the_whole_frame_is_named_by_its_degrees(turn: int) -> None:
    assert edits(turn=turn, to=(90, 160), query=(180, 320)) == (f"rotated:{turn}",)


def test_a_half_turn_is_named() -> None:
    assert edits(turn=180) == ("rotated:180",)


def test_an_oblique_turn_is_named_by_its_degrees() -> None:
    assert edits(turn=20)[0] == "rotated:20"
    assert edits(turn=-20)[0] == "rotated:340"


def test_a_picture_of_another_aspect_ratio_is_scaled() -> None:
    assert edits(across=0.75, to=(120, 90), query=(240, 180)) == ("scaled",)


def test_a_picture_that_reaches_beyond_the_frame_is_cropped() -> None:
    assert edits(across=1.5, along=1.5) == ("cropped",)


def test_a_picture_that_fills_a_part_of_the_frame_is_inserted() -> None:
    assert edits(across=0.4, along=0.4, to=(80, 50)) == ("inserted",)


def test_a_crop_in_a_frame_of_its_own_is_both() -> None:
    assert edits(to=(320, 90)) == ("cropped", "inserted")


def test_the_map_from_a_square_takes_corners_to_where_the_picture_lies() -> None:
    region = Region("plain", np.array([[0.5, 0.0, 40.0], [0.0, 0.5, 20.0]]), SIZE, 30)
    matrix = region.from_square(32, 0.3)
    upper_left = matrix @ (-0.5, -0.5, 1)  # pixels count from their centres
    lower_right = matrix @ (31.5, 31.5, 1)
    np.testing.assert_allclose(upper_left + 0.5, (40 * 0.3 + 0.15, 20 * 0.3 + 0.15), atol=0.2)
    np.testing.assert_allclose(lower_right + 0.5, (200 * 0.3 + 0.15, 110 * 0.3 + 0.15), atol=0.2)


def region(*rows: list[float], variant: str = "plain") -> Region:
    return Region(variant, np.array(rows), SIZE, 30)


def test_maps_that_put_all_corners_near_each_other_agree() -> None:
    one = region([1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    assert one.agrees(one)
    assert one.agrees(region([1.05, 0.0, 5.0], [0.0, 1.05, -5.0]))
    assert not one.agrees(region([1.05, 0.0, 25.0], [0.0, 1.05, 0.0]))
    assert not one.agrees(region([0.5, 0.0, 80.0], [0.0, 0.5, 45.0]))
    assert not one.agrees(region([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], variant="mirrored"))
