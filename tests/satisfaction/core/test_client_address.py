"""The client's address: only the configured number of proxies is trusted."""

import pytest

from satisfaction.core.client_address import client_address

PROXY, CLIENT, FORGED = "127.0.0.1", "10.1.1.1", "192.0.2.9"


@pytest.mark.parametrize(
    ("forwarded", "proxies", "expected"),
    [
        ("", 0, PROXY),
        (CLIENT, 0, PROXY),
        (CLIENT, 1, CLIENT),
        (f"{FORGED}, {CLIENT}", 1, CLIENT),
        (f"{FORGED},{FORGED}, {CLIENT} ,10.0.0.2", 2, CLIENT),
        ("", 1, PROXY),
        (CLIENT, 2, PROXY),
        ("unknown", 1, PROXY),
        (f"{CLIENT}:4711", 1, CLIENT),
        ("[fd00::1]:4711", 1, "fd00::1"),
        ("fd00::1", 1, "fd00::1"),
    ],
)
def test_client_is_counted_from_the_trusted_end(forwarded, proxies, expected):
    assert client_address(PROXY, forwarded, proxies=proxies) == expected
