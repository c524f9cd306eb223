// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title RFC 6962 §2.1 word by word: recursive, quadratic, and unlike the contract's bits
library Rfc6962 {
    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(hex"01", left, right));
    }

    /// @notice MTH(D[start:end]) of leaf hashes, start < end.
    function mth(bytes32[] memory d, uint256 start, uint256 end) internal pure returns (bytes32) {
        if (end - start == 1) return d[start];
        uint256 k = split(end - start);
        return node(mth(d, start, start + k), mth(d, start + k, end));
    }

    /// @notice PROOF(m, D[n]), 0 < m < n = the number of leaves.
    function proof(uint256 m, bytes32[] memory d, uint256 n) internal pure returns (bytes32[] memory) {
        return _subproof(m, d, 0, n, true);
    }

    /// @notice From leaf `index` up to the peak above it, lowest first; the tree falls into peaks, largest first.
    function pathToPeak(bytes32[] memory d, uint256 index) internal pure returns (bytes32[] memory) {
        uint256 start;
        uint256 size = largestPower(d.length);
        while (index >= start + size) {
            start += size;
            size = largestPower(d.length - start);
        }
        return _path(d, index, start, start + size);
    }

    /// @notice The peaks, largest first.
    function peaks(bytes32[] memory d) internal pure returns (bytes32[] memory found) {
        for (uint256 start; start < d.length;) {
            uint256 size = largestPower(d.length - start);
            found = _appended(found, mth(d, start, start + size));
            start += size;
        }
    }

    /// @notice The largest power of two smaller than n, for n > 1.
    function split(uint256 n) internal pure returns (uint256 k) {
        for (k = 1; 2 * k < n;) k *= 2;
    }

    /// @notice The largest power of two up to n, for n > 0.
    function largestPower(uint256 n) internal pure returns (uint256 k) {
        for (k = 1; 2 * k <= n;) k *= 2;
    }

    function _subproof(uint256 m, bytes32[] memory d, uint256 start, uint256 end, bool complete)
        private
        pure
        returns (bytes32[] memory)
    {
        uint256 n = end - start;
        bytes32[] memory none;
        if (m == n) return complete ? none : _appended(none, mth(d, start, end));
        uint256 k = split(n);
        if (m <= k) return _appended(_subproof(m, d, start, start + k, complete), mth(d, start + k, end));
        return _appended(_subproof(m - k, d, start + k, end, false), mth(d, start, start + k));
    }

    function _path(bytes32[] memory d, uint256 index, uint256 start, uint256 end)
        private
        pure
        returns (bytes32[] memory none)
    {
        if (end - start == 1) return none;
        uint256 middle = start + (end - start) / 2;
        if (index < middle) return _appended(_path(d, index, start, middle), mth(d, middle, end));
        return _appended(_path(d, index, middle, end), mth(d, start, middle));
    }

    function _appended(bytes32[] memory list, bytes32 last) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i; i < list.length; ++i) longer[i] = list[i];
        longer[list.length] = last;
    }
}
