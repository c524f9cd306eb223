import pytest

from service import cli


@pytest.fixture
def typed(monkeypatch, capsys, tmp_path):
    """`typed("keys", "kek", "FILE", LOTPROOF_…="…")`: exit code and what was said, without a stack in this checkout."""

    def command(*argv, **environ):
        with monkeypatch.context() as context:
            for name, value in ({"LOTPROOF_DATA": str(tmp_path / "none")} | environ).items():
                context.setenv(name, value)
            code = cli.main(list(argv))
        said = capsys.readouterr()
        return code, said.out + said.err

    return command
