// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {DomainClaims} from "../contracts/DomainClaims.sol";
import {Labels} from "../contracts/Labels.sol";
import {Network} from "./Network.sol";

/// @notice Claims of domains.
contract DomainClaimsTest is Network {
    bytes32 private constant EXAMPLE = keccak256(hex"076578616d706c6503636f6d00");
    bytes32 private constant SITE_NODE = keccak256("site");

    function test_the_key_is_the_hash_of_the_wire_format() public view {
        vm.assertEq(claims.domainOf("example.com"), EXAMPLE);
        vm.assertEq(claims.domainOf("a"), keccak256(hex"016100"));
        vm.assertEq(claims.domainOf("xn--bcher-kva.b-c.d"), keccak256("\x0dxn--bcher-kva\x03b-c\x01d\x00"));
    }

    function test_several_may_claim_the_same_domain_each_with_a_token() public {
        bytes16 alices = bytes16(keccak256(abi.encodePacked(EXAMPLE, ALICE)));
        vm.assertEq(bytes32(claims.tokenOf(EXAMPLE, ALICE)), bytes32(alices));
        vm.expectEmit(address(claims));
        emit DomainClaims.DomainClaimed(EXAMPLE, ALICE, SITE_NODE, "example.com", alices);
        vm.prank(ALICE);
        vm.assertEq(claims.claim("example.com", SITE_NODE), EXAMPLE);
        vm.prank(BOB);
        claims.claim("example.com", keccak256("bobs"));
        vm.assertEq(claims.siteOf(EXAMPLE, ALICE), SITE_NODE);
        vm.assertEq(claims.siteOf(EXAMPLE, BOB), keccak256("bobs"));
        vm.assertFalse(claims.tokenOf(EXAMPLE, BOB) == alices, "tokens differ by owner");
        vm.assertFalse(claims.tokenOf(SITE_NODE, ALICE) == alices, "tokens differ by domain");
    }

    function test_a_claim_is_changed_and_taken_back_by_its_owner() public {
        vm.startPrank(ALICE);
        claims.claim("example.com", SITE_NODE);
        claims.claim("example.com", keccak256("other"));
        vm.assertEq(claims.siteOf(EXAMPLE, ALICE), keccak256("other"));
        vm.stopPrank();
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(DomainClaims.DomainUnclaimed.selector, EXAMPLE, BOB));
        claims.release(EXAMPLE);
        vm.startPrank(ALICE);
        vm.expectEmit(address(claims));
        emit DomainClaims.DomainReleased(EXAMPLE, ALICE);
        claims.release(EXAMPLE);
        vm.assertEq(claims.siteOf(EXAMPLE, ALICE), bytes32(0));
        vm.expectRevert(abi.encodeWithSelector(DomainClaims.DomainUnclaimed.selector, EXAMPLE, ALICE));
        claims.release(EXAMPLE);
        vm.expectRevert(DomainClaims.SiteZero.selector);
        claims.claim("example.com", 0);
    }

    function test_bad_domains_are_refused_with_what_is_wrong() public {
        bytes4 length = Labels.LabelLengthInvalid.selector;
        _refuses("", abi.encodeWithSelector(DomainClaims.DomainLengthInvalid.selector, uint256(2)));
        _refuses(".", abi.encodeWithSelector(length, uint256(0)));
        _refuses("a..b", abi.encodeWithSelector(length, uint256(0)));
        _refuses("example.com.", abi.encodeWithSelector(length, uint256(0)));
        _refuses("Example.com", _character(0, "E"));
        _refuses("example.co_m", _character(2, "_"));
        _refuses("a.-b", _character(0, "-"));
        _refuses("a.b-.c", _character(1, "-"));
        _refuses(unicode"bücher.com", _character(1, 0xc3));
        string memory l63 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        _refuses(string.concat(l63, "a.b"), abi.encodeWithSelector(length, uint256(64)));
        string memory l191 = string.concat(l63, ".", l63, ".", l63, ".");
        string memory l61 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        claims.domainOf(string.concat(l191, l61));
        _refuses(
            string.concat(l191, l61, "a"),
            abi.encodeWithSelector(DomainClaims.DomainLengthInvalid.selector, uint256(256))
        );
    }

    function _refuses(string memory name, bytes memory refusal) private {
        vm.expectRevert(refusal);
        claims.claim(name, SITE_NODE);
    }

    function _character(uint256 position, bytes1 character) private pure returns (bytes memory) {
        return abi.encodeWithSelector(Labels.LabelCharacterInvalid.selector, position, character);
    }
}
