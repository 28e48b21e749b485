// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice The cheat codes of forge that these tests use. forge-std is not on npm from its authors, and this is all
/// that would be used of it.
interface Vm {
    function warp(uint256 timestamp) external;
    function deal(address who, uint256 balanceWei) external;
    function prank(address sender) external;
    function startPrank(address sender) external;
    function stopPrank() external;
    function expectRevert() external;
    function expectRevert(bytes calldata data) external;
    function expectRevert(bytes4 selector) external;
    function expectEmit(address emitter) external;
    function expectEmit(bool topic1, bool topic2, bool topic3, bool data, address emitter) external;
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function addr(uint256 key) external pure returns (address);
    function load(address target, bytes32 slot) external view returns (bytes32);
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
    function getNonce(address who) external view returns (uint64);
    function assertTrue(bool condition, string calldata what) external pure;
    function assertFalse(bool condition, string calldata what) external pure;
    function assertEq(uint256 left, uint256 right) external pure;
    function assertEq(uint256 left, uint256 right, string calldata what) external pure;
    function assertEq(address left, address right) external pure;
    function assertEq(bytes32 left, bytes32 right) external pure;
    function assertEq(bytes calldata left, bytes calldata right) external pure;
    function assertEq(string calldata left, string calldata right) external pure;
    function assertApproxEqRel(uint256 left, uint256 right, uint256 relative) external pure;
}
