"""The message of a proof of possession is good for one log, one party and one key."""

from itertools import combinations

from verifier.possession import possession

ORIGIN, PARTY, KEY = "log.example.com", "https://log.example.com/party/acme", bytes(range(32))


def test_the_message_is_what_the_documents_say() -> None:
    assert possession(ORIGIN, PARTY, KEY) == (
        b"lotproof/possession/v1\0log.example.com\0https://log.example.com/party/acme\0" + KEY
    )


def test_no_two_of_them_are_alike() -> None:
    made = [
        possession(ORIGIN, PARTY, KEY),
        possession(ORIGIN + "/x", PARTY, KEY),
        possession(ORIGIN, PARTY + "x", KEY),
        possession(ORIGIN, PARTY, bytes(32)),
    ]
    assert all(one != other for one, other in combinations(made, 2))
