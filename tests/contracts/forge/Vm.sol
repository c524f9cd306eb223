// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The few cheat codes that these tests use, as both forge and halmos know them
interface Vm {
    function prank(address sender) external;
    function warp(uint256 time) external;
    function roll(uint256 number) external;
    function assume(bool condition) external pure;
    function etch(address where, bytes calldata code) external;
    function store(address where, bytes32 slot, bytes32 value) external;
    function record() external;
    function accesses(address where) external returns (bytes32[] memory reads, bytes32[] memory writes);
    function snapshotState() external returns (uint256 id);
    function revertToState(uint256 id) external returns (bool done);
    function envString(string calldata name) external view returns (string memory value);
    function toString(bytes32 value) external pure returns (string memory text);
    function toString(uint256 value) external pure returns (string memory text);
    function writeLine(string calldata path, string calldata line) external;
}

/// @title halmos's own: every slot of this contract may hold anything
interface Svm {
    function enableSymbolicStorage(address where) external;
}

Svm constant svm = Svm(address(uint160(uint256(keccak256("svm cheat code")))));
Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
