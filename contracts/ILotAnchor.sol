// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title LotAnchor: the place on chain where one Lotproof log cannot take back what it said
/// @notice One contract anchors one log. It is not upgradeable, holds no ether and calls nothing but the SHA-256
///      precompile.
///
/// Words:
///  - *anchor*: one accepted checkpoint of the log: epoch, tree size, log root, map root, and the block that took it.
///  - *index*: the position of an anchor among all anchors ever made here, from 0. Never reused, not even by an epoch.
///  - *head*: the anchor that the next one must extend.
///  - *accumulator*: an RFC 6962 tree over all anchors, kept as its peaks. Leaf of an anchor:
///      SHA-256(0x00 || epoch(8) || size(8) || logRoot(32) || mapRoot(32) || block.number(8) || block.timestamp(8))
///    node: SHA-256(0x01 || left || right). Integers are big-endian.
///  - *sealed group*: the root over 64 successive anchors, 64*g to 64*g+63, stored for ever when the last one arrives.
///  - *anchorer*: the hot key. It may anchor, nothing else.
///  - *guardian*: the cold key, best a multisig. It may replace the anchorer, hand over its own office and
///    open an epoch.
///  - *epoch*: a restart from an earlier anchor, announced three days before. It voids the anchors made after that one
///    and cannot touch any anchor up to it. An epoch counts from 1; 0 is the time before the first.
///  - *rotations*: how often the anchorer or the guardian changed. A verifier that expected another number stops there.
///
/// In every error that compares, the first number is what the contract expected and the second what it saw.
interface ILotAnchor {
    // ---------------------------------------------------------------- errors

    /// @notice Only the anchorer may do this.
    error NotAnchorer(address expected, address seen);

    /// @notice Only the guardian may do this.
    error NotGuardian(address expected, address seen);

    /// @notice Only the address to which the guardian offered its office may accept it (zero: it is offered to nobody).
    error NotOffered(address expected, address seen);

    /// @notice An office cannot be given to the zero address.
    error ZeroAddress();

    /// @notice Anchorer and guardian must be two keys, or the hot key could do what only the cold one may.
    error SameKey(address key);

    /// @notice This chain does not compute SHA-256 at address 2; nothing anchored on it could be checked.
    error NoSha256();

    /// @notice Compare and swap failed: the anchored size is `expected`, the caller extends `seen`.
    error WrongOldSize(uint64 expected, uint64 seen);

    /// @notice A log only grows: the new size must exceed the anchored one.
    error SizeNotGreater(uint64 oldSize, uint64 newSize);

    /// @notice Sizes stay within 2^53-1, the largest integer that every JSON reader keeps.
    error SizeTooLarge(uint64 limit, uint64 seen);

    /// @notice Two sizes fix the number of hashes in their consistency proof (at most 54; the first anchor has none).
    error WrongProofLength(uint256 expected, uint256 seen);

    /// @notice The proof does not start from the anchored root: it belongs to another history. (A proof from a size that
    ///         is a power of two starts from the anchored root itself; there a fork shows as WrongNewRoot.)
    error WrongOldRoot(bytes32 expected, bytes32 seen);

    /// @notice The proof starts from the anchored root, but it does not lead to the root that was to be anchored
    ///         (`expected`: that root; `seen`: where the proof leads).
    error WrongNewRoot(bytes32 expected, bytes32 seen);

    /// @notice There are only `count` anchors.
    error NoSuchAnchor(uint64 count, uint64 index);

    /// @notice An epoch restarts from an anchor before the newest one; after `index` there is nothing to void.
    error NothingToVoid(uint64 count, uint64 index);

    /// @notice The anchor was voided by an epoch; it cannot come back.
    error AnchorVoided(uint64 epoch, uint64 index);

    /// @notice An epoch is already proposed; cancel it first.
    error EpochAlreadyProposed(uint64 index, uint64 opensAt);

    /// @notice No epoch is proposed.
    error NoEpochProposed();

    /// @notice The three days are not over.
    error TooEarly(uint64 opensAt, uint64 seen);

    /// @notice The anchor to restart from is more than 30 days old (`limit`: the oldest time allowed).
    error TooOld(uint64 limit, uint64 seen);

    /// @notice The index and the number of anchors fix the length of the path from an anchor to its peak.
    error WrongPathLength(uint256 expected, uint256 seen);

    /// @notice Leaf and path do not lead to the peak that is kept in state.
    error WrongPeak(bytes32 expected, bytes32 seen);

    // ---------------------------------------------------------------- events

    /// @notice A checkpoint was anchored.
    event Anchored(uint64 indexed index, uint64 size, bytes32 logRoot, bytes32 mapRoot);

    /// @notice The guardian gave the anchorer's office to another key.
    event AnchorerReplaced(address indexed previous, address indexed current, uint64 rotations);

    /// @notice The guardian offered its office (zero address: took the offer back).
    event GuardianOffered(address indexed candidate);

    /// @notice The office was accepted.
    event GuardianReplaced(address indexed previous, address indexed current, uint64 rotations);

    /// @notice Epoch `epoch` may be opened from `opensAt` on; it would keep the anchors 0 to `index`.
    event EpochProposed(uint64 indexed epoch, uint64 index, uint64 opensAt, bytes32 reason);

    /// @notice The proposal was taken back.
    event EpochCancelled(uint64 indexed epoch);

    /// @notice Epoch `epoch` is open: anchors `keep` to `first - 1` are void, the next anchor is `first`.
    event EpochOpened(uint64 indexed epoch, uint64 first, uint64 keep, bytes32 reason);

    // ---------------------------------------------------------------- the anchorer

    /// @notice Anchor a checkpoint that extends the anchored one.
    /// @dev The contract does not look inside the map: a wrong map root under a right log root is refused by verifiers
    ///      and healed by the next anchor.
    /// @param oldSize the anchored size, 0 for the very first anchor
    /// @param newSize the size to anchor, oldSize < newSize < 2^53
    /// @param logRoot the log's root at newSize
    /// @param mapRoot the lot map's root at newSize
    /// @param proof RFC 9162 consistency proof from oldSize to newSize; empty for the very first anchor
    function anchor(uint64 oldSize, uint64 newSize, bytes32 logRoot, bytes32 mapRoot, bytes32[] calldata proof)
        external;

    // ---------------------------------------------------------------- the guardian

    /// @notice Give the anchorer's office to another key, at once.
    function replaceAnchorer(address next) external;

    /// @notice Offer the guardian's office; nothing changes until the other accepts. Zero takes the offer back.
    function offerGuardian(address candidate) external;

    /// @notice Accept the guardian's office.
    function acceptGuardian() external;

    /// @notice Announce that the log will restart from anchor `index`. It can be carried out after three days.
    /// @param index the last anchor that is kept; neither voided nor the newest
    /// @param reason hash of a published text that says why
    function proposeEpoch(uint64 index, bytes32 reason) external;

    /// @notice Take the proposal back.
    function cancelEpoch() external;

    /// @notice Carry out the proposal. The arguments are the anchor at the proposed index, as it was hashed.
    /// @dev Afterwards the head is that anchor again, so the next one must extend *it*; the count and the accumulator
    ///      stay as they are: voided anchors remain provable, as voided.
    /// @param path from the anchor's leaf to its live peak, lowest first
    function openEpoch(
        uint64 epoch,
        uint64 size,
        bytes32 logRoot,
        bytes32 mapRoot,
        uint64 blockNumber,
        uint64 blockTime,
        bytes32[] calldata path
    ) external;

    // ---------------------------------------------------------------- views

    /// @notice The anchor that the next one must extend, and what has happened so far.
    /// @return size its tree size, 0 before the first anchor
    /// @return logRoot its log root
    /// @return count number of anchors ever made
    /// @return blockTime time of the block that took it, 0 before the first anchor
    /// @return epoch number of epochs opened
    /// @return rotations number of changes of anchorer or guardian
    function head()
        external
        view
        returns (uint64 size, bytes32 logRoot, uint64 count, uint64 blockTime, uint64 epoch, uint64 rotations);

    /// @notice The live peaks of the accumulator over `count` anchors, largest first.
    function accumulator() external view returns (uint64 count, bytes32[] memory peaks);

    /// @notice Root over the anchors 64*group to 64*group+63; zero while the group is incomplete.
    function sealedGroup(uint64 group) external view returns (bytes32 root);

    /// @notice What epoch n (1 to head().epoch) did: anchors keep to first-1 are void. Zeros if
    ///         there is no such epoch.
    function epochs(uint64 n) external view returns (uint64 first, uint64 keep, uint64 openedAt, bytes32 reason);

    /// @notice The proposed epoch; opensAt is 0 if none is proposed.
    function proposedEpoch() external view returns (uint64 index, uint64 opensAt, bytes32 reason);

    /// @notice The key that may anchor.
    function anchorer() external view returns (address);

    /// @notice The key that may replace the anchorer and open an epoch.
    function guardian() external view returns (address);

    /// @notice To whom the guardian's office is offered; zero: to nobody.
    function offeredGuardian() external view returns (address);
}
