// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The two hashes of the accumulator and the log: RFC 6962 leaf and node
/// @dev Solidity's own `sha256(abi.encodePacked(...))` allocates and copies at each call, which costs more than the
///      hash. An anchor takes about twenty-five of them: this is the contract's hot spot, and the only place with
///      assembly worth reading twice. Both functions use free memory as scratch and do not keep it. The precompile
///      fails only when gas runs out; then the whole call must fail, never continue with an old word. That it exists
///      at all is asked once, by the constructor.
library Hashing {
    /// @notice SHA-256(0x01 || left || right).
    function node(bytes32 left, bytes32 right) internal view returns (bytes32 hash) {
        assembly ("memory-safe") {
            // byte 0: the prefix; 1 to 32: left; 33 to 64: right
            let p := mload(0x40)
            mstore8(p, 0x01)
            mstore(add(p, 1), left)
            mstore(add(p, 33), right)
            if iszero(staticcall(gas(), 2, p, 65, 0x00, 32)) { revert(0, 0) }
            hash := mload(0x00)
        }
    }

    /// @notice Two nodes that have the same left child.
    function nodes(bytes32 left, bytes32 right1, bytes32 right2) internal view returns (bytes32 hash1, bytes32 hash2) {
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore8(p, 0x01)
            mstore(add(p, 1), left)
            mstore(add(p, 33), right1)
            if iszero(staticcall(gas(), 2, p, 65, 0x00, 32)) { revert(0, 0) }
            hash1 := mload(0x00)
            mstore(add(p, 33), right2)
            if iszero(staticcall(gas(), 2, p, 65, 0x00, 32)) { revert(0, 0) }
            hash2 := mload(0x00)
        }
    }

    /// @notice SHA-256(0x00 || epoch(8) || size(8) || logRoot || mapRoot || block.number(8) || block.timestamp(8)),
    ///      the leaf of an anchor.
    /// @dev Requires all four numbers below 2^64.
    function leaf(uint256 epoch, uint256 size, bytes32 logRoot, bytes32 mapRoot, uint256 blockNumber, uint256 blockTime)
        internal
        view
        returns (bytes32 hash)
    {
        assembly ("memory-safe") {
            // byte 0: the prefix; 1 to 8: epoch; 9 to 16: size; 17 to 48: logRoot; 49 to 80: mapRoot; 81 to 88: number;
            // 89 to 96: time
            let p := mload(0x40)
            mstore(p, or(shl(184, epoch), shl(120, size)))
            mstore(add(p, 17), logRoot)
            mstore(add(p, 49), mapRoot)
            mstore(add(p, 81), or(shl(192, blockNumber), shl(128, blockTime)))
            if iszero(staticcall(gas(), 2, p, 97, 0x00, 32)) { revert(0, 0) }
            hash := mload(0x00)
        }
    }
}
