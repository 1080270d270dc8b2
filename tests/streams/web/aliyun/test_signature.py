"""Signatures: the vendor's published examples, and what its own SDK computes for anything else."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from alibabacloud_tea_openapi.utils import Utils
from darabonba.request import DaraRequest
from hypothesis import given
from hypothesis import strategies as st

from streams.web.aliyun.signature import acs3_signature, acs3_string_to_sign, rpc_signature, rpc_string_to_sign

EMPTY = hashlib.sha256(b"").hexdigest()
NAMES = st.text(st.characters(categories=["Lu", "Ll", "Nd"], max_codepoint=127), min_size=1, max_size=12)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
PARAMETERS = st.dictionaries(NAMES, TEXTS, max_size=6)


def test_v3_signs_the_vendors_example_as_the_vendor_does() -> None:
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": EMPTY,
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    to_sign = acs3_string_to_sign(
        method="POST",
        path="/",
        query=[("RegionId", "cn-shanghai"), ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd")],
        headers=headers,
        signed=headers,
        content_hash=EMPTY,
    )
    assert to_sign == "ACS3-HMAC-SHA256\n7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"
    signature = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    assert acs3_signature(to_sign, "YourAccessKeySecret") == signature


def test_v1_signs_the_vendors_example_as_the_vendor_does() -> None:
    parameters = {
        "Action": "DescribeDedicatedHosts",
        "AccessKeyId": "testid",
        "Format": "JSON",
        "RegionId": "cn-beijing",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "edb2b34af0af9a6d14deaf7c1a5315eb",
        "SignatureVersion": "1.0",
        "Timestamp": "2023-03-13T08:34:30Z",
        "Version": "2014-05-26",
    }
    to_sign = rpc_string_to_sign(method="GET", parameters=list(parameters.items()))
    assert rpc_signature(to_sign, "testsecret") == "9NaGiOspFP5UPcwX8Iwt2YJXXuk="


@given(
    query=PARAMETERS, headers=st.dictionaries(NAMES.map(str.lower), NAMES, min_size=1), body=st.binary(), secret=NAMES
)
def test_v3_signs_whatever_there_is_as_the_sdk_does(
    query: dict[str, str], headers: dict[str, str], body: bytes, secret: str
) -> None:
    request = DaraRequest()
    request.method, request.pathname, request.query, request.headers = "POST", "/", query, headers
    content_hash = hashlib.sha256(body).hexdigest()
    authorization = Utils.get_authorization(request, "ACS3-HMAC-SHA256", content_hash, "key", secret)
    to_sign = acs3_string_to_sign(
        method="POST",
        path="/",
        query=list(query.items()),
        headers=headers,
        signed=headers,
        content_hash=content_hash,
    )
    assert authorization.endswith(f"Signature={acs3_signature(to_sign, secret)}")


@given(parameters=PARAMETERS, method=st.sampled_from(["GET", "POST"]), secret=NAMES)
def test_v1_signs_whatever_there_is_as_the_sdk_does(parameters: dict[str, str], method: str, secret: str) -> None:
    to_sign = rpc_string_to_sign(method=method, parameters=list(parameters.items()))
    assert rpc_signature(to_sign, secret) == Utils.get_rpcsignature(parameters, method, secret)


@given(query=PARAMETERS, other=PARAMETERS)
def test_two_different_calls_are_never_signed_alike(query: dict[str, str], other: dict[str, str]) -> None:
    def to_sign(parameters: dict[str, str]) -> str:
        return rpc_string_to_sign(method="POST", parameters=list(parameters.items()))

    assert (to_sign(query) == to_sign(other)) == (query == other)


def test_parameters_are_sorted_and_encoded_as_the_standard_says() -> None:
    to_sign = rpc_string_to_sign(method="GET", parameters=[("b", "~ *+/"), ("a", "ü")])
    assert to_sign == f"GET&%2F&{quote('a=%C3%BC&b=~%20%2A%2B%2F', safe='~')}"
