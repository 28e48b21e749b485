// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {ERC20Capped} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Capped.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title INXT: what names, stakes and services are paid in.
/// @author The INXT authors
/// @notice ERC-20 with 18 decimals and EIP-2612 permits, up to a cap.
/// @dev One address mints, for ever, and it is fixed at deployment: the TokenSale in production, an account of the
/// developer's on a development chain. There is no role to grant and nothing to switch off later.
contract InxtToken is ERC20Capped, ERC20Burnable, ERC20Permit {
    /// @notice The only one who mints.
    address public immutable minter;

    /// @notice Only the minter may do this.
    /// @param minter Who may
    /// @param caller Who tried
    error MinterMismatch(address minter, address caller);

    /// @notice Fixes minter and cap, for ever.
    /// @param minter_ The only one who mints; its address may be computed before it is deployed
    /// @param cap_ The most that may exist at one time, in INXT wei
    constructor(address minter_, uint256 cap_) ERC20("INXT", "INXT") ERC20Permit("INXT") ERC20Capped(cap_) {
        minter = minter_;
    }

    /// @notice Makes tokens.
    /// @param to Who gets them
    /// @param amount How many, in INXT wei
    function mint(address to, uint256 amount) external {
        if (msg.sender != minter) revert MinterMismatch(minter, msg.sender);
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Capped) {
        super._update(from, to, value);
    }
}
