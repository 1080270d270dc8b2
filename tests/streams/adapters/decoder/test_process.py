from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.integration

#: A service of this niceness that starts a decoder which gives way by 10 to it; prints that of the decoder.
STARTING = """
import os, sys
from streams.adapters.decoder.process import DecoderProcess
from streams.adapters.decoder.trade import Trade
os.setpriority(os.PRIO_PROCESS, 0, int(sys.argv[1]))
decoder = DecoderProcess(Trade.PREVIEWS, niceness=10)
print(os.getpriority(os.PRIO_PROCESS, decoder.pid))
decoder.kill()
"""


@pytest.mark.parametrize(("service", "decoder"), [(15, 19), (19, 19)])
def test_a_decoder_gives_way_to_a_service_that_gives_way_itself(service: int, decoder: int) -> None:
    call = [sys.executable, "-c", STARTING, str(service)]
    told = subprocess.run(call, capture_output=True, text=True, check=True, timeout=300)
    assert int(told.stdout) == decoder
