// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Network} from "./Network.sol";

/// @notice What forge's invariant runs ask of a test: whom to call, and how.
/// @dev A world sets the contracts up, offers actions, and keeps a model of what must be true. Every action decides by
/// the model whether the contract has to accept it, and expects the refusal otherwise: `fail_on_revert` is on.
abstract contract Invariants {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_world());
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_world()), _actions());
    }

    function _world() internal view virtual returns (Network);

    function _actions() internal pure virtual returns (bytes4[] memory);
}

/// @notice Three people, chosen by a number.
abstract contract World is Network {
    function _person(uint256 seed) internal pure returns (address) {
        return [ALICE, BOB, CAROL][seed % 3];
    }

    /// @notice Time passes, sometimes seconds, sometimes months.
    function wait(uint256 seed) external {
        uint256[4] memory spans = [uint256(2 minutes), 1 days, 20 days, 200 days];
        vm.warp(block.timestamp + _between(seed >> 2, 1, spans[seed % 4]));
    }

    /// @dev The next call must be refused, unless the model says that it must not.
    function _expect(bool accepted) internal {
        if (!accepted) vm.expectRevert();
    }
}
