"""The committed artifacts come from the sources beside them, byte for byte, whichever build of the compiler makes
them.
"""

import json
from typing import Any

import pytest
import solcx  # type: ignore[import-untyped]

from contracts import artifact
from contracts import compile as build


def test_the_committed_artifacts_are_what_the_sources_give(compiled: dict[str, Any]) -> None:
    texts = build.artifacts(compiled)
    assert set(texts) == {"LotAnchor", "EventYardstick", "MappingYardstick"}
    for name, text in texts.items():
        assert build.artifact_path(name).read_text() == text, f"{name}: run python -m contracts.compile"


def test_the_native_compiler_gives_the_same_bytes(compiled: dict[str, Any]) -> None:
    if build.VERSION not in map(str, solcx.get_installed_solc_versions()):
        pytest.skip(f"NO NATIVE COMPILER {build.VERSION}: python -m contracts.compile --compiler native downloads it")
    with build.compiler("native") as binary:
        assert build.artifacts(build.compiled(binary)) == build.artifacts(compiled)


def test_the_check_names_what_is_stale_and_nothing_else(compiled: dict[str, Any]) -> None:
    texts = build.artifacts(compiled)
    assert build.stale(texts) == []
    changed = json.loads(texts["LotAnchor"])
    changed["runtime"] = changed["runtime"][:-2] + "00"
    assert build.stale(texts | {"LotAnchor": json.dumps(changed)}) == ["LotAnchor"]


def test_the_sources_compile_without_a_warning(compiled: dict[str, Any]) -> None:
    assert [error["formattedMessage"] for error in compiled.get("errors", [])] == []


def test_the_code_depends_on_nothing_but_the_sources(compiled: dict[str, Any]) -> None:
    """No path, no metadata and no constructor argument stands in it."""
    (contract,) = (unit["LotAnchor"] for unit in compiled["contracts"].values() if "LotAnchor" in unit)
    assert contract["evm"]["deployedBytecode"]["immutableReferences"] == {}
    assert contract["evm"]["deployedBytecode"]["linkReferences"] == {}
    assert artifact()["settings"]["metadata"] == {"bytecodeHash": "none", "appendCBOR": False}
    assert len(artifact()["runtime"]) // 2 - 1 < 24_576, "EIP-170"


def test_everything_that_can_be_seen_or_go_wrong_stands_in_the_interface(compiled: dict[str, Any]) -> None:
    """ILotAnchor is the vocabulary: the contract adds its constructor and nothing else, and every word has a
    sentence.
    """
    units = compiled["contracts"]
    interface = units["contracts/ILotAnchor.sol"]["ILotAnchor"]
    contract = units["contracts/LotAnchor.sol"]["LotAnchor"]
    spoken = {_words(entry) for entry in interface["abi"]}
    assert spoken == {_words(entry) for entry in contract["abi"] if entry["type"] != "constructor"}
    documented = json.loads(interface["metadata"])["output"]["userdoc"]
    for entry in interface["abi"]:
        assert _notice(documented, entry), f"{entry['name']} has no @notice"


def _words(entry: dict[str, Any]) -> str:
    return f"{entry['type']} {entry['name']}({','.join(i['type'] for i in entry['inputs'])})"


def _notice(documented: dict[str, Any], entry: dict[str, Any]) -> object:
    signature = _words(entry).split(" ", 1)[1]
    kinds = {"function": "methods", "event": "events", "error": "errors"}
    return documented.get(kinds[entry["type"]], {}).get(signature)
