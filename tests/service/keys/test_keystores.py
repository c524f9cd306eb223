"""Keys in files that open with a passphrase: in the form that other tools know, apart, and never shown."""

import base64
import contextlib
import io
import json
import re
import shutil
import stat
import subprocess

import pytest
from eth_keys.datatypes import PrivateKey

from service import cli, settings
from service.keys.keystores import KeystoreError, opened_anchorer_key, opened_log_key, sealed_log_key
from service.settings import SettingsError
from tests.house.test_settings import BASE

# A vector of the definition of Web3 Secret Storage; the other one, with scrypt, takes seconds.
VECTOR = {
    "version": 3,
    "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    "crypto": {
        "cipher": "aes-128-ctr",
        "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
        "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
        "kdf": "pbkdf2",
        "kdfparams": {
            "dklen": 32,
            "c": 262144,
            "prf": "hmac-sha256",
            "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
        },
        "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
    },
}


def test_keystores_of_other_tools_open():
    key = opened_anchorer_key(json.dumps(VECTOR).encode(), "testpassword")
    assert key.hex() == "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Both keystores as the command makes them, and what it said."""
    folder, said = tmp_path_factory.mktemp("keys"), {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOTPROOF_DATA", str(folder / "none"))
        for word in ("log", "anchorer"):
            file, passphrase = str(folder / word), str(folder / f"{word}.pass")
            with contextlib.redirect_stdout(io.StringIO()) as out:
                assert not cli.main(["keys", word, file, "--passphrase-file", passphrase])
            said[word] = out.getvalue()
    return folder, said


@pytest.fixture(scope="module")
def read(made):
    """The settings that come of both; opening takes a second."""
    _, said = made
    environ = BASE | variables(said["log"]) | variables(said["anchorer"])
    return settings.load(environ, ("log_key", "anchorer_key", "log_public_key"))


def variables(said):
    return dict(line.split("=", 1) for line in said.splitlines() if line.startswith("LOTPROOF_"))


def test_what_is_made_is_what_the_settings_read(made, read):
    folder, said = made
    assert read.log_public_key == settings.public_half(read.log_key)
    assert PrivateKey(read.anchorer_key).public_key.to_checksum_address() in said["anchorer"]
    assert json.loads((folder / "anchorer").read_text())["crypto"]["kdf"] == "scrypt"


def test_neither_key_nor_passphrase_is_shown_and_only_the_owner_reads_the_files(made, read):
    folder, said = made
    for word in said:
        assert (folder / f"{word}.pass").read_text().strip() not in said[word]
        for name in (word, f"{word}.pass"):
            assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    everything = "".join(said.values()) + (folder / "log").read_text() + (folder / "anchorer").read_text() + repr(read)
    for key in (read.log_key, read.anchorer_key):
        assert key.hex() not in everything and repr(key) not in everything


def test_a_keystore_is_opened_only_for_who_needs_the_key(made):
    _, said = made
    known = settings.load(BASE | variables(said["log"]) | variables(said["anchorer"]) | {
        "LOTPROOF_ANCHORER_KEYSTORE": "/nowhere"})  # fmt: skip
    assert known.log_key is None and known.anchorer_key is None and known.log_public_key is not None


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to ask")
def test_openssl_reads_the_log_key(made):
    folder, said = made
    opened = ["openssl", "pkey", "-in", folder / "log", "-passin", f"file:{folder / 'log.pass'}"]
    shown = subprocess.run([*opened, "-pubout", "-outform", "DER"], capture_output=True, check=True).stdout
    assert base64.b64encode(shown[-32:]).decode() == variables(said["log"])["LOTPROOF_LOG_PUBLIC_KEY"]


def test_the_key_of_now_goes_into_a_keystore_and_the_next_one_names_it(typed, tmp_path):
    seed = bytes(range(32)).hex()
    files = (str(tmp_path / "log"), "--passphrase-file", str(tmp_path / "log.pass"))
    code, said = typed("keys", "log", *files, "--take", LOTPROOF_LOG_KEY=seed)
    assert code == 0 and "BEFORE" not in said
    now = variables(said)
    assert settings.load(BASE | now, ("log_key",)).log_key == bytes(range(32))
    code, said = typed("keys", "log", *files, **now)
    assert code == 1 and "exists: a key is never replaced in place" in said
    code, said = typed("keys", "log", str(tmp_path / "next"), "--passphrase-file", str(tmp_path / "next.pass"), **now)
    assert variables(said)["LOTPROOF_LOG_KEY_BEFORE"] == now["LOTPROOF_LOG_PUBLIC_KEY"]


def test_what_is_given_twice_or_by_half_is_refused(made, tmp_path):
    folder, said = made
    log = variables(said["log"])
    wrong = {
        "both set: expected one of them": log | {"LOTPROOF_LOG_KEY": bytes(range(32)).hex()},
        "expected its passphrase in LOTPROOF_LOG_PASSPHRASE_FILE": {"LOTPROOF_LOG_KEYSTORE": str(folder / "log")},
        "expected the keystore that it opens in LOTPROOF_LOG_KEYSTORE": {"LOTPROOF_LOG_PASSPHRASE": "swordfish"},
        "does not open it": log | {"LOTPROOF_LOG_PASSPHRASE_FILE": str(folder / "anchorer.pass")},
        "expected a readable file": log | {"LOTPROOF_LOG_KEYSTORE": str(tmp_path / "none")},
        "expected the public half of the log key": log | {"LOTPROOF_LOG_PUBLIC_KEY": bytes(32).hex()},
        "BEGIN ENCRYPTED PRIVATE KEY": log | {"LOTPROOF_LOG_KEYSTORE": str(folder / "anchorer")},
    }
    for told, environ in wrong.items():
        with pytest.raises(SettingsError, match=re.escape(told)) as refused:
            settings.load(BASE | environ, ("log_key",))
        assert "swordfish" not in str(refused.value)
        assert str(refused.value).count("\n") == 0, "one fault is told once"


def test_a_short_passphrase_seals_nothing(typed, tmp_path):
    (tmp_path / "pass").write_text("hunter2")
    code, said = typed("keys", "log", str(tmp_path / "log"), "--passphrase-file", str(tmp_path / "pass"))
    assert code == 1 and "at least 20 characters, got 7" in said and "hunter2" not in said
    assert not (tmp_path / "log").exists()


OTHER_MAC = json.dumps(VECTOR).replace('"mac": "51', '"mac": "52').encode()


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"[]", b"{}", b'{"version": 1}', b'{"version": 3}', b'{"version": 3, "crypto": {}}', OTHER_MAC],
)
def test_a_damaged_keystore_is_told_without_its_content(content):
    with pytest.raises(KeystoreError, match=r"expected|does not open it"):
        opened_anchorer_key(content, "testpassword")


def test_a_damaged_log_key_is_told_without_its_content():
    whole = sealed_log_key(bytes(range(32)), "a passphrase of some length")
    for bent in (whole.replace(b"M", b"N", 1), whole[:-40], b"-----BEGIN ENCRYPTED PRIVATE KEY-----"):
        with pytest.raises(KeystoreError, match="does not open it"):
            opened_log_key(bent, "a passphrase of some length")
