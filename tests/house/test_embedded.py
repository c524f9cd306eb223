"""The state folder: secrets are made once and never replaced, and what the user set always wins."""

import os
import shutil
import stat

import pytest

from service import settings
from service.local import embedded, stack
from service.local.errors import SetupError

NEED = ("database_url", "origin", "rpc_urls", "log_key", "kek", "anchorer_key", "guardian", "operator_key")


@pytest.fixture
def environ(tmp_path):
    return {"LOTPROOF_DATA": str(tmp_path / "data")}


def test_the_embedded_stack_needs_no_variable(environ):
    known = settings.load(embedded.environment(embedded.opened(environ), environ), NEED)
    assert known.origin == embedded.ORIGIN and known.rpc_urls == ("http://127.0.0.1:8545",)


def test_secrets_are_readable_by_their_owner_alone(environ):
    ours = embedded.opened(environ)
    assert stat.S_IMODE(ours.secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in ours.secrets.iterdir()} == {0o600}


def test_the_same_secrets_come_back_at_every_start(environ):
    before = {path.name: path.read_text() for path in embedded.opened(environ).secrets.iterdir()}
    assert {path.name: path.read_text() for path in embedded.opened(environ).secrets.iterdir()} == before


def test_a_lost_secret_is_not_replaced(environ):
    (embedded.opened(environ).secrets / "log.key").unlink()
    with pytest.raises(SetupError, match=r"log\.key is missing: restore it"):
        embedded.opened(environ)


def test_all_secrets_lost_is_no_reason_to_make_new_ones_while_records_exist(environ):
    ours = embedded.opened(environ)
    (ours.data / "chain").mkdir()
    shutil.rmtree(ours.secrets)
    with pytest.raises(SetupError, match="Restore the folder from a backup"):
        embedded.opened(environ)


def test_a_start_that_was_killed_while_it_made_secrets_is_no_trouble(environ):
    ours = embedded.opened(environ)
    ours.secrets.rename(ours.data / "secrets.half")
    assert (embedded.opened(environ).secrets / "log.key").exists()


@pytest.mark.parametrize("unusable", ["/dev/null", "/dev/null/data", "/proc/data"])
def test_a_state_folder_that_cannot_be_used_is_told_with_what_to_do(unusable):
    with pytest.raises(SetupError, match=f"cannot use the state folder {unusable}.*LOTPROOF_DATA"):
        embedded.opened({"LOTPROOF_DATA": unusable})


def test_what_the_user_set_wins(environ):
    given = environ | {
        "LOTPROOF_DATABASE_URL": "postgresql://u@elsewhere/d",
        "LOTPROOF_RPC_URL": "https://node.example",
        "LOTPROOF_LOG_KEY": "11" * 32,
        "LOTPROOF_ORIGIN": "example.com/log",
    }
    known = settings.load(embedded.environment(embedded.opened(given), given), NEED)
    assert (known.database_url, known.rpc_urls) == ("postgresql://u@elsewhere/d", ("https://node.example",))
    assert known.log_key == b"\x11" * 32 and known.log_public_key == settings.public_half(b"\x11" * 32)
    assert not (embedded.data_folder(given) / "pg").exists()


def test_who_looks_at_another_log_is_not_given_our_key_of_this_one(environ):
    """`lotproof audit` of a service elsewhere, in a checkout in which one was tried out before."""
    ours = embedded.opened(environ)
    other = environ | {"LOTPROOF_LOG_PUBLIC_KEY": settings.public_half(b"\x11" * 32).hex()}
    known = settings.load(embedded.environment(ours, other), ("log_public_key",))
    assert (known.log_key, known.log_public_key) == (None, settings.public_half(b"\x11" * 32))
    same = environ | {"LOTPROOF_LOG_PUBLIC_KEY": (ours.secrets / "log.public").read_text().strip()}
    assert settings.load(embedded.environment(ours, same), ("log_key",)).log_key


def test_web_cannot_sign_for_the_log_and_worker_cannot_open_the_parties_keys(environ):
    filled = embedded.environment(embedded.opened(environ), environ)
    web, worker = (settings.load(stack.environment_of(part, filled)) for part in ("web", "worker"))
    assert (web.log_key, web.anchorer_key) == (None, None) and web.kek and web.operator_key and web.log_public_key
    assert (worker.kek, worker.operator_key) == (None, None) and worker.log_key and worker.anchorer_key


def test_a_second_start_is_told_that_one_is_running(environ):
    ours = embedded.opened(environ)
    held = stack.claim(ours, "http://127.0.0.1:8080")
    with pytest.raises(SetupError, match=f"already running: process {os.getpid()} serves http://127.0.0.1:8080"):
        stack.claim(ours, "http://127.0.0.1:9999")
    held.close()
    stack.claim(ours, "http://127.0.0.1:9999").close()


def test_a_busy_port_is_told_with_the_variable_to_set(anvil):
    with pytest.raises(SetupError, match=rf"listens on .*:{anvil.port}\. Choose .* LOTPROOF_LISTEN=127\.0\.0\.1:"):
        stack.demand_free("127.0.0.1", anvil.port, "LOTPROOF_LISTEN")
