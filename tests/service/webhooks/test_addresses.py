"""A webhook leads to public addresses only, by whatever spelling and whatever a name server says."""

from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from service.webhooks.addresses import Refused, address_of, is_public, look_up, target_of

PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946"]
FORBIDDEN = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1",
    "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "2002:7f00:1::",
    "2002:808:808::", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "2001::1", "::127.0.0.1", "fec0::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_anybody_on_the_internet_may_be_told(address: str) -> None:
    assert is_public(ip_address(address))
    assert address_of(target_of("https://example.com/hook", local=False), lambda *_: [address]) == address


_ONE_ANSWER = "^expected a name whose addresses are all public, got none such$"
"""Or who may make a webhook could ask which names there are inside, and where."""


@pytest.mark.parametrize("address", FORBIDDEN)
def test_nobody_inside_a_network_is_reached(address: str) -> None:
    assert not is_public(ip_address(address))
    target = target_of("https://example.com/hook", local=True)
    for found in ([address], ["8.8.8.8", address], [f"{address}%eth0"] if ":" in address else [address]):
        with pytest.raises(Refused, match=_ONE_ANSWER):
            address_of(target, lambda *_, found=found: found)


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f.1", "2130706433", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]",
                                  "[::1]", "localhost"])  # fmt: skip
def test_no_spelling_of_this_machine_passes(host: str) -> None:
    with pytest.raises(Refused):
        address_of(target_of(f"https://{host}/", local=True), look_up)


def _nothing(*_: object) -> Sequence[str]:
    return []


def _fails(*_: object) -> Sequence[str]:
    raise OSError("no such name")


@pytest.mark.parametrize("lookup", [_nothing, _fails, lambda *_: ["not an address"]])
def test_a_name_that_does_not_resolve_is_refused(lookup: object) -> None:
    with pytest.raises(Refused, match=_ONE_ANSWER):
        address_of(target_of("https://example.com/", local=False), lookup)  # type: ignore[arg-type]


@pytest.mark.parametrize("url", [
    "http://example.com/", "ftp://example.com/", "https://example.com:8443/", "https://user@example.com/",
    "https://user:pw@example.com/", "https://@example.com/", "https:///path", "https://example.com/#part",
    "https://example.com/a b", "https://example.com\\@10.0.0.1/", "https://exämple.com/", "https://[::1", "//x/",
    "https://example.com:99999/", "https://example.com/" + "a" * 1000, "file:///etc/passwd", "gopher://x/",
])  # fmt: skip
def test_a_url_is_https_and_plain(url: str) -> None:
    with pytest.raises(Refused):
        target_of(url, local=False)


def test_only_a_setting_opens_this_machine_and_only_this_machine() -> None:
    target = target_of("http://hook.test:8123/x?y=1", local=True)
    assert (target.secure, target.host, target.port, target.path) == (False, "hook.test", 8123, "/x?y=1")
    assert address_of(target, lambda *_: ["127.0.0.1"]) == "127.0.0.1"
    for address in ("8.8.8.8", "10.0.0.1"):
        with pytest.raises(Refused, match="this machine"):
            address_of(target, lambda *_, address=address: [address])
