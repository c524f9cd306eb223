// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title YARDSTICK, not part of the product: the usual anchor contract, a mapping from tree size to roots
/// @dev Shows in the benchmark what LotAnchor's guarantees cost. It keeps every root in two fresh slots and refuses a
///      second one for the same size, yet a fork at another size goes through.
contract MappingYardstick {
    struct Anchor {
        bytes32 logRoot;
        bytes32 mapRoot;
    }

    error NotAnchorer(address expected, address seen);
    error AlreadyAnchored(uint64 size);

    event Anchored(uint64 indexed index, uint64 size, bytes32 logRoot, bytes32 mapRoot);

    address public immutable anchorer;
    mapping(uint64 size => Anchor) public anchors;

    constructor(address anchorer_) {
        anchorer = anchorer_;
    }

    /// @notice The arguments of LotAnchor.anchor, without the proof.
    function anchor(uint64 index, uint64 newSize, bytes32 logRoot, bytes32 mapRoot) external {
        if (msg.sender != anchorer) revert NotAnchorer(anchorer, msg.sender);
        if (anchors[newSize].logRoot != 0) revert AlreadyAnchored(newSize);
        anchors[newSize] = Anchor(logRoot, mapRoot);
        emit Anchored(index, newSize, logRoot, mapRoot);
    }
}
