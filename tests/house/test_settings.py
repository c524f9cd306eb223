"""Settings come from the environment only; what is wrong is told by name, and a secret is never shown."""

import base64

import pytest

from service import settings, sources
from service.settings import SettingsError
from service.variables import VARIABLES

BASE = {"LOTPROOF_DATABASE_URL": "postgresql://u:hunter2@db/lots", "LOTPROOF_ORIGIN": "example.com/lotproof"}
KEY = base64.b64encode(bytes(range(32))).decode()


def test_only_database_and_origin_have_no_default():
    known = settings.load(BASE)
    assert (known.port, known.public_url, known.finality) == (8080, "http://127.0.0.1:8080", "finalized")
    assert (known.log_key, known.kek, known.anchorer_key, known.operator_key) == (None, None, None, None)


def test_everything_missing_is_told_at_once():
    with pytest.raises(SettingsError) as told:
        settings.load({}, ("database_url", "origin", "kek"))
    for name in ("LOTPROOF_DATABASE_URL", "LOTPROOF_ORIGIN", "LOTPROOF_KEK (or …_FILE, …_COMMAND)"):
        assert name in str(told.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("LOTPROOF_DATABASE_URL", "mysql://x/y"),
        ("LOTPROOF_ORIGIN", "https://example.com/lotproof"),
        ("LOTPROOF_ORIGIN", "Example.com"),
        ("LOTPROOF_RPC_URL", "localhost:8545"),
        ("LOTPROOF_RPC_URL", "http://a,,http://b"),
        ("LOTPROOF_FINALITY", "soon"),
        ("LOTPROOF_FINALITY", "-1"),
        ("LOTPROOF_LISTEN", "8080"),
        ("LOTPROOF_LISTEN", "127.0.0.1:0"),
        ("LOTPROOF_LISTEN", "127.0.0.1:65536"),
        ("LOTPROOF_WEB_PROCESSES", "0"),
        ("LOTPROOF_WEB_THREADS", "many"),
        ("LOTPROOF_ANCHOR_INTERVAL", "nan"),
        ("LOTPROOF_LATE_AFTER", "5"),
        ("LOTPROOF_FEE_CAP", "0.5"),
        ("LOTPROOF_BUMP_AFTER", "inf"),
        ("LOTPROOF_GAS_CAP", "21000"),
        ("LOTPROOF_FEW_ANCHORS", "0"),
        ("LOTPROOF_LASTSIGNED_DIR", "relative"),
        ("LOTPROOF_GUARDIAN", "0x12"),
        ("LOTPROOF_LOG_KEY", "c2hvcnQ="),
        ("LOTPROOF_LOG_KEY", KEY + "!"),
        ("LOTPROOF_OPERATOR_KEY", "lpk_short"),
    ],
)
def test_a_wrong_value_is_refused_with_the_name_of_its_variable(name, text):
    with pytest.raises(SettingsError, match=f"{name}: expected .+, got "):
        settings.load(BASE | {name: text})


@pytest.mark.parametrize("variable", [v for v in VARIABLES if v.secret], ids=lambda v: v.name)
def test_a_wrong_secret_is_not_shown(variable):
    with pytest.raises(SettingsError) as told:
        settings.load(BASE | {variable.name: "swordfish of the wrong form"})
    assert "swordfish" not in str(told.value)


def test_no_secret_is_shown_by_printing_the_settings():
    secret = {v.name: KEY for v in VARIABLES if v.secret and v.kind.expects.startswith("32")}
    secret["LOTPROOF_OPERATOR_KEY"] = "lpk_" + "swordfish" * 5
    shown = repr(settings.load(BASE | secret))
    assert "hunter2" not in shown and "swordfish" not in shown and repr(bytes(range(32))) not in shown


def test_a_secret_may_lie_in_a_file(tmp_path):
    (tmp_path / "key").write_text(KEY + "\n")
    assert settings.load(BASE | {"LOTPROOF_KEK_FILE": str(tmp_path / "key")}).kek == bytes(range(32))


def test_a_secret_in_two_places_is_refused(tmp_path):
    (tmp_path / "key").write_text(KEY)
    with pytest.raises(SettingsError, match="both set"):
        settings.load(BASE | {"LOTPROOF_KEK_FILE": str(tmp_path / "key"), "LOTPROOF_KEK": KEY})


def test_a_secret_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SettingsError, match=r"LOTPROOF_KEK_FILE=.*expected a readable text file"):
        settings.load(BASE | {"LOTPROOF_KEK_FILE": str(tmp_path / "none")})


def test_a_secret_may_be_what_a_command_prints():
    """As `vault kv get` or `aws kms decrypt` does."""
    assert settings.load(BASE | {"LOTPROOF_KEK_COMMAND": f"printf '%s\\n' {KEY}"}).kek == bytes(range(32))
    with pytest.raises(SettingsError, match="LOTPROOF_KEK and LOTPROOF_KEK_COMMAND are both set"):
        settings.load(BASE | {"LOTPROOF_KEK_COMMAND": f"echo {KEY}", "LOTPROOF_KEK": KEY})


@pytest.mark.parametrize(
    ("command", "seen"),
    [
        ("sh -c 'echo swordfish; echo swordfish >&2; exit 3'", "it ended with 3"),
        ("/no/such/swordfish", "got FileNotFoundError"),
        ("sh -c 'echo \"swordfish'", "ended with 2"),
        ("echo 'swordfish", "got ValueError"),
        ("true", "it printed nothing"),
        ("echo swordfish", "9 characters that are not"),
        ("echo $HOME `id` ; echo x", "characters that are not"),
    ],
)
def test_a_command_that_brings_no_secret_is_told_and_shows_nothing(command, seen):
    with pytest.raises(SettingsError, match=f"LOTPROOF_KEK_COMMAND: expected .*{seen}") as told:
        settings.load(BASE | {"LOTPROOF_KEK_COMMAND": command})
    assert "swordfish" not in str(told.value)


def test_a_command_that_does_not_end_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(sources, "SECONDS", 0.1)
    with pytest.raises(SettingsError, match="got TimeoutExpired"):
        settings.load(BASE | {"LOTPROOF_KEK_COMMAND": "sleep 60"})


def test_keys_are_read_in_base64_and_in_hex():
    for text in (KEY, bytes(range(32)).hex(), "0x" + bytes(range(32)).hex()):
        assert settings.load(BASE | {"LOTPROOF_LOG_KEY": text}).log_key == bytes(range(32))


def test_the_public_half_follows_from_the_log_key():
    assert settings.load(BASE | {"LOTPROOF_LOG_KEY": KEY}).log_public_key == settings.public_half(bytes(range(32)))


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("0.0.0.0:9", "http://127.0.0.1:9"),
        (":9", "http://127.0.0.1:9"),
        ("[::1]:9", "http://[::1]:9"),
        ("[::]:9", "http://[::1]:9"),
    ],
)
def test_the_public_address_follows_from_where_we_listen(text, url):
    assert settings.load(BASE | {"LOTPROOF_LISTEN": text}).public_url == url
