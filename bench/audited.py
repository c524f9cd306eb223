"""The checks of the ledger alone, as `lotproof audit` makes them: `python -m bench.audited URL ORIGIN KEY HELPERS`.

In a process of its own that loads what the command loads and no more; prints seconds and its peak of memory in MB.
"""

import sys
from time import perf_counter

from anchoring import Audited, ledger_steps
from bench.memory import peak_of_family
from service import db
from service.audit.running import Audit
from service.audit.steps import Step


def main(url: str, origin: str, key: str, helpers: int) -> None:
    asked = Audited(origin, (bytes.fromhex(key),), jobs=helpers)
    engine = db.engine_for(url).execution_options(isolation_level="REPEATABLE READ")
    begun = perf_counter()
    with engine.connect() as connection:
        steps = [Step(name) for name, _ in ledger_steps(connection)]
        for step, done in Audit(url, asked).carried_out(connection, steps):
            assert not done.findings, f"{step}: expected none, got {done.findings[0]}"
    print(perf_counter() - begun, peak_of_family(helpers))


if __name__ == "__main__":
    main(*sys.argv[1:4], int(sys.argv[4]))
