// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Rfc6962} from "./Rfc6962.sol";

/// @title What happened on a LotAnchor, remembered whole; nothing here is read back from the contract
/// @dev `log` is the log that the newest live anchor stands for. An epoch cuts it back; what grows then is another one.
contract Past {
    struct Made {
        uint64 epoch;
        uint64 size;
        bytes32 logRoot;
        bytes32 mapRoot;
        uint64 number;
        uint64 time;
    }

    struct Opened {
        uint64 first;
        uint64 keep;
        uint64 proposedAt;
        uint64 openedAt;
    }

    bytes32[] public log;
    Made[] internal _made;
    Opened[] internal _opened;
    uint64 public proposedAt;
    uint256 private _salt;

    /// @notice Entries that nobody has seen before.
    function fresh(uint256 number) public returns (bytes32[] memory entries) {
        entries = new bytes32[](number);
        for (uint256 i; i < number; ++i) entries[i] = sha256(abi.encodePacked(hex"00", ++_salt));
    }

    function anchors() public view returns (uint256) {
        return _made.length;
    }

    function made(uint256 index) public view returns (Made memory) {
        return _made[index];
    }

    function opened() public view returns (Opened[] memory) {
        return _opened;
    }

    /// @notice Leaf hash of an anchor, ledger format §6.
    function leaf(Made memory m) public pure returns (bytes32) {
        return sha256(abi.encodePacked(hex"00", m.epoch, m.size, m.logRoot, m.mapRoot, m.number, m.time));
    }

    function leaves() public view returns (bytes32[] memory all) {
        all = new bytes32[](_made.length);
        for (uint256 i; i < all.length; ++i) all[i] = leaf(_made[i]);
    }

    /// @notice The newest anchor that no epoch voided; false if there is none.
    function live() public view returns (bool any, Made memory newest) {
        for (uint256 i = _made.length; i > 0; --i) {
            if (!voided(i - 1)) return (true, _made[i - 1]);
        }
    }

    function voided(uint256 index) public view returns (bool) {
        for (uint256 n; n < _opened.length; ++n) {
            if (_opened[n].keep <= index && index < _opened[n].first) return true;
        }
        return false;
    }

    /// @notice The anchored log, grown by these entries.
    function grown(bytes32[] memory entries) public view returns (bytes32[] memory all) {
        all = new bytes32[](log.length + entries.length);
        for (uint256 i; i < log.length; ++i) all[i] = log[i];
        for (uint256 i; i < entries.length; ++i) all[log.length + i] = entries[i];
    }

    function _anchored(bytes32[] memory all, uint256 size, bytes32 mapRoot) internal {
        bytes32 root = Rfc6962.mth(all, 0, size);
        _made.push(
            Made(uint64(_opened.length), uint64(size), root, mapRoot, uint64(block.number), uint64(block.timestamp))
        );
        for (uint256 i = log.length; i < size; ++i) log.push(all[i]);
    }

    function _proposed() internal {
        proposedAt = uint64(block.timestamp);
    }

    function _restarted(uint256 index) internal {
        uint64 now_ = uint64(block.timestamp);
        _opened.push(Opened(uint64(_made.length), uint64(index + 1), proposedAt, now_));
        for (uint256 size = log.length; size > _made[index].size; --size) log.pop();
    }
}
