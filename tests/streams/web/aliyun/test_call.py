"""Parameters: whatever comes is read, or refused in the vendor's words."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.web.aliyun.call import Call, Request
from streams.web.aliyun.errors import VendorError

FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def call(**parameters: str) -> Call:
    return Call(action="A", version="V", parameters=parameters, base_url="http://127.0.0.1/")


def refusal(read: Callable[[], object]) -> VendorError | None:
    """Return the error that reading raises; any other error is a fault."""
    try:
        read()
    except VendorError as error:
        return error
    return None


@given(query=st.binary(max_size=60), body=st.binary(max_size=60))
def test_bytes_of_any_kind_are_parameters_or_refused(query: bytes, body: bytes) -> None:
    error = refusal(lambda: Request.read(method="POST", headers=FORM, query=query, body=body))
    assert error is None or (error.status, error.code) == (400, "InvalidParameter")


@given(query=st.dictionaries(st.text("ab", min_size=1), TEXTS), form=st.dictionaries(st.text("cd", min_size=1), TEXTS))
def test_parameters_come_in_the_address_and_in_the_form_alike(query: dict[str, str], form: dict[str, str]) -> None:
    request = Request.read(method="POST", headers=FORM, query=urlencode(query).encode(), body=urlencode(form).encode())
    assert dict(request.pairs) == query | form


def test_a_body_that_is_no_form_holds_no_parameters() -> None:
    headers = {"content-type": "application/json"}
    assert Request.read(method="POST", headers=headers, query=b"", body=b"a=1").pairs == []


@given(value=TEXTS)
def test_a_value_of_any_kind_is_read_or_refused(value: str) -> None:
    given_call = call(Name=value)
    for read in (
        lambda: given_call.text("Name"),
        lambda: given_call.ids("Name"),
        lambda: given_call.fields("Name"),
        lambda: given_call.integer("Name", default=1, least=1, most=10),
    ):
        error = refusal(read)
        assert error is None or error.status == 400


@pytest.mark.parametrize("value", ["1", "7", "10"])
def test_a_whole_number_within_the_limits_is_read(value: str) -> None:
    assert call(Size=value).integer("Size", default=5, least=1, most=10) == int(value)


@pytest.mark.parametrize("value", ["0", "11", "-1", "1.0", "1e1", "\u0661", "9" * 5000, "ten"])
def test_what_is_no_whole_number_within_the_limits_is_refused(value: str) -> None:
    with pytest.raises(VendorError):
        call(Size=value).integer("Size", default=5, least=1, most=10)


def test_ids_are_listed_once_each_in_the_order_in_which_they_come() -> None:
    assert call(Ids=" b,a ,,b").ids("Ids") == ["b", "a"]
