// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {NameFacts} from "../contracts/NameFacts.sol";
import {NameRegistry} from "../contracts/NameRegistry.sol";
import {Network} from "./Network.sol";

/// @notice The facts alone: this contract plays the registrar.
contract NameRegistryTest is Network {
    NameRegistry private facts;
    bytes32 private constant NODE = keccak256("node");

    function setUp() public override {
        super.setUp();
        facts = new NameRegistry(address(this));
    }

    function _assign() private {
        facts.assign(NODE, ALICE, uint64(START + TERM), NO_HASH);
    }

    function test_only_the_registrar_sets_owner_and_expiry() public {
        vm.startPrank(ALICE);
        bytes memory refusal =
            abi.encodeWithSelector(NameRegistry.RegistrarMismatch.selector, address(this), ALICE);
        vm.expectRevert(refusal);
        facts.assign(NODE, ALICE, uint64(START + TERM), NO_HASH);
        vm.expectRevert(refusal);
        facts.extend(NODE, uint64(START + TERM));
        vm.expectRevert(refusal);
        facts.transfer(NODE, ALICE);
    }

    function test_even_the_registrar_does_not_set_content() public {
        _assign();
        vm.expectRevert(
            abi.encodeWithSelector(
                NameRegistry.NameWriterMismatch.selector, NODE, ALICE, address(0), address(this)
            )
        );
        facts.setContenthash(NODE, SITE);
        vm.expectRevert(
            abi.encodeWithSelector(NameRegistry.NameOwnerMismatch.selector, NODE, ALICE, address(this))
        );
        facts.setDelegate(NODE, BOB);
    }

    function test_assignment_tells_itself_and_then_its_content() public {
        vm.expectEmit(address(facts));
        emit NameRegistry.NameAssigned(NODE, ALICE, uint64(START + TERM), 1);
        vm.expectEmit(address(facts));
        emit NameRegistry.ContenthashChanged(NODE, SITE, 2);
        uint64 sequence = facts.assign(NODE, ALICE, uint64(START + TERM), SITE);
        vm.assertEq(sequence, 1);
        vm.assertEq(facts.sequence(NODE), 2);
        vm.assertEq(facts.owner(NODE), ALICE);
        vm.assertEq(facts.expiresAt(NODE), START + TERM);
        vm.assertEq(facts.contenthash(NODE), SITE);
        vm.assertEq(facts.zonehash(NODE), NO_HASH);
    }

    function test_every_change_raises_the_sequence_by_one_and_its_event_carries_it() public {
        _assign();
        vm.expectEmit(address(facts));
        emit NameRegistry.NameExtended(NODE, uint64(START + 2 * TERM), 2);
        vm.assertEq(facts.extend(NODE, uint64(START + 2 * TERM)), 2);
        vm.startPrank(ALICE);
        vm.expectEmit(address(facts));
        emit NameRegistry.ContenthashChanged(NODE, SITE, 3);
        facts.setContenthash(NODE, SITE);
        vm.expectEmit(address(facts));
        emit NameRegistry.ZonehashChanged(NODE, RAW, 4);
        facts.setZonehash(NODE, RAW);
        vm.expectEmit(address(facts));
        emit NameRegistry.DelegateChanged(NODE, BOB, 5);
        facts.setDelegate(NODE, BOB);
        vm.stopPrank();
        vm.expectEmit(address(facts));
        emit NameRegistry.NameTransferred(NODE, ALICE, CAROL, 6);
        facts.transfer(NODE, CAROL);
        vm.assertEq(facts.sequence(NODE), 6);
        (address owner, uint64 expiresAt) = facts.term(NODE);
        vm.assertEq(owner, CAROL);
        vm.assertEq(expiresAt, START + 2 * TERM);
        vm.assertEq(facts.contenthash(NODE), SITE);
        vm.assertEq(facts.zonehash(NODE), RAW);
    }

    function test_a_delegate_sets_content_and_zone_and_nothing_else() public {
        _assign();
        vm.prank(ALICE);
        facts.setDelegate(NODE, BOB);
        vm.assertEq(facts.delegate(NODE), BOB);
        vm.startPrank(BOB);
        facts.setContenthash(NODE, SITE);
        facts.setZonehash(NODE, SITE_2);
        vm.expectRevert(abi.encodeWithSelector(NameRegistry.NameOwnerMismatch.selector, NODE, ALICE, BOB));
        facts.setDelegate(NODE, CAROL);
        vm.stopPrank();
        vm.prank(CAROL);
        vm.expectRevert(
            abi.encodeWithSelector(NameRegistry.NameWriterMismatch.selector, NODE, ALICE, BOB, CAROL)
        );
        facts.setContenthash(NODE, SITE);

        vm.prank(ALICE);
        facts.setDelegate(NODE, address(0));
        vm.assertEq(facts.delegate(NODE), address(0));
        vm.prank(BOB);
        vm.expectRevert(
            abi.encodeWithSelector(NameRegistry.NameWriterMismatch.selector, NODE, ALICE, address(0), BOB)
        );
        facts.setZonehash(NODE, NO_HASH);
    }

    function test_a_delegate_does_not_survive_the_owner() public {
        _assign();
        vm.prank(ALICE);
        facts.setDelegate(NODE, BOB);
        facts.transfer(NODE, CAROL);
        vm.assertEq(facts.delegate(NODE), address(0));
        vm.prank(CAROL);
        facts.setDelegate(NODE, BOB);
        vm.warp(START + TERM);
        facts.assign(NODE, ALICE, uint64(START + 2 * TERM), NO_HASH);
        vm.assertEq(facts.delegate(NODE), address(0));
        vm.prank(BOB);
        vm.expectRevert();
        facts.setContenthash(NODE, SITE);
    }

    function test_after_its_term_a_name_says_nothing_and_takes_nothing() public {
        facts.assign(NODE, ALICE, uint64(START + TERM), SITE);
        vm.startPrank(ALICE);
        facts.setZonehash(NODE, RAW);
        facts.setDelegate(NODE, BOB);
        vm.warp(START + TERM - 1);
        facts.setContenthash(NODE, SITE_2);
        vm.warp(START + TERM);
        vm.assertEq(facts.owner(NODE), address(0));
        vm.assertEq(facts.delegate(NODE), address(0));
        vm.assertEq(facts.contenthash(NODE), NO_HASH);
        vm.assertEq(facts.zonehash(NODE), NO_HASH);
        bytes memory refusal =
            abi.encodeWithSelector(NameRegistry.NameExpired.selector, NODE, uint64(START + TERM));
        vm.expectRevert(refusal);
        facts.setContenthash(NODE, SITE);
        vm.expectRevert(refusal);
        facts.setZonehash(NODE, SITE);
        vm.expectRevert(refusal);
        facts.setDelegate(NODE, CAROL);
        (address owner, address delegate, uint64 expiresAt, uint64 sequence, bytes memory site, bytes memory zone) =
            facts.record(NODE);
        vm.assertEq(owner, ALICE);
        vm.assertEq(delegate, BOB);
        vm.assertEq(expiresAt, START + TERM);
        vm.assertEq(sequence, 5);
        vm.assertEq(site, SITE_2);
        vm.assertEq(zone, RAW);
    }

    function test_a_name_that_never_was_is_all_zero() public {
        (address owner, address delegate, uint64 expiresAt, uint64 sequence, bytes memory site, bytes memory zone) =
            facts.record(NODE);
        vm.assertEq(owner, address(0));
        vm.assertEq(delegate, address(0));
        vm.assertEq(uint256(expiresAt) + sequence + site.length + zone.length, 0);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(NameRegistry.NameExpired.selector, NODE, uint64(0)));
        facts.setContenthash(NODE, SITE);
    }

    function test_a_new_owner_finds_nothing_of_the_old_one() public {
        facts.assign(NODE, ALICE, uint64(START + TERM), SITE);
        vm.startPrank(ALICE);
        facts.setZonehash(NODE, hex"0102");
        facts.setDelegate(NODE, CAROL);
        vm.stopPrank();
        vm.warp(START + TERM);
        vm.assertEq(facts.assign(NODE, BOB, uint64(START + 2 * TERM), NO_HASH), 5);
        (,,,, bytes memory site, bytes memory zone) = facts.record(NODE);
        vm.assertEq(site, NO_HASH);
        vm.assertEq(zone, NO_HASH);
        for (uint256 i = 1; i < 6; ++i) vm.assertEq(_slot(i), bytes32(0));
    }

    function test_long_hashes_are_refused() public {
        _assign();
        bytes memory longest = new bytes(128);
        vm.startPrank(ALICE);
        facts.setContenthash(NODE, longest);
        vm.assertEq(facts.contenthash(NODE), longest);
        bytes memory refusal =
            abi.encodeWithSelector(NameFacts.HashLengthInvalid.selector, uint256(129), uint256(128));
        vm.expectRevert(refusal);
        facts.setContenthash(NODE, new bytes(129));
        vm.expectRevert(refusal);
        facts.setZonehash(NODE, new bytes(129));
        vm.stopPrank();
        vm.expectRevert(refusal);
        facts.assign(NODE, ALICE, uint64(START + TERM), new bytes(129));
    }

    function test_an_instant_past_40_bits_is_refused() public {
        vm.expectRevert();
        facts.assign(NODE, ALICE, uint64(1) << 40, NO_HASH);
        vm.expectRevert();
        facts.extend(NODE, uint64(1) << 40);
    }

    /// @dev Any row of hashes, of every kind and in any order, reads back, and leaves no slot that its kind does not
    /// call for.
    function testFuzz_hashes_read_back_whatever_was_there_before(bytes[4] calldata texts, uint256 choice) public {
        _assign();
        vm.startPrank(ALICE);
        for (uint256 i = 0; i < 8; ++i) {
            bytes memory hash = _hashOf(texts[i % 4], (choice >> (8 * i)) % 8);
            facts.setContenthash(NODE, hash);
            vm.assertEq(facts.contenthash(NODE), hash);
            bytes memory zone = _hashOf(texts[(i + 1) % 4], (choice >> (8 * i + 4)) % 8);
            facts.setZonehash(NODE, zone);
            vm.assertEq(facts.zonehash(NODE), zone);
            vm.assertEq(facts.contenthash(NODE), hash);
            _checkSlots(hash, 0);
            _checkSlots(zone, 1);
        }
        vm.assertEq(facts.sequence(NODE), 17);
    }

    /// @dev The table at the head of NameRegistry.sol, slot by slot: what storage proofs are read by.
    function test_storage_is_laid_out_as_the_comment_says() public {
        facts.assign(NODE, ALICE, uint64(START + TERM), SITE);
        vm.startPrank(ALICE);
        facts.setZonehash(NODE, RAW);
        facts.setDelegate(NODE, BOB);
        uint256 word = uint160(ALICE) | ((START + TERM) << 160) | (uint256(4) << 200);
        vm.assertEq(_slot(0), bytes32(word | (uint256(1 | (2 << 2) | (1 << 4)) << 248)));
        vm.assertEq(_slot(1), bytes32(uint256(uint160(BOB))));
        vm.assertEq(_slot(2), bytes32(hex"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
        vm.assertEq(_slot(3), bytes32(hex"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"));
        vm.assertEq(_slot(4), bytes32(0));
        vm.assertEq(_slot(5), bytes32(0));

        bytes memory long = abi.encodePacked(bytes32(uint256(1)), bytes8(uint64(2)));
        facts.setContenthash(NODE, hex"0102");
        facts.setZonehash(NODE, long);
        facts.setDelegate(NODE, address(0));
        word = uint160(ALICE) | ((START + TERM) << 160) | (uint256(7) << 200);
        vm.assertEq(_slot(0), bytes32(word | (uint256(3 | (3 << 2)) << 248)));
        for (uint256 i = 1; i < 4; ++i) vm.assertEq(_slot(i), bytes32(0));
        vm.assertEq(_slot(4), bytes32(uint256(0x0102) << 240 | 2 * 2));
        vm.assertEq(_slot(5), bytes32(uint256(2 * long.length + 1)));
        uint256 data = uint256(keccak256(abi.encode(_base() + 5)));
        vm.assertEq(vm.load(address(facts), bytes32(data)), bytes32(uint256(1)));
        vm.assertEq(vm.load(address(facts), bytes32(data + 1)), bytes32(uint256(2) << 192));
    }

    function test_ens_tools_find_the_profile_they_look_for() public view {
        vm.assertTrue(facts.supportsInterface(0x01ffc9a7), "ERC-165");
        vm.assertTrue(facts.supportsInterface(0xbc1c58d1), "contenthash(bytes32)");
        vm.assertFalse(facts.supportsInterface(0xffffffff), "never");
        vm.assertEq(uint256(uint32(NameRegistry.contenthash.selector)), 0xbc1c58d1);
    }

    function _base() private pure returns (uint256) {
        return uint256(keccak256(abi.encode(NODE, uint256(0))));
    }

    function _slot(uint256 place) private view returns (bytes32) {
        return vm.load(address(facts), bytes32(_base() + place));
    }

    function _hashOf(bytes calldata text, uint256 kind) private pure returns (bytes memory) {
        if (kind == 0) return "";
        if (kind < 3) return abi.encodePacked(bytes6(0xe30101701220), keccak256(text));
        if (kind < 5) return abi.encodePacked(bytes6(0xe30101551220), keccak256(text));
        if (kind == 5) return abi.encodePacked(bytes6(0xe30101711220), keccak256(text));
        return text[:text.length < 128 ? text.length : 128];
    }

    function _checkSlots(bytes memory hash, uint256 which) private view {
        bool digest = hash.length == 38 && (bytes6(hash) == 0xe30101701220 || bytes6(hash) == 0xe30101551220);
        if (!digest) vm.assertEq(_slot(2 + which), bytes32(0));
        if (digest || hash.length == 0) vm.assertEq(_slot(4 + which), bytes32(0));
    }
}
