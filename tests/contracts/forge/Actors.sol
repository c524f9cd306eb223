// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotAnchor} from "./ILotAnchor.sol";
import {Committed} from "./Committed.sol";
import {Past} from "./Past.sol";
import {Rfc6962} from "./Rfc6962.sol";
import {Rules, State, sameHead, sameOffices, sameProposal, stateOf} from "./State.sol";
import {vm} from "./Vm.sol";

/// @title Eight people, honest and not, who call a LotAnchor in any order at any time
/// @dev The anchorer and the guardian of the moment, those who were it, one to whom the office is offered, and
///      strangers: all come from the same eight. Every call, accepted or refused, is judged by Rules, by the storage
///      slots that it wrote, and by what the Past remembers. `broken` keeps the first thing that must not happen.
contract Actors is Past {
    uint256 private constant PEOPLE = 8;
    uint256 private constant LARGEST_LOG = 100;

    ILotAnchor public immutable lot;
    string public broken;
    mapping(bytes32 outcome => uint256) private _times;
    bytes32[] private _outcomes;

    constructor() {
        lot = ILotAnchor(_deployed(person(0), person(1)));
        vm.warp(1_800_000_000);
        vm.roll(1000);
    }

    // ---------------------------------------------------------------- what they do

    /// @notice The log grew; mostly the anchorer anchors it, sometimes another tries.
    function anchorTheLog(uint256 who, uint256 growth, bytes32 mapRoot) external {
        bytes32[] memory all = grown(fresh(1 + growth % 5));
        if (all.length > LARGEST_LOG) return;
        bytes32[] memory proof;
        if (log.length != 0) proof = Rfc6962.proof(log.length, all, all.length);
        _anchor(_mostly(lot.anchorer(), who), all, all.length, Rfc6962.mth(all, 0, all.length), mapRoot, proof);
    }

    /// @notice The anchorer has anchored for weeks: groups of 64 are sealed.
    function anchorOftenByOnes(uint256 number) external {
        for (uint256 i = number % 24; i > 0 && log.length < LARGEST_LOG; --i) {
            bytes32[] memory all = grown(fresh(1));
            bytes32[] memory proof;
            if (log.length != 0) proof = Rfc6962.proof(log.length, all, all.length);
            _anchor(lot.anchorer(), all, all.length, Rfc6962.mth(all, 0, all.length), bytes32(i), proof);
        }
    }

    /// @notice The anchorer lies: about the past, the root, the sizes, or with a proof that is none.
    function lie(uint256 kind, uint256 growth, uint256 where) external {
        if (log.length == 0) return;
        bytes32[] memory all = grown(fresh(1 + growth % 5));
        uint256 old = log.length;
        uint256 size = all.length;
        bytes32[] memory truth = Rfc6962.proof(old, all, size);
        bytes32[] memory proof = truth;
        bytes32 root = Rfc6962.mth(all, 0, size);
        kind %= 9;
        if (kind < 3) all[where % old] = fresh(1)[0]; // another history, told with each mixture of true and forged
        if (kind == 0 || kind == 1) root = Rfc6962.mth(all, 0, size);
        if (kind == 0 || kind == 2) proof = Rfc6962.proof(old, all, size);
        if (kind == 3) root ^= bytes32(uint256(1) << (where % 256));
        if (kind == 4) proof[where % proof.length] ^= bytes32(uint256(1) << (where % 256));
        if (kind == 5) proof = _without(truth, where % truth.length);
        if (kind == 6) (size, root, proof) = (old, Rfc6962.mth(all, 0, old), new bytes32[](0));
        if (kind == 7) size = 1 + where % old;
        if (kind == 8) old = where % (2 * old);
        if (kind == 8 && old == log.length) return;
        // A proof from a power of two does not repeat the old root: the fork's own proof may be the true one.
        if (kind == 2 && keccak256(abi.encode(proof)) == keccak256(abi.encode(truth))) return;
        bytes memory call = abi.encodeCall(
            ILotAnchor.anchor, (uint64(old), uint64(size), root, bytes32(where), proof)
        );
        if (_do(lot.anchorer(), call)) _break("a lie was anchored");
    }

    function replaceAnchorer(uint256 who, uint256 next) external {
        address heir = next % 9 == 8 ? address(0) : person(next);
        _do(_mostly(lot.guardian(), who), abi.encodeCall(ILotAnchor.replaceAnchorer, (heir)));
    }

    function offerGuardian(uint256 who, uint256 candidate) external {
        address heir = candidate % 9 == 8 ? address(0) : person(candidate);
        _do(_mostly(lot.guardian(), who), abi.encodeCall(ILotAnchor.offerGuardian, (heir)));
    }

    function acceptGuardian(uint256 who) external {
        address candidate = lot.offeredGuardian();
        if (candidate == address(0)) candidate = person(who);
        _do(_mostly(candidate, who), abi.encodeCall(ILotAnchor.acceptGuardian, ()));
    }

    function proposeEpoch(uint256 who, uint256 back, bytes32 reason) external {
        uint256 index = anchors() < 2 ? back % 3 : (anchors() - 1) - back % (anchors() + 1) % anchors();
        if (back % 11 == 10) index = anchors() + back % 5;
        if (_do(_mostly(lot.guardian(), who), abi.encodeCall(ILotAnchor.proposeEpoch, (uint64(index), reason)))) {
            if (index + 1 >= anchors()) _break("an epoch that voids nothing was proposed");
            if (voided(index)) _break("an epoch would restart from a voided anchor");
            _proposed();
        }
    }

    function cancelEpoch(uint256 who) external {
        if (who % 3 == 0) _do(_mostly(lot.guardian(), who), abi.encodeCall(ILotAnchor.cancelEpoch, ()));
    }

    /// @notice Mostly with the right anchor and path, at whatever time it is.
    function openEpoch(uint256 who, uint256 other, uint256 bend) external {
        if (anchors() == 0) return;
        (uint64 index,,) = lot.proposedEpoch();
        Made memory shown = made(bend % 4 == 3 ? other % anchors() : index % anchors());
        bytes32[] memory path = Rfc6962.pathToPeak(leaves(), index % anchors());
        if (bend % 8 == 1 && path.length != 0) path = _without(path, other % path.length);
        if (bend % 8 == 2 && path.length != 0) path[other % path.length] ^= bytes32(uint256(1));
        bool bent = leaf(shown) != leaf(made(index % anchors())) || bend % 8 == 1 || bend % 8 == 2;
        bytes memory call = abi.encodeCall(
            ILotAnchor.openEpoch,
            (shown.epoch, shown.size, shown.logRoot, shown.mapRoot, shown.number, shown.time, path)
        );
        if (!_do(_mostly(lot.guardian(), who), call)) return;
        if (bent && path.length != 0) _break("an epoch was opened from an anchor that was not proposed");
        if (block.timestamp < proposedAt + 3 days) _break("an epoch was opened within three days of its proposal");
        if (shown.time + 30 days < block.timestamp) _break("an epoch reached back more than thirty days");
        _restarted(index);
    }

    /// @notice Anybody, any function, any arguments.
    function anything(uint256 who, uint256 what, bytes calldata arguments) external {
        bytes4[9] memory selectors = [
            ILotAnchor.anchor.selector,
            ILotAnchor.replaceAnchorer.selector,
            ILotAnchor.offerGuardian.selector,
            ILotAnchor.proposeEpoch.selector,
            ILotAnchor.openEpoch.selector,
            ILotAnchor.head.selector,
            ILotAnchor.sealedGroup.selector,
            bytes4(bytes32(what)),
            bytes4(0)
        ];
        bytes4 selector = selectors[what % 9];
        bool known = selector == ILotAnchor.anchor.selector || selector == ILotAnchor.proposeEpoch.selector;
        address caller = person(who);
        // What these two do must be known to the Past: only people without the office try them here.
        if (known && (caller == lot.anchorer() || caller == lot.guardian())) return;
        _do(caller, abi.encodePacked(selector, arguments));
    }

    function letTimePass(uint256 how) external {
        uint24[6] memory spans = [1, 1 hours, 1 days, 3 days - 1, 3 days, 12 days];
        vm.warp(block.timestamp + spans[how % 6]);
        vm.roll(block.number + 1 + how % 100);
    }

    // ---------------------------------------------------------------- who they are, and what became of it

    function person(uint256 number) public pure returns (address) {
        return address(uint160(0xA11CE0 + number % PEOPLE));
    }

    /// @notice Counted outcomes, one line each: function, error or "done", how often.
    function tell(string calldata path) external {
        for (uint256 i; i < _outcomes.length; ++i) {
            string memory line = string.concat(vm.toString(_outcomes[i]), " ", vm.toString(_times[_outcomes[i]]));
            vm.writeLine(path, line);
        }
    }

    function _mostly(address usual, uint256 who) private pure returns (address) {
        return who % 4 == 0 ? person(who / 4) : usual;
    }

    function _anchor(
        address caller,
        bytes32[] memory all,
        uint256 size,
        bytes32 root,
        bytes32 mapRoot,
        bytes32[] memory proof
    ) private {
        bytes memory call =
            abi.encodeCall(ILotAnchor.anchor, (uint64(log.length), uint64(size), root, mapRoot, proof));
        bool office = caller == lot.anchorer();
        if (_do(caller, call)) _anchored(all, size, mapRoot);
        else if (office) _break("the anchorer's honest anchor was refused");
    }

    /// @dev One call, judged. Whether it was accepted.
    function _do(address caller, bytes memory call) private returns (bool done) {
        State memory a = stateOf(lot);
        vm.record();
        vm.prank(caller);
        bytes memory answer;
        (done, answer) = address(lot).call(call);
        (, bytes32[] memory writes) = vm.accesses(address(lot));
        State memory b = stateOf(lot);
        bytes4 selector = bytes4(call);
        string memory wrong = done ? Rules.judge(selector, caller, block.timestamp, a, b) : Rules.nothing(a, b);
        if (bytes(wrong).length != 0) _break(wrong);
        if (done) _judgeWrites(selector, a.count, writes);
        _count(selector, done ? bytes4(0) : bytes4(answer));
    }

    /// @dev Slots, as LotAnchor.sol lays them out: 0 head, 1 log root, 2 to 4 offices, 5 and 6 proposal, 7 epochs,
    ///      8 to 60 the accumulator's levels, 61 its groups.
    function _judgeWrites(bytes4 selector, uint64 count, bytes32[] memory writes) private {
        for (uint256 i; i < writes.length; ++i) {
            uint256 slot = uint256(writes[i]);
            bool fine;
            if (selector == ILotAnchor.anchor.selector) {
                bytes32 group = keccak256(abi.encode(uint256(count >> 6), uint256(61)));
                fine = slot < 2 || (slot >= 8 && slot < 61) || (count % 64 == 63 && writes[i] == group);
            } else if (selector == ILotAnchor.replaceAnchorer.selector) {
                fine = slot == 0 || slot == 2;
            } else if (selector == ILotAnchor.offerGuardian.selector) {
                fine = slot == 4;
            } else if (selector == ILotAnchor.acceptGuardian.selector) {
                fine = slot == 0 || slot == 3 || slot == 4;
            } else if (selector == ILotAnchor.openEpoch.selector) {
                uint256 entry = uint256(keccak256(abi.encode(uint256(stateOf(lot).epoch), uint256(7))));
                fine = slot < 2 || slot == 5 || slot == 6 || slot == entry || slot == entry + 1;
            } else {
                fine = slot == 5 || slot == 6;
            }
            if (!fine) _break("a call wrote a slot that is none of its business");
        }
    }

    function _count(bytes4 selector, bytes4 outcome) private {
        bytes32 name = bytes32(selector) | (bytes32(outcome) >> 32);
        if (_times[name]++ == 0) _outcomes.push(name);
    }

    function _break(string memory what) private {
        if (bytes(broken).length == 0) broken = what;
    }

    function _without(bytes32[] memory list, uint256 index) private pure returns (bytes32[] memory shorter) {
        shorter = new bytes32[](list.length - 1);
        for (uint256 i; i < shorter.length; ++i) shorter[i] = list[i < index ? i : i + 1];
    }

    function _deployed(address anchorer, address guardian) private returns (address where) {
        bytes memory creation = bytes.concat(Committed.creation(), abi.encode(anchorer, guardian));
        assembly ("memory-safe") {
            where := create(0, add(creation, 32), mload(creation))
        }
        require(where != address(0), "the committed code does not deploy");
    }
}
