// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotAnchor} from "./ILotAnchor.sol";

/// @title All that can be seen of a LotAnchor but its accumulator and its past epochs
struct State {
    uint64 size;
    bytes32 logRoot;
    uint64 count;
    uint64 blockTime;
    uint64 epoch;
    uint64 rotations;
    address anchorer;
    address guardian;
    address offered;
    uint64 proposedIndex;
    uint64 opensAt;
    bytes32 reason;
}

function stateOf(ILotAnchor lot) view returns (State memory s) {
    (s.size, s.logRoot, s.count, s.blockTime, s.epoch, s.rotations) = lot.head();
    (s.anchorer, s.guardian, s.offered) = (lot.anchorer(), lot.guardian(), lot.offeredGuardian());
    (s.proposedIndex, s.opensAt, s.reason) = lot.proposedEpoch();
}

function sameHead(State memory a, State memory b) pure returns (bool) {
    return a.size == b.size && a.logRoot == b.logRoot && a.count == b.count && a.blockTime == b.blockTime
        && a.epoch == b.epoch;
}

function sameOffices(State memory a, State memory b) pure returns (bool) {
    return a.anchorer == b.anchorer && a.guardian == b.guardian && a.offered == b.offered
        && a.rotations == b.rotations;
}

function sameProposal(State memory a, State memory b) pure returns (bool) {
    return a.proposedIndex == b.proposedIndex && a.opensAt == b.opensAt && a.reason == b.reason;
}

/// @title What one accepted call may change, from any state: the rules that forge fuzzes and halmos proves
/// @dev Each returns what was broken, empty if nothing was. `a` before, `b` after, at block time `time`.
library Rules {
    uint64 internal constant LARGEST = 2 ** 53 - 1;
    uint64 internal constant DELAY = 3 days;

    function judge(bytes4 selector, address caller, uint256 time, State memory a, State memory b)
        internal
        pure
        returns (string memory)
    {
        if (selector == ILotAnchor.anchor.selector) return anchor(caller, time, a, b);
        if (selector == ILotAnchor.replaceAnchorer.selector) return replaceAnchorer(caller, a, b);
        if (selector == ILotAnchor.offerGuardian.selector) return offerGuardian(caller, a, b);
        if (selector == ILotAnchor.acceptGuardian.selector) return acceptGuardian(caller, a, b);
        if (selector == ILotAnchor.proposeEpoch.selector) return proposeEpoch(caller, time, a, b);
        if (selector == ILotAnchor.cancelEpoch.selector) return cancelEpoch(caller, a, b);
        if (selector == ILotAnchor.openEpoch.selector) return openEpoch(caller, time, a, b);
        return nothing(a, b);
    }

    function nothing(State memory a, State memory b) internal pure returns (string memory) {
        return sameHead(a, b) && sameOffices(a, b) && sameProposal(a, b) ? "" : "a view changed something";
    }

    function anchor(address caller, uint256 time, State memory a, State memory b)
        internal
        pure
        returns (string memory)
    {
        if (caller != a.anchorer) return "somebody who is not the anchorer anchored";
        if (b.size <= a.size) return "the size did not grow";
        if (b.size > LARGEST) return "the size is beyond 2^53-1";
        if (b.count != a.count + 1) return "an anchor did not count as one";
        if (b.epoch != a.epoch) return "an anchor changed the epoch";
        if (b.blockTime != uint64(time)) return "an anchor does not carry the time of its block";
        return sameOffices(a, b) && sameProposal(a, b) ? "" : "an anchor changed an office or the proposal";
    }

    function replaceAnchorer(address caller, State memory a, State memory b) internal pure returns (string memory) {
        if (caller != a.guardian) return "somebody who is not the guardian replaced the anchorer";
        if (b.anchorer == address(0) || b.anchorer == b.guardian) return "the office was lost, or joined with another";
        if (b.rotations != a.rotations + 1) return "a rotation was not counted";
        if (b.guardian != a.guardian || b.offered != a.offered) return "a rotation changed the guardian";
        return sameHead(a, b) && sameProposal(a, b) ? "" : "a rotation changed the head or the proposal";
    }

    function offerGuardian(address caller, State memory a, State memory b) internal pure returns (string memory) {
        if (caller != a.guardian) return "somebody who is not the guardian offered the office";
        if (b.anchorer != a.anchorer || b.guardian != a.guardian) return "an offer changed an office";
        if (b.rotations != a.rotations) return "an offer counted as a rotation";
        return sameHead(a, b) && sameProposal(a, b) ? "" : "an offer changed the head or the proposal";
    }

    function acceptGuardian(address caller, State memory a, State memory b) internal pure returns (string memory) {
        if (caller != a.offered) return "somebody took an office that was not offered to him";
        if (b.guardian != caller || b.offered != address(0)) return "the office did not go to whom it was offered";
        if (b.anchorer != a.anchorer || b.anchorer == b.guardian) return "the anchorer changed, or is the guardian";
        if (b.rotations != a.rotations + 1) return "a rotation was not counted";
        return sameHead(a, b) && sameProposal(a, b) ? "" : "an acceptance changed the head or the proposal";
    }

    function proposeEpoch(address caller, uint256 time, State memory a, State memory b)
        internal
        pure
        returns (string memory)
    {
        if (caller != a.guardian) return "somebody who is not the guardian proposed an epoch";
        if (a.opensAt != 0) return "a proposal moved another one";
        if (b.opensAt != uint64(time) + DELAY) return "the proposal opens at another time than three days from now";
        if (uint256(b.proposedIndex) + 1 >= a.count) return "the proposal voids nothing";
        return sameHead(a, b) && sameOffices(a, b) ? "" : "a proposal changed the head or an office";
    }

    function cancelEpoch(address caller, State memory a, State memory b) internal pure returns (string memory) {
        if (caller != a.guardian) return "somebody who is not the guardian cancelled an epoch";
        if (a.opensAt == 0 || b.opensAt != 0 || b.proposedIndex != 0 || b.reason != 0) return "nothing was cancelled";
        return sameHead(a, b) && sameOffices(a, b) ? "" : "a cancellation changed the head or an office";
    }

    function openEpoch(address caller, uint256 time, State memory a, State memory b)
        internal
        pure
        returns (string memory)
    {
        if (caller != a.guardian) return "somebody who is not the guardian opened an epoch";
        if (a.opensAt == 0 || uint64(time) < a.opensAt) return "an epoch was opened before its time";
        if (b.epoch != a.epoch + 1 || b.count != a.count) return "an epoch did not count as one, or moved the count";
        if (b.opensAt != 0 || b.proposedIndex != 0 || b.reason != 0) return "the proposal outlived its epoch";
        return sameOffices(a, b) ? "" : "an epoch changed an office";
    }
}
