// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILotAnchor} from "./ILotAnchor.sol";
import {Accumulator} from "./Accumulator.sol";
import {Consistency} from "./Consistency.sol";
import {Hashing} from "./Hashing.sol";
import {Head} from "./Head.sol";

/// @title LotAnchor, see ILotAnchor for the words
/// @dev No immutables: the runtime code is the same for every deployment, so that whoever compiles this source holds
///      the code hash that a verifier's policy pins.
contract LotAnchor is ILotAnchor {
    using Accumulator for Accumulator.State;

    uint64 private constant MAX_SIZE = 2 ** 53 - 1;
    uint64 private constant EPOCH_DELAY = 3 days;
    uint64 private constant EPOCH_REACH = 30 days;

    struct Epoch {
        uint64 first;
        uint64 keep;
        uint64 openedAt;
        bytes32 reason;
    }

    struct Proposal {
        uint64 index;
        uint64 opensAt;
        bytes32 reason;
    }

    Head private _head;
    bytes32 private _logRoot;
    address public anchorer;
    address public guardian;
    address public offeredGuardian;
    Proposal public proposedEpoch;
    mapping(uint64 n => Epoch) public epochs;
    Accumulator.State private _accumulator;

    modifier onlyGuardian() {
        if (msg.sender != guardian) revert NotGuardian(guardian, msg.sender);
        _;
    }

    constructor(address anchorer_, address guardian_) {
        // SHA-256 of the three bytes "abc" is FIPS 180-2's own example.
        if (sha256("abc") != 0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad) revert NoSha256();
        _requireOffices(anchorer_, guardian_);
        anchorer = anchorer_;
        guardian = guardian_;
    }

    // ---------------------------------------------------------------- the anchorer

    /// @inheritdoc ILotAnchor
    function anchor(uint64 oldSize, uint64 newSize, bytes32 logRoot, bytes32 mapRoot, bytes32[] calldata proof)
        external
    {
        if (msg.sender != anchorer) revert NotAnchorer(anchorer, msg.sender);
        Head h = _head;
        if (oldSize != h.size()) revert WrongOldSize(h.size(), oldSize);
        if (newSize <= oldSize) revert SizeNotGreater(oldSize, newSize);
        if (newSize > MAX_SIZE) revert SizeTooLarge(MAX_SIZE, newSize);
        // Size 0 is the state before the first anchor and no other: every anchor has a size above it.
        if (oldSize != 0) Consistency.check(oldSize, newSize, _logRoot, logRoot, proof);
        else if (proof.length != 0) revert WrongProofLength(0, proof.length);

        uint64 index = h.count();
        bytes32 leaf = Hashing.leaf(h.epoch(), newSize, logRoot, mapRoot, block.number, block.timestamp);
        _accumulator.append(index, leaf);
        _head = h.anchored(newSize, uint64(block.timestamp));
        _logRoot = logRoot;
        emit Anchored(index, newSize, logRoot, mapRoot);
    }

    // ---------------------------------------------------------------- the guardian

    /// @inheritdoc ILotAnchor
    function replaceAnchorer(address next) external onlyGuardian {
        _requireOffices(next, guardian);
        _head = _head.rotated();
        emit AnchorerReplaced(anchorer, next, _head.rotations());
        anchorer = next;
    }

    /// @inheritdoc ILotAnchor
    function offerGuardian(address candidate) external onlyGuardian {
        offeredGuardian = candidate;
        emit GuardianOffered(candidate);
    }

    /// @inheritdoc ILotAnchor
    function acceptGuardian() external {
        if (msg.sender != offeredGuardian) revert NotOffered(offeredGuardian, msg.sender);
        _requireOffices(anchorer, msg.sender);
        _head = _head.rotated();
        emit GuardianReplaced(guardian, msg.sender, _head.rotations());
        guardian = msg.sender;
        delete offeredGuardian;
    }

    /// @inheritdoc ILotAnchor
    function proposeEpoch(uint64 index, bytes32 reason) external onlyGuardian {
        Proposal storage proposal = proposedEpoch;
        if (proposal.opensAt != 0) revert EpochAlreadyProposed(proposal.index, proposal.opensAt);
        Head h = _head;
        if (index >= h.count()) revert NoSuchAnchor(h.count(), index);
        if (index + 1 == h.count()) revert NothingToVoid(h.count(), index);
        _requireLive(h.epoch(), index);
        uint64 opensAt = uint64(block.timestamp) + EPOCH_DELAY;
        proposedEpoch = Proposal(index, opensAt, reason);
        emit EpochProposed(h.epoch() + 1, index, opensAt, reason);
    }

    /// @inheritdoc ILotAnchor
    function cancelEpoch() external onlyGuardian {
        if (proposedEpoch.opensAt == 0) revert NoEpochProposed();
        delete proposedEpoch;
        emit EpochCancelled(_head.epoch() + 1);
    }

    /// @inheritdoc ILotAnchor
    function openEpoch(
        uint64 epoch,
        uint64 size,
        bytes32 logRoot,
        bytes32 mapRoot,
        uint64 blockNumber,
        uint64 blockTime,
        bytes32[] calldata path
    ) external onlyGuardian {
        Proposal memory proposal = proposedEpoch;
        if (proposal.opensAt == 0) revert NoEpochProposed();
        uint64 time = uint64(block.timestamp);
        if (time < proposal.opensAt) revert TooEarly(proposal.opensAt, time);
        Head h = _head;
        // No need to ask again whether the anchor is live and not the newest: only opening an epoch voids anchors, and
        // that ends the proposal; and the count never falls.
        bytes32 leaf = Hashing.leaf(epoch, size, logRoot, mapRoot, blockNumber, blockTime);
        _accumulator.check(h.count(), proposal.index, leaf, path);
        if (blockTime + EPOCH_REACH < time) revert TooOld(time - EPOCH_REACH, blockTime);

        delete proposedEpoch;
        _head = h = h.restarted(size, blockTime);
        _logRoot = logRoot;
        epochs[h.epoch()] = Epoch(h.count(), proposal.index + 1, time, proposal.reason);
        emit EpochOpened(h.epoch(), h.count(), proposal.index + 1, proposal.reason);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ILotAnchor
    function head()
        external
        view
        returns (uint64 size, bytes32 logRoot, uint64 count, uint64 blockTime, uint64 epoch, uint64 rotations)
    {
        Head h = _head;
        return (h.size(), _logRoot, h.count(), h.blockTime(), h.epoch(), h.rotations());
    }

    /// @inheritdoc ILotAnchor
    function accumulator() external view returns (uint64 count, bytes32[] memory peaks) {
        count = _head.count();
        peaks = _accumulator.peaks(count);
    }

    /// @inheritdoc ILotAnchor
    function sealedGroup(uint64 group) external view returns (bytes32 root) {
        return _accumulator.groups[group];
    }

    // ---------------------------------------------------------------- inside

    /// @dev Epochs rise in `first`, so the walk ends at the first one that was opened before the anchor was made. An
    ///      anchor young enough to restart from has at most ten epochs after it: thirty days, three days each.
    function _requireLive(uint64 newest, uint64 index) private view {
        for (uint64 n = newest; n != 0 && index < epochs[n].first; --n) {
            if (index >= epochs[n].keep) revert AnchorVoided(n, index);
        }
    }

    function _requireOffices(address anchorer_, address guardian_) private pure {
        if (anchorer_ == address(0) || guardian_ == address(0)) revert ZeroAddress();
        if (anchorer_ == guardian_) revert SameKey(anchorer_);
    }
}
