"""docker-compose.yml: the same commands, only known variables, and to each process only its own secrets."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from service import cli
from service.local.stack import WITHHELD
from service.roles.logins import WEB_LOGIN, WORKER_LOGIN
from service.variables import VARIABLES

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
KNOWN = {variable.name for variable in VARIABLES} | {"LOTPROOF_CHAIN_LISTEN"}


class Strict(yaml.SafeLoader):
    """As compose reads: a name that stands twice is no file at all."""

    def construct_mapping(self, node, deep=False):
        names = [name.value for name, _ in node.value]
        assert len(names) == len(set(names)), f"expected each name once, got {sorted(names)}"
        return super().construct_mapping(node, deep)


def test_no_name_stands_twice():
    assert yaml.load((ROOT / "docker-compose.yml").read_text(), Strict).keys() == COMPOSE.keys()


def test_the_stack_is_database_chain_web_and_worker():
    assert {"postgres", "anvil", "web", "worker"} <= SERVICES.keys()


def test_every_service_of_ours_runs_a_command_that_exists():
    for name, service in SERVICES.items():
        if name != "postgres":
            assert service["command"].split()[0] in cli.COMMANDS


def test_only_variables_are_used_that_are_documented():
    used = set(re.findall(r"LOTPROOF_[A-Z_]+", (ROOT / "docker-compose.yml").read_text()))
    assert used <= KNOWN


def test_no_secret_has_a_default():
    text = (ROOT / "docker-compose.yml").read_text()
    for variable in VARIABLES:
        if variable.secret and not variable.field.endswith("database_url"):
            assert set(re.findall(rf"\$\{{{variable.name}(:.)", text)) <= {":?"}
    assert set(re.findall(r"\$\{POSTGRES_[A-Z_]*PASSWORD(:.)", text)) == {":?"}


@pytest.mark.parametrize("part", ["web", "worker"])
def test_a_process_gets_only_the_secrets_it_needs(part):
    assert not set(SERVICES[part]["environment"]) & set(WITHHELD[part])


@pytest.mark.parametrize(("part", "login"), [("web", WEB_LOGIN), ("worker", WORKER_LOGIN)])
def test_each_process_logs_in_as_a_user_of_its_own_that_migrate_makes(part, login):
    url = SERVICES[part]["environment"]["LOTPROOF_DATABASE_URL"]
    assert f"//{login}:${{POSTGRES_{part.upper()}_PASSWORD:?" in url
    assert SERVICES["migrate"]["environment"][f"LOTPROOF_{part.upper()}_DATABASE_URL"] == url
    assert SERVICES["migrate"]["environment"]["LOTPROOF_DATABASE_URL"] != url
    assert set(re.findall(r"LOTPROOF_\w*DATABASE_URL", " ".join(SERVICES[part]["environment"]))) == {
        "LOTPROOF_DATABASE_URL"
    }


def test_the_keys_command_prints_every_password_that_is_asked_for():
    asked = set(re.findall(r"\$\{(POSTGRES_[A-Z_]*PASSWORD)", (ROOT / "docker-compose.yml").read_text()))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        cli.main(["keys"])
    assert asked == set(re.findall(r"^(POSTGRES_[A-Z_]*PASSWORD)=.{20,}$", printed.getvalue(), re.M))


def test_web_and_worker_get_what_they_ask_for():
    assert {"LOTPROOF_KEK", "LOTPROOF_LOG_PUBLIC_KEY", "LOTPROOF_OPERATOR_KEY"} <= set(SERVICES["web"]["environment"])
    assert {"LOTPROOF_LOG_KEY", "LOTPROOF_ANCHORER_KEY"} <= set(SERVICES["worker"]["environment"])


def test_the_last_signed_checkpoint_lies_on_a_volume_of_its_own():
    """A backup of the database must not bring back an old one beside it."""
    (volume,) = SERVICES["worker"]["volumes"]
    name, _, inside = volume.partition(":")
    assert SERVICES["worker"]["environment"]["LOTPROOF_LASTSIGNED_DIR"].startswith(inside + "/")
    assert name in COMPOSE["volumes"]
    assert not any(name in str(other.get("volumes")) for part, other in SERVICES.items() if part != "worker")


def test_the_worker_is_healthy_once_database_and_chain_were_compared():
    assert SERVICES["worker"]["command"].endswith("--deploy --ready-file /tmp/ready")
    assert SERVICES["worker"]["healthcheck"]["test"] == ["CMD", "test", "-f", "/tmp/ready"]


def test_a_database_that_is_still_being_made_is_not_healthy():
    """The image first runs a server without TCP to make the database; who migrates then is thrown out with it."""
    assert "-h 127.0.0.1" in SERVICES["postgres"]["healthcheck"]["test"]


def test_the_image_holds_everything_that_the_set_up_reads():
    copied = (ROOT / "Dockerfile").read_text()
    for name in ("requirements*.lock", "package-lock.json", ".npmrc", "verifier", "anchoring", "service", "contracts"):
        assert name in copied
    allowed = (ROOT / ".dockerignore").read_text()
    for line in re.findall(r"^COPY --chown=lotproof (.+) \S+$", copied, re.M):
        for name in line.split():
            assert f"!{name}" in allowed
