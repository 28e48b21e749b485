// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";

/// @notice What INXT is not: a token that calls somebody in the middle of a transfer.
contract HookedToken is ERC20Burnable {
    address private _target;
    bytes private _call;
    /// @notice What the call in the middle answered.
    bytes public answer;
    bool public succeeded;
    bool public called;

    constructor() ERC20("Hooked", "HOOK") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function arm(address target, bytes calldata data) external {
        (_target, _call) = (target, data);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        address target = _target;
        if (target == address(0)) return;
        delete _target;
        called = true;
        (succeeded, answer) = target.call(_call);
    }
}
