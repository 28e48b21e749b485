// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {NameRegistrar} from "../contracts/NameRegistrar.sol";
import {Network} from "./Network.sol";

/// @notice Permission to pay and registration in one transaction (EIP-2612).
contract NamePermitTest is Network {
    function test_a_permit_and_a_registration_fit_one_transaction() public {
        uint256 key = 0x5EED;
        address dora = vm.addr(key);
        token.mint(dora, 5 * INXT);
        _commit("onestep", dora, 1, SITE);
        bytes[] memory calls = new bytes[](2);
        calls[0] = _permit(key, 5 * INXT);
        calls[1] = abi.encodeCall(NameRegistrar.register, ("onestep", dora, 1, SECRET, SITE));
        vm.prank(dora);
        registrar.multicall(calls);
        vm.assertEq(registry.owner(_node("onestep")), dora);
        vm.assertEq(token.balanceOf(dora), 0);
    }

    function test_a_permit_that_somebody_sent_first_does_no_harm() public {
        uint256 key = 0x5EED;
        address dora = vm.addr(key);
        token.mint(dora, 5 * INXT);
        _commit("griefed", dora, 1, SITE);
        bytes[] memory calls = new bytes[](2);
        calls[0] = _permit(key, 5 * INXT);
        calls[1] = abi.encodeCall(NameRegistrar.register, ("griefed", dora, 1, SECRET, SITE));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _permitDigest(dora, 5 * INXT));
        vm.prank(BOB);
        token.permit(dora, address(registrar), 5 * INXT, block.timestamp + 1 hours, v, r, s);
        vm.prank(dora);
        registrar.multicall(calls);
        vm.assertEq(registry.owner(_node("griefed")), dora);
    }

    function _permitDigest(address owner, uint256 value) private view returns (bytes32) {
        bytes32 typehash = keccak256(
            "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
        );
        bytes32 struct_ = keccak256(
            abi.encode(typehash, owner, address(registrar), value, token.nonces(owner), block.timestamp + 1 hours)
        );
        return keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), struct_));
    }

    function _permit(uint256 key, uint256 value) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _permitDigest(vm.addr(key), value));
        return abi.encodeWithSignature(
            "permit(uint256,uint256,uint8,bytes32,bytes32)", value, block.timestamp + 1 hours, v, r, s
        );
    }
}
