// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotAnchor} from "../ILotAnchor.sol";
import {Committed} from "../Committed.sol";
import {Rfc6962} from "../Rfc6962.sol";
import {svm, vm} from "../Vm.sol";

/// @title Proved by halmos for the committed code: only consistent roots, for all leaves and all proofs
/// @dev For each two sizes up to the bound: whatever the leaves are and whatever the sender makes up, an accepted root
///      is the root of a tree that *begins with the anchored leaves*; and the RFC's own proof is accepted. SHA-256 is
///      any function; where the contract found two hashes equal, their inputs are assumed equal: that it has no
///      collisions is the only thing assumed of it.
contract Consistent {
    ILotAnchor private constant LOT = ILotAnchor(address(0xA17C));
    address private constant ANCHORER = address(0xA);
    uint256 private constant BOUND = 8;

    function setUp() public {
        vm.etch(address(LOT), Committed.runtime());
        vm.store(address(LOT), bytes32(uint256(2)), bytes32(uint256(uint160(ANCHORER))));
    }

    function check_anAcceptedRootBeginsWithTheAnchoredLeaves(
        uint256 m, uint256 n, bytes32[8] memory leaves, bytes32[8] memory made, bytes32 root
    ) public {
        for (uint256 old = 1; old < BOUND; ++old) {
            for (uint256 size = old + 1; size <= BOUND; ++size) {
                if (m == old && n == size) return _accepted(old, size, _listed(leaves), _listed(made), root);
            }
        }
    }

    function check_theProofOfTheRfcIsAccepted(uint256 m, uint256 n, bytes32[8] memory leaves) public {
        for (uint256 old = 1; old < BOUND; ++old) {
            for (uint256 size = old + 1; size <= BOUND; ++size) {
                if (m == old && n == size) return _honest(old, size, _listed(leaves));
            }
        }
    }

    function _accepted(uint256 m, uint256 n, bytes32[] memory d, bytes32[] memory made, bytes32 root) private {
        bytes32[] memory proof = new bytes32[](Rfc6962.proof(m, d, n).length);
        for (uint256 i; i < proof.length; ++i) proof[i] = made[i];
        if (!_anchor(m, n, d, root, proof)) return;
        uint256 rest = proof.length;
        _noCollision(d, 0, m, n, true, proof, rest);
        assert(root == _beginningWith(d, 0, m, n, proof, rest));
    }

    function _honest(uint256 m, uint256 n, bytes32[] memory d) private {
        assert(_anchor(m, n, d, Rfc6962.mth(d, 0, n), Rfc6962.proof(m, d, n)));
        (uint64 size, bytes32 root,,,,) = LOT.head();
        assert(size == n && root == Rfc6962.mth(d, 0, n));
    }

    function _anchor(uint256 m, uint256 n, bytes32[] memory d, bytes32 root, bytes32[] memory proof)
        private
        returns (bool done)
    {
        vm.store(address(LOT), bytes32(0), bytes32(m | uint256(1) << 64)); // size m, one anchor
        vm.store(address(LOT), bytes32(uint256(1)), Rfc6962.mth(d, 0, m));
        vm.prank(ANCHORER);
        bytes memory call = abi.encodeCall(ILotAnchor.anchor, (uint64(m), uint64(n), root, bytes32(0), proof));
        (done,) = address(LOT).call(call);
    }

    /// @dev The root over n leaves of which the first m are d's: what is wholly beyond them comes from the proof.
    function _beginningWith(bytes32[] memory d, uint256 start, uint256 m, uint256 n, bytes32[] memory proof, uint256 rest)
        private
        pure
        returns (bytes32)
    {
        if (m == n) return Rfc6962.mth(d, start, start + m);
        uint256 k = Rfc6962.split(n);
        if (m <= k) return Rfc6962.node(_beginningWith(d, start, m, k, proof, rest - 1), proof[rest - 1]);
        bytes32 left = Rfc6962.mth(d, start, start + k);
        return Rfc6962.node(left, _beginningWith(d, start + k, m - k, n - k, proof, rest - 1));
    }

    /// @dev The old root that the proof implies; along the way, where it is compared with the true one, equal hashes
    ///      have equal inputs.
    function _noCollision(
        bytes32[] memory d, uint256 start, uint256 m, uint256 n, bool complete, bytes32[] memory proof, uint256 rest
    ) private pure returns (bytes32) {
        if (m == n) return complete ? Rfc6962.mth(d, start, start + m) : proof[rest - 1];
        uint256 k = Rfc6962.split(n);
        if (m <= k) return _noCollision(d, start, m, k, complete, proof, rest - 1);
        bytes32 right = _noCollision(d, start + k, m - k, n - k, false, proof, rest - 1);
        bytes32 trueLeft = Rfc6962.mth(d, start, start + k);
        bytes32 trueRight = Rfc6962.mth(d, start + k, start + m);
        bool same = Rfc6962.node(proof[rest - 1], right) == Rfc6962.node(trueLeft, trueRight);
        vm.assume(!same || (proof[rest - 1] == trueLeft && right == trueRight));
        return Rfc6962.node(proof[rest - 1], right);
    }

    function _listed(bytes32[8] memory fixed_) private pure returns (bytes32[] memory list) {
        list = new bytes32[](8);
        for (uint256 i; i < 8; ++i) list[i] = fixed_[i];
    }
}
