// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotAnchor} from "./ILotAnchor.sol";
import {Hashing} from "./Hashing.sol";

/// @title RFC 9162 §2.1.4.2: a larger tree begins with the smaller one
/// @dev The RFC walks the proof and asks at the end whether the tree is used up. This walks the tree, takes a hash
///      wherever it needs one and asks at the end whether the proof is used up: same hashes in the same order, but
///      the loops are bounded by the 53 bits of a size and not by what the caller sent, and the right length is known
///      when it is wrong.
library Consistency {
    /// @notice Reverts unless `proof` leads from (oldSize, oldRoot) to (newSize, newRoot).
    /// @dev Requires 0 < oldSize < newSize.
    function check(uint256 oldSize, uint256 newSize, bytes32 oldRoot, bytes32 newRoot, bytes32[] calldata proof)
        internal
        view
    {
        (bytes32 oldSeen, bytes32 newSeen, uint256 used) = _roots(oldSize, newSize, oldRoot, proof);
        if (used != proof.length) revert ILotAnchor.WrongProofLength(used, proof.length);
        if (oldSeen != oldRoot) revert ILotAnchor.WrongOldRoot(oldRoot, oldSeen);
        if (newSeen != newRoot) revert ILotAnchor.WrongNewRoot(newRoot, newSeen);
    }

    /// @dev The roots that the proof implies for both sizes, and how many hashes that takes. fn, sn, fr, sr as in the
    ///      RFC: the last leaf of either tree and the node above it that is known so far, level by level.
    function _roots(uint256 oldSize, uint256 newSize, bytes32 oldRoot, bytes32[] calldata proof)
        private
        view
        returns (bytes32 fr, bytes32 sr, uint256 used)
    {
        // Sizes are at least 1, and at most 54 hashes are used.
        unchecked {
            uint256 fn = oldSize - 1;
            uint256 sn = newSize - 1;
            // Up to the root of the old tree's last complete subtree: the highest node on that edge in both trees.
            while (fn & 1 != 0) (fn, sn) = (fn >> 1, sn >> 1);
            // If that subtree is the whole old tree, the proof does not repeat its root.
            if (fn == 0) fr = oldRoot;
            else fr = _take(proof, used++);
            sr = fr;
            // The edges run through different nodes: a left sibling is in both trees, a right one only in the new.
            for (; fn != sn; (fn, sn) = (fn >> 1, sn >> 1)) {
                bytes32 sibling = _take(proof, used++);
                if (fn & 1 != 0) {
                    (fr, sr) = Hashing.nodes(sibling, fr, sr);
                } else {
                    sr = Hashing.node(sr, sibling);
                }
            }
            // The edges run together: what is to the left is in both trees, to the right there is nothing.
            for (; fn != 0; fn >>= 1) {
                if (fn & 1 != 0) {
                    bytes32 sibling = _take(proof, used++);
                    (fr, sr) = Hashing.nodes(sibling, fr, sr);
                }
            }
        }
    }

    /// @dev proof[index] without the bounds check, which costs a twentieth of the walk: past its end this reads
    ///      whatever follows in the call data, or zeros, and `check` refuses the length before anyone looks at the
    ///      roots.
    function _take(bytes32[] calldata proof, uint256 index) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := calldataload(add(proof.offset, shl(5, index)))
        }
    }
}
