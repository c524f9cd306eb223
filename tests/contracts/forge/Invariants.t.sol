// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotAnchor} from "./ILotAnchor.sol";
import {Actors} from "./Actors.sol";
import {Past} from "./Past.sol";
import {Rfc6962} from "./Rfc6962.sol";
import {State, stateOf} from "./State.sol";
import {vm} from "./Vm.sol";

/// @title What holds after every call, whoever made it and however long they waited
/// @dev forge looks for `targetContracts`, `targetSelectors` and functions whose name begins with `invariant_`.
contract Invariants {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Actors private _actors;
    ILotAnchor private _lot;

    function setUp() public {
        _actors = new Actors();
        _lot = _actors.lot();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_actors);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[] memory acts = new bytes4[](11);
        acts[0] = Actors.anchorTheLog.selector;
        acts[1] = Actors.anchorOftenByOnes.selector;
        acts[2] = Actors.lie.selector;
        acts[3] = Actors.replaceAnchorer.selector;
        acts[4] = Actors.offerGuardian.selector;
        acts[5] = Actors.acceptGuardian.selector;
        acts[6] = Actors.proposeEpoch.selector;
        acts[7] = Actors.cancelEpoch.selector;
        acts[8] = Actors.openEpoch.selector;
        acts[9] = Actors.anything.selector;
        acts[10] = Actors.letTimePass.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_actors), acts);
    }

    function invariant_everythingHolds() public {
        _theStateIsWhatThePastAddsUpTo();
        // The costly one at one moment in eight, chosen by what nobody chooses.
        if (uint256(keccak256(abi.encode(block.timestamp, _lotSize(), _lot.anchorer()))) % 8 == 0) {
            _aRotationNeitherStrandsNorHijacks();
        }
    }

    /// @dev Every single call so far kept to the rules, and the state is what the whole past adds up to.
    function _theStateIsWhatThePastAddsUpTo() private view {
        require(bytes(_actors.broken()).length == 0, _actors.broken());
        State memory s = stateOf(_lot);
        (bool any, Past.Made memory live) = _actors.live();
        require(s.count == _actors.anchors(), "the count is not the number of anchors");
        require(s.epoch == _actors.opened().length, "the epoch is not the number of openings");
        if (any) {
            require(s.size == live.size && s.logRoot == live.logRoot, "the head is not the newest anchor in force");
            require(s.blockTime == live.time, "the head has another time");
        } else {
            require(s.size == 0 && s.logRoot == 0, "a head without an anchor");
        }
        require(s.guardian != s.anchorer, "one key holds both offices");
        require(s.guardian != address(0) && s.anchorer != address(0), "an office is lost");
    }

    /// @dev At any moment, whoever is anchorer and whatever he anchored: the guardian takes the office from him at
    ///      once, he anchors no more, and the new one goes on; nobody else can do either.
    function _aRotationNeitherStrandsNorHijacks() private {
        uint256 before = vm.snapshotState();
        address old = _lot.anchorer();
        address guardian = _lot.guardian();
        address heir = address(0xBEEF);
        bytes memory rotate = abi.encodeCall(ILotAnchor.replaceAnchorer, (heir));
        for (uint256 i; i < 8; ++i) {
            if (_actors.person(i) == guardian) continue;
            require(!_try(_actors.person(i), rotate), "somebody else gave the office away");
        }
        require(_try(guardian, rotate), "the guardian cannot replace the anchorer");
        uint256 size = _lotSize();
        bytes32[] memory all = _actors.grown(_actors.fresh(3));
        bytes32[] memory proof;
        if (size != 0) proof = Rfc6962.proof(size, all, all.length);
        bytes32 root = Rfc6962.mth(all, 0, all.length);
        bytes memory next =
            abi.encodeCall(ILotAnchor.anchor, (uint64(size), uint64(all.length), root, bytes32(0), proof));
        require(!_try(old, next), "the old key still anchors");
        require(_try(heir, next), "the new key cannot go on");
        vm.revertToState(before);
    }

    /// @notice Once for each sequence: the accumulator, the sealed groups and the epochs, from the whole past.
    function afterInvariant() public {
        bytes32[] memory leaves = _actors.leaves();
        (uint64 count, bytes32[] memory peaks) = _lot.accumulator();
        bytes32[] memory expected = Rfc6962.peaks(leaves);
        require(count == leaves.length && peaks.length == expected.length, "the accumulator has another size");
        for (uint256 i; i < peaks.length; ++i) require(peaks[i] == expected[i], "a peak is not that of the past");
        for (uint64 g; g <= leaves.length / 64; ++g) {
            bool full = 64 * (uint256(g) + 1) <= leaves.length;
            bytes32 root = full ? Rfc6962.mth(leaves, 64 * g, 64 * g + 64) : bytes32(0);
            require(_lot.sealedGroup(g) == root, "a sealed group is not that of the past");
        }
        _epochsAreThoseOpened();
        _actors.tell(vm.envString("OUTCOMES"));
    }

    function _epochsAreThoseOpened() private view {
        Past.Opened[] memory opened = _actors.opened();
        for (uint64 n; n < opened.length; ++n) {
            (uint64 first, uint64 keep, uint64 openedAt,) = _lot.epochs(n + 1);
            require(first == opened[n].first && keep == opened[n].keep, "an epoch changed after it was opened");
            require(openedAt == opened[n].openedAt, "an epoch has another time");
            require(openedAt >= opened[n].proposedAt + 3 days, "an epoch came before its time");
        }
        (uint64 none,,,) = _lot.epochs(uint64(opened.length) + 1);
        require(none == 0, "an epoch that nobody opened");
    }

    function _try(address caller, bytes memory call) private returns (bool done) {
        vm.prank(caller);
        (done,) = address(_lot).call(call);
    }

    function _lotSize() private view returns (uint256 size) {
        (size,,,,,) = _lot.head();
    }
}
