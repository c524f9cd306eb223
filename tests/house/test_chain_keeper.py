"""The embedded chain: what is final is on disk, and a kill loses nothing that was final."""

import errno
import json
import signal
import subprocess
import sys
import time

import pytest

from service.local import keeper, node
from service.local.chain import start
from service.local.keeper import Keeper


@pytest.fixture
def chain(tmp_path):
    running = start(tmp_path, "127.0.0.1", 0)
    yield running
    running.stop()


def pay(running, count=1):
    """Send transactions and return the hash of the last one."""
    rich, other = running.rpc("eth_accounts")[:2]
    for _ in range(count):
        sent = running.rpc("eth_sendTransaction", {"from": rich, "to": other, "value": "0x1"})
    return sent


def number(running, tag):
    return int(running.rpc("eth_getBlockByNumber", tag, False)["number"], 16)


def on_disk(path):
    """The block numbers and transaction hashes in the state file."""
    if not path.exists():
        return set(), set()
    state = json.loads(path.read_text())
    blocks = {int(str(block["header"]["number"]), 0) for block in state["blocks"]}
    return blocks, {found["info"]["transaction_hash"] for found in state["transactions"]}


def test_no_block_is_final_before_it_is_on_disk(chain, tmp_path):
    keeping = Keeper(chain.rpc, tmp_path / "state.json", heartbeat=0)  # a beat in every step
    keeping.begin()
    for step in range(40):
        if step % 3 == 0:
            pay(chain, count=step % 4) if step % 4 else None
        keeping.step()
        blocks, _ = on_disk(tmp_path / "state.json")
        assert number(chain, "finalized") in blocks


def test_a_transaction_becomes_final_without_further_traffic(chain, tmp_path):
    keeping = Keeper(chain.rpc, tmp_path / "state.json")
    keeping.begin()
    sent = pay(chain)
    for _ in range(5):
        keeping.step()
    mined = int(chain.rpc("eth_getTransactionReceipt", sent)["blockNumber"], 16)
    assert number(chain, "finalized") >= mined
    assert sent in on_disk(tmp_path / "state.json")[1]


def test_an_idle_chain_stands_still_between_heartbeats(chain, tmp_path):
    clock = [0.0]
    keeping = Keeper(chain.rpc, tmp_path / "state.json", heartbeat=30, now=lambda: clock[0])
    keeping.begin()
    height = keeping.height()
    for _ in range(10):
        keeping.step()
    assert keeping.height() == height
    clock[0] = 31
    keeping.step()
    assert keeping.height() == height + 1


def test_a_full_disk_stops_finality(chain, tmp_path, monkeypatch):
    keeping = Keeper(chain.rpc, tmp_path / "state.json")
    keeping.begin()
    sent = pay(chain)

    def no_room(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(keeper.os, "fsync", no_room)
    for _ in range(6):
        try:
            keeping.step()
        except OSError:
            continue
    receipt = chain.rpc("eth_getTransactionReceipt", sent)
    assert receipt is None or number(chain, "finalized") < int(receipt["blockNumber"], 16)
    monkeypatch.undo()
    for _ in range(6):
        keeping.step()
    assert number(chain, "finalized") >= int(chain.rpc("eth_getTransactionReceipt", sent)["blockNumber"], 16)


def test_a_state_file_cut_short_falls_back_to_the_one_before(chain, tmp_path):
    keeping = Keeper(chain.rpc, tmp_path / "state.json")
    keeping.begin()
    height = keeping.height()
    keeping.save()
    chain.stop()
    state = tmp_path / "state.json"
    state.write_bytes(state.read_bytes()[:-100])
    again = start(tmp_path, "127.0.0.1", 0)
    try:
        assert number(again, "latest") >= height - keeper.AFTER_START
    finally:
        again.stop()


def test_the_genesis_block_stays_the_same_however_often_the_chain_starts(tmp_path):
    seen = set()
    for _ in range(5):
        running = start(tmp_path, "127.0.0.1", 0)
        keeping = Keeper(running.rpc, tmp_path / "state.json")
        keeping.begin()
        seen.add(running.rpc("eth_getBlockByNumber", "0x0", False)["hash"])
        running.stop()
        time.sleep(1.01)  # another second, another block 0 of Anvil's own
    assert len(seen) == 1


def serve(folder, port):
    argv = [sys.executable, "-m", "service.cli", "chain", "--folder", str(folder), "--port", str(port)]
    served = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=node.ROOT)
    assert "chain ready" in served.stdout.readline()
    return served, node.Node(served, port)


def final_transaction(running):
    sent = pay(running)
    for _ in range(200):
        receipt = running.rpc("eth_getTransactionReceipt", sent)
        if receipt and number(running, "finalized") >= int(receipt["blockNumber"], 16):
            return sent, receipt
        time.sleep(0.01)
    raise AssertionError("not final within 2 s")


def test_what_was_final_is_there_after_kill_9_of_keeper_and_chain(tmp_path):
    port = node.free_port()
    for _ in range(3):
        served, running = serve(tmp_path, port)
        genesis = running.rpc("eth_getBlockByNumber", "0x0", False)["hash"]
        sent, receipt = final_transaction(running)
        served.kill()
        served.wait()
        for _ in range(200):  # the kernel ends Anvil with its keeper
            try:
                running.rpc("eth_chainId")
            except OSError:
                break
            time.sleep(0.01)
        served, running = serve(tmp_path, port)
        assert running.rpc("eth_getTransactionReceipt", sent)["blockHash"] == receipt["blockHash"]
        assert running.rpc("eth_getBlockByNumber", "0x0", False)["hash"] == genesis
        served.send_signal(signal.SIGTERM)
        assert served.wait(10) == 0


def test_calls_at_the_finalized_block_work_right_after_a_restart(tmp_path):
    port = node.free_port()
    for _ in range(2):
        served, running = serve(tmp_path, port)
        running.rpc("eth_getBalance", running.rpc("eth_accounts")[0], "finalized")
        served.terminate()
        served.wait(10)
