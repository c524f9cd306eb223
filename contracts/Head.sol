// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The head of the log on chain, all but its root, in one slot; and the three things that can happen to it
/// @dev size(64) | count(64) | blockTime(64) | epoch(32) | rotations(32), from the lowest bit. Packed by hand because
///      the compiler stores a packed struct member by member, which costs 900 gas more at each anchor.
type Head is uint256;

using {size, count, blockTime, epoch, rotations, anchored, restarted, rotated} for Head global;

function size(Head h) pure returns (uint64) {
    return uint64(Head.unwrap(h));
}

function count(Head h) pure returns (uint64) {
    return uint64(Head.unwrap(h) >> 64);
}

function blockTime(Head h) pure returns (uint64) {
    return uint64(Head.unwrap(h) >> 128);
}

function epoch(Head h) pure returns (uint32) {
    return uint32(Head.unwrap(h) >> 192);
}

function rotations(Head h) pure returns (uint32) {
    return uint32(Head.unwrap(h) >> 224);
}

/// @notice One more anchor, of this size, at this time.
function anchored(Head h, uint64 size_, uint64 time) pure returns (Head) {
    // The count cannot reach 2^64: each anchor is a transaction.
    unchecked {
        return _pack(size_, h.count() + 1, time, h.epoch(), h.rotations());
    }
}

/// @notice A new epoch that goes on from the anchor of this size and time. The count stays: no index is used twice.
function restarted(Head h, uint64 size_, uint64 time) pure returns (Head) {
    return _pack(size_, h.count(), time, h.epoch() + 1, h.rotations());
}

/// @notice A key was replaced.
function rotated(Head h) pure returns (Head) {
    return _pack(h.size(), h.count(), h.blockTime(), h.epoch(), h.rotations() + 1);
}

function _pack(uint64 size_, uint64 count_, uint64 time, uint32 epoch_, uint32 rotations_) pure returns (Head) {
    return Head.wrap(
        size_ | uint256(count_) << 64 | uint256(time) << 128 | uint256(epoch_) << 192 | uint256(rotations_) << 224
    );
}
