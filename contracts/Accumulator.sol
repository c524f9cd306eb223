// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotAnchor} from "./ILotAnchor.sol";
import {Hashing} from "./Hashing.sol";

/// @title An append-only RFC 6962 tree of which only the right edge is kept
/// @dev As in Ethereum's deposit contract, one slot for each level, overwritten. Where bit k of the count is set,
///      slot k holds the live peak of height k; where it is not, slot k holds what once was a peak and is now inside
///      a larger one. Every completed group of 64 leaves is also kept for ever.
library Accumulator {
    /// @dev 2^6 leaves in a sealed group: six hashes of path for ever, one fresh slot in 64 appends.
    uint256 internal constant GROUP_HEIGHT = 6;

    struct State {
        /// One for each bit of a count below 2^53.
        bytes32[53] frontier;
        mapping(uint256 group => bytes32 root) groups;
    }

    /// @notice Append `leaf` to a tree of `count` leaves.
    function append(State storage self, uint256 count, bytes32 leaf) internal {
        // The level cannot overflow: it is the number of trailing ones of a count below 2^53.
        unchecked {
            bytes32 node = leaf;
            uint256 level;
            // As in binary addition of one: each trailing one of the count is a peak that the new node joins.
            for (uint256 rest = count; rest & 1 == 1; rest >>= 1) {
                node = Hashing.node(self.frontier[level], node);
                if (++level == GROUP_HEIGHT) self.groups[count >> GROUP_HEIGHT] = node;
            }
            self.frontier[level] = node;
        }
    }

    /// @notice Reverts unless `path` leads from `leaf` at `index` to the live peak above it.
    /// @dev Requires index < count. The path's length is fixed by both, so a node cannot pass for a leaf nor a leaf
    ///      for a node.
    function check(State storage self, uint256 count, uint256 index, bytes32 leaf, bytes32[] calldata path)
        internal
        view
    {
        // The highest bit in which index and count differ is 1 in the count and 0 in the index: the peak above it.
        uint256 height = _log2(index ^ count);
        if (path.length != height) revert ILotAnchor.WrongPathLength(height, path.length);
        bytes32 node = leaf;
        for (uint256 level = 0; level < height; ++level) {
            node = (index >> level) & 1 == 1 ? Hashing.node(path[level], node) : Hashing.node(node, path[level]);
        }
        if (node != self.frontier[height]) revert ILotAnchor.WrongPeak(self.frontier[height], node);
    }

    /// @notice The live peaks, largest first.
    function peaks(State storage self, uint256 count) internal view returns (bytes32[] memory live) {
        uint256 number;
        for (uint256 rest = count; rest != 0; rest &= rest - 1) ++number;
        live = new bytes32[](number);
        for (uint256 level = 0; number != 0; ++level) {
            if ((count >> level) & 1 == 1) live[--number] = self.frontier[level];
        }
    }

    function _log2(uint256 value) private pure returns (uint256 bits) {
        while (value > 1) (value, bits) = (value >> 1, bits + 1);
    }
}
