// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {InxtToken} from "./InxtToken.sol";

/// @title A contract that is paid in INXT.
/// @author The INXT authors
/// @notice The payer approves first, or signs a permit and sends it along: `multicall([permit(…), register(…)])`.
abstract contract InxtSpender is Multicall, ReentrancyGuardTransient {
    /// @notice INXT.
    InxtToken public immutable token;

    /// @notice Fixes what is paid in.
    /// @param token_ INXT
    constructor(InxtToken token_) {
        token = token_;
    }

    /// @notice Uses the caller's EIP-2612 permit to this contract.
    /// @dev Whoever sees the permit may send it first; the allowance is then there already, so a failure here is
    /// none. Without an allowance the payment itself fails.
    /// @param value The allowance in INXT wei
    /// @param deadline Until when the permit holds, in seconds since the epoch
    /// @param v Of the signature
    /// @param r Of the signature
    /// @param s Of the signature
    function permit(uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        // solhint-disable-next-line no-empty-blocks
        try IERC20Permit(address(token)).permit(msg.sender, address(this), value, deadline, v, r, s) {} catch {}
    }
}
