"""halmos with one fault of its release 0.3.3 put right, run by the interpreter that halmos itself has:

    PYTHON_OF_HALMOS tests/contracts/symbolic.py --contract Proofs …

Its SHA-256, which is any function at all, is declared over as many *bits* as the input has bytes, so that it breaks off
at the first hash of something unknown. Nothing else is changed; a release that has this right is not touched by it.
"""

import sys
from importlib import import_module
from typing import Any


def main() -> int:
    """halmos, with its own arguments and its own exit code."""
    z3, machine = import_module("z3"), import_module("halmos.sevm")

    def function(name: str, *sorts: Any) -> Any:
        if name.startswith("f_sha256_"):
            sorts = (z3.BitVecSort(8 * int(name.removeprefix("f_sha256_"))), *sorts[1:])
        return z3.Function(name, *sorts)

    machine.Function = function
    code: int = import_module("halmos.__main__").main()
    return code


if __name__ == "__main__":
    sys.path.pop(0)  # this folder is no place for halmos to import from
    sys.exit(main())
