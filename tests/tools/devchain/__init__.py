"""A development chain in Python: blocks, forks, a pool, and JSON-RPC under the names that Anvil uses.

    with Served(Node(pyevm.Engine())) as node:        # a second implementation of the EVM
        node.url, node.rpc("evm_mine")

What a block does to the state is an engine's matter: `pyevm` runs the real code of the contract, `model` only what
the contract is written down to do, several hundred times as fast.
"""
