// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20Capped} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Capped.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {InxtToken} from "../contracts/InxtToken.sol";
import {Network} from "./Network.sol";

/// @notice What we added to OpenZeppelin's token, and that its parts are there.
contract InxtTokenTest is Network {
    function test_it_introduces_itself() public view {
        vm.assertEq(token.name(), "INXT");
        vm.assertEq(token.symbol(), "INXT");
        vm.assertEq(token.decimals(), 18);
        vm.assertEq(token.cap(), 50_832_500 * INXT);
        vm.assertEq(token.minter(), address(this));
    }

    function test_only_the_minter_mints() public {
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(InxtToken.MinterMismatch.selector, address(this), ALICE));
        token.mint(ALICE, 1);
    }

    function test_the_cap_holds() public {
        uint256 left = token.cap() - token.totalSupply();
        token.mint(BOB, left);
        vm.expectRevert(
            abi.encodeWithSelector(ERC20Capped.ERC20ExceededCap.selector, token.cap() + 1, token.cap())
        );
        token.mint(BOB, 1);
        vm.prank(BOB);
        token.burn(1);
        token.mint(BOB, 1);
    }

    function test_a_permit_is_used_once_and_in_time() public {
        uint256 key = 0x5EED;
        address dora = vm.addr(key);
        bytes32 typehash = keccak256(
            "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
        );
        bytes32 content = keccak256(abi.encode(typehash, dora, BOB, uint256(7), uint256(0), START));
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(key, keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), content)));
        vm.warp(START + 1);
        vm.expectRevert(abi.encodeWithSelector(ERC20Permit.ERC2612ExpiredSignature.selector, START));
        token.permit(dora, BOB, 7, START, v, r, s);
        vm.warp(START);
        token.permit(dora, BOB, 7, START, v, r, s);
        vm.assertEq(token.allowance(dora, BOB), 7);
        vm.expectRevert();
        token.permit(dora, BOB, 7, START, v, r, s);
    }
}
