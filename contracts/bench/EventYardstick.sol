// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title YARDSTICK, not part of the product: the cheapest anchor there is, one event
/// @dev Shows in the benchmark what LotAnchor's guarantees cost. It checks nothing: a fork of the log goes through,
///      and the only trace is a receipt, which nodes may drop (EIP-4444).
contract EventYardstick {
    event Anchored(uint64 indexed index, uint64 size, bytes32 logRoot, bytes32 mapRoot);

    /// @notice The arguments of LotAnchor.anchor, without the proof.
    function anchor(uint64 index, uint64 newSize, bytes32 logRoot, bytes32 mapRoot) external {
        emit Anchored(index, newSize, logRoot, mapRoot);
    }
}
