// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotAnchor} from "../ILotAnchor.sol";
import {Committed} from "../Committed.sol";
import {Rules, State, stateOf} from "../State.sol";
import {svm, vm} from "../Vm.sol";

/// @title Proved by halmos for the committed code: from *any* state, one call by *anybody* with *any* arguments
/// @dev Every slot of the contract may hold anything, so no history is left out; SHA-256 is any function at all, so
///      nothing here rests on it. Bounded are only the lengths of arrays and, where it is said, what drives a loop.
contract Proofs {
    ILotAnchor private constant LOT = ILotAnchor(address(0xA17C));

    function setUp() public {
        vm.etch(address(LOT), Committed.runtime());
        svm.enableSymbolicStorage(address(LOT));
    }

    // ---------------------------------------------------------------- the anchorer

    /// @notice Whoever is not the anchorer is refused; no bound on the sizes.
    function check_onlyTheAnchorerAnchors(
        address caller, uint64 old, uint64 size, bytes32 root, bytes32 mapRoot, bytes32[] calldata proof
    ) public {
        vm.assume(caller != LOT.anchorer());
        assert(!_do(caller, abi.encodeCall(ILotAnchor.anchor, (old, size, root, mapRoot, proof))));
    }

    /// @notice Whoever does not extend the anchored size, or not by more, or beyond 2^53-1, is refused; no bound on
    ///         the sizes.
    function check_aSizeThatDoesNotGrowIsRefused(
        address caller, uint64 old, uint64 size, bytes32 root, bytes32 mapRoot, bytes32[] calldata proof
    ) public {
        (uint64 anchored,,,,,) = LOT.head();
        vm.assume(old != anchored || size <= anchored || size > 2 ** 53 - 1);
        assert(!_do(caller, abi.encodeCall(ILotAnchor.anchor, (old, size, root, mapRoot, proof))));
    }

    /// @notice What the first anchor changes, at any size and any count; past epochs stay, and of the groups only the
    ///         one that the 64th anchor completes is written.
    function check_whatAFirstAnchorChanges(
        address caller, uint64 time, uint64 size, bytes32 root, uint64 n, uint64 group
    ) public {
        State memory a = _before(time);
        vm.assume(a.size == 0 && a.count < 2 ** 53);
        vm.assume(a.count % 64 != 63 || group != a.count / 64);
        bytes32 groupBefore = LOT.sealedGroup(group);
        (uint64 first, uint64 keep,,) = LOT.epochs(n);
        if (!_do(caller, abi.encodeCall(ILotAnchor.anchor, (0, size, root, root, new bytes32[](0))))) return;
        State memory b = stateOf(LOT);
        _fine(Rules.anchor(caller, time, a, b));
        assert(b.size == size && b.logRoot == root);
        assert(LOT.sealedGroup(group) == groupBefore);
        (uint64 first_, uint64 keep_,,) = LOT.epochs(n);
        assert(first_ == first && keep_ == keep);
    }

    /// @notice What an anchor changes, from any state with sizes up to 12.
    function check_whatAnAnchorChanges(
        address caller, uint64 time, uint64 size, bytes32 root, bytes32 mapRoot, bytes32[] calldata proof
    ) public {
        State memory a = _before(time);
        vm.assume(a.size != 0 && size <= 12 && a.count < 3);
        if (!_do(caller, abi.encodeCall(ILotAnchor.anchor, (a.size, size, root, mapRoot, proof)))) return;
        State memory b = stateOf(LOT);
        _fine(Rules.anchor(caller, time, a, b));
        assert(b.size == size && b.logRoot == root);
    }

    // ---------------------------------------------------------------- the guardian

    function check_whatAReplacementChanges(address caller, uint64 time, address next) public {
        State memory a = _before(time);
        if (!_do(caller, abi.encodeCall(ILotAnchor.replaceAnchorer, (next)))) return;
        State memory b = stateOf(LOT);
        _fine(Rules.replaceAnchorer(caller, a, b));
        assert(b.anchorer == next);
    }

    /// @notice A rotation cannot fail: no state keeps the guardian from taking the anchorer's office away (but the
    ///         4,294,967,295th rotation is the last).
    function check_theGuardianCanAlwaysReplaceTheAnchorer(uint64 time, address next) public {
        State memory a = _before(time);
        vm.assume(next != address(0) && next != a.guardian && a.guardian != address(0));
        vm.assume(a.rotations < 2 ** 32 - 1);
        assert(_do(a.guardian, abi.encodeCall(ILotAnchor.replaceAnchorer, (next))));
    }

    function check_whatAnOfferChanges(address caller, uint64 time, address candidate) public {
        State memory a = _before(time);
        if (!_do(caller, abi.encodeCall(ILotAnchor.offerGuardian, (candidate)))) return;
        _fine(Rules.offerGuardian(caller, a, stateOf(LOT)));
    }

    function check_whatAnAcceptanceChanges(address caller, uint64 time) public {
        State memory a = _before(time);
        if (!_do(caller, abi.encodeCall(ILotAnchor.acceptGuardian, ()))) return;
        _fine(Rules.acceptGuardian(caller, a, stateOf(LOT)));
    }

    /// @notice With up to three epochs before.
    function check_whatAProposalChanges(address caller, uint64 time, uint64 index, bytes32 reason) public {
        State memory a = _before(time);
        vm.assume(a.epoch <= 3);
        if (!_do(caller, abi.encodeCall(ILotAnchor.proposeEpoch, (index, reason)))) return;
        State memory b = stateOf(LOT);
        _fine(Rules.proposeEpoch(caller, time, a, b));
        assert(b.proposedIndex == index && b.reason == reason);
    }

    function check_whatACancellationChanges(address caller, uint64 time) public {
        State memory a = _before(time);
        if (!_do(caller, abi.encodeCall(ILotAnchor.cancelEpoch, ()))) return;
        _fine(Rules.cancelEpoch(caller, a, stateOf(LOT)));
    }

    /// @notice An epoch opens only by the guardian, only for the proposal, only after its time, from an anchor not
    ///         older than thirty days; with paths of up to four hashes.
    function check_whatAnOpeningChanges(
        address caller, uint64 time, uint64 size, bytes32 root, uint64 blockTime, bytes32[] calldata path
    ) public {
        State memory a = _before(time);
        vm.assume(a.epoch < 2 ** 32 - 1);
        if (!_do(caller, abi.encodeCall(ILotAnchor.openEpoch, (0, size, root, root, 1, blockTime, path)))) return;
        State memory b = stateOf(LOT);
        _fine(Rules.openEpoch(caller, time, a, b));
        assert(b.size == size && b.logRoot == root && b.blockTime == blockTime);
        assert(uint256(blockTime) + 30 days >= time);
        (uint64 first, uint64 keep, uint64 openedAt,) = LOT.epochs(b.epoch);
        assert(first == a.count && keep == a.proposedIndex + 1 && openedAt == time);
    }

    /// @notice Past epochs stay as they were opened, and the sealed groups.
    function check_anOpeningTouchesNoPast(address caller, uint64 time, uint64 n, bytes32[] calldata path) public {
        State memory a = _before(time);
        vm.assume(a.epoch < 2 ** 32 - 1 && n <= a.epoch);
        bytes32 past = _past(n);
        if (!_do(caller, abi.encodeCall(ILotAnchor.openEpoch, (0, 1, 0, 0, 1, time, path)))) return;
        assert(_past(n) == past);
    }

    // ---------------------------------------------------------------- everybody

    /// @notice There is no other way in: a selector that the interface does not name is refused, and ether too.
    function check_nothingElseIsThere(address caller, bytes4 selector, bytes32 first, bytes32 second) public {
        vm.assume(!_named(selector));
        assert(!_do(caller, abi.encodePacked(selector, first, second)));
    }

    // ---------------------------------------------------------------- inside

    function _before(uint64 time) private returns (State memory a) {
        vm.assume(time > 30 days && time < 2 ** 40); // the year 36812
        vm.warp(time);
        return stateOf(LOT);
    }

    function _do(address caller, bytes memory call) private returns (bool done) {
        vm.prank(caller);
        (done,) = address(LOT).call(call);
    }

    function _past(uint64 n) private view returns (bytes32) {
        (uint64 first, uint64 keep, uint64 openedAt, bytes32 reason) = LOT.epochs(n);
        return keccak256(abi.encode(first, keep, openedAt, reason, LOT.sealedGroup(n)));
    }

    function _fine(string memory wrong) private pure {
        assert(bytes(wrong).length == 0);
    }

    function _named(bytes4 s) private pure returns (bool) {
        return s == ILotAnchor.anchor.selector || s == ILotAnchor.replaceAnchorer.selector
            || s == ILotAnchor.offerGuardian.selector || s == ILotAnchor.acceptGuardian.selector
            || s == ILotAnchor.proposeEpoch.selector || s == ILotAnchor.cancelEpoch.selector
            || s == ILotAnchor.openEpoch.selector || s == ILotAnchor.head.selector
            || s == ILotAnchor.accumulator.selector || s == ILotAnchor.sealedGroup.selector
            || s == ILotAnchor.epochs.selector || s == ILotAnchor.proposedEpoch.selector
            || s == ILotAnchor.anchorer.selector || s == ILotAnchor.guardian.selector
            || s == ILotAnchor.offeredGuardian.selector;
    }
}
