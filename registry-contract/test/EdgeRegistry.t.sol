// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EdgeRegistry} from "../contracts/EdgeRegistry.sol";
import {InxtToken} from "../contracts/InxtToken.sol";
import {HookedToken} from "./HookedToken.sol";
import {Network} from "./Network.sol";

/// @notice Entries, stakes, leaving, and being punished.
contract EdgeRegistryTest is Network {
    bytes32 private constant KEY = keccak256("edge");
    address private constant OPERATOR = address(0x09E7A702);

    function _enter() private {
        vm.prank(ALICE);
        edges.register(KEY, OPERATOR, _endpoint(), STAKE_MIN);
    }

    function test_an_edge_enters_with_its_stake() public {
        uint256 before = token.balanceOf(ALICE);
        vm.expectEmit(address(edges));
        emit EdgeRegistry.EdgeRegistered(KEY, ALICE, OPERATOR, 0x7f000101, 0, 53, 80, 443, 4001, STAKE_MIN);
        _enter();
        vm.assertEq(before - token.balanceOf(ALICE), STAKE_MIN);
        vm.assertEq(token.balanceOf(address(edges)), STAKE_MIN);
        EdgeRegistry.Edge memory edge = edges.edge(KEY);
        vm.assertEq(edge.owner, ALICE);
        vm.assertEq(edge.stake, STAKE_MIN);
        vm.assertEq(edge.operatorKey, OPERATOR);
        vm.assertEq(bytes32(edge.ipv4), bytes32(bytes4(0x7f000101)));
        vm.assertEq(bytes32(edge.ipv6), bytes32(0));
        vm.assertEq(uint256(edge.dnsPort) + edge.httpPort + edge.httpsPort + edge.overlayPort, 53 + 80 + 443 + 4001);
        vm.assertEq(edge.withdrawableAt, 0);
        vm.assertTrue(edges.isAnswerable(KEY, OPERATOR), "its operator key");
        vm.assertFalse(edges.isAnswerable(KEY, ALICE), "no other key");
    }

    function test_an_entry_is_refused_with_what_is_wrong() public {
        vm.startPrank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(EdgeRegistry.EdgeKeyInvalid.selector, bytes32(0), OPERATOR));
        edges.register(0, OPERATOR, _endpoint(), STAKE_MIN);
        vm.expectRevert(abi.encodeWithSelector(EdgeRegistry.EdgeKeyInvalid.selector, KEY, address(0)));
        edges.register(KEY, address(0), _endpoint(), STAKE_MIN);
        vm.expectRevert(
            abi.encodeWithSelector(EdgeRegistry.EdgeStakeInvalid.selector, STAKE_MIN - 1, STAKE_MIN)
        );
        edges.register(KEY, OPERATOR, _endpoint(), STAKE_MIN - 1);
        for (uint256 i = 0; i < 4; ++i) {
            EdgeRegistry.Endpoint memory bad = _endpoint();
            if (i == 0) bad.ipv4 = 0;
            if (i == 1) bad.dnsPort = 0;
            if (i == 2) bad.httpPort = 0;
            if (i == 3) bad.overlayPort = 0;
            vm.expectRevert(abi.encodeWithSelector(EdgeRegistry.EdgeEndpointInvalid.selector, bad));
            edges.register(KEY, OPERATOR, bad, STAKE_MIN);
        }
        EdgeRegistry.Endpoint memory six = EdgeRegistry.Endpoint(0, bytes16(uint128(1)), 53, 80, 0, 4001);
        edges.register(KEY, OPERATOR, six, STAKE_MIN);
        vm.expectRevert(abi.encodeWithSelector(EdgeRegistry.EdgeTaken.selector, KEY, ALICE));
        edges.register(KEY, OPERATOR, six, STAKE_MIN);
        vm.stopPrank();
        vm.prank(address(0xDEAD));
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, address(edges), uint256(0), uint256(STAKE_MIN)
            )
        );
        edges.register(keccak256("poor"), OPERATOR, six, STAKE_MIN);
    }

    function test_an_entry_is_its_owners_to_change() public {
        _enter();
        EdgeRegistry.Endpoint memory other = EdgeRegistry.Endpoint(0x01020304, bytes16(uint128(6)), 1, 2, 0, 4);
        vm.expectEmit(address(edges));
        emit EdgeRegistry.EdgeRegistered(
            KEY, ALICE, BOB, 0x01020304, bytes16(uint128(6)), 1, 2, 0, 4, STAKE_MIN
        );
        vm.prank(ALICE);
        edges.update(KEY, BOB, other);
        bytes memory refusal =
            abi.encodeWithSelector(EdgeRegistry.EdgeOwnerMismatch.selector, KEY, ALICE, BOB);
        vm.startPrank(BOB);
        vm.expectRevert(refusal);
        edges.update(KEY, BOB, other);
        vm.expectRevert(refusal);
        edges.addStake(KEY, 1);
        vm.expectRevert(refusal);
        edges.unbond(KEY);
        vm.expectRevert(refusal);
        edges.withdraw(KEY);
        bytes32 none = keccak256("none");
        refusal = abi.encodeWithSelector(EdgeRegistry.EdgeUnknown.selector, none);
        vm.expectRevert(refusal);
        edges.update(none, BOB, other);
        vm.expectRevert(refusal);
        edges.withdraw(none);
        vm.stopPrank();
        other.dnsPort = 0;
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(EdgeRegistry.EdgeEndpointInvalid.selector, other));
        edges.update(KEY, BOB, other);
    }

    function test_a_key_that_was_replaced_answers_for_a_while() public {
        _enter();
        vm.startPrank(ALICE);
        edges.update(KEY, OPERATOR, _endpoint());
        edges.update(KEY, BOB, _endpoint());
        vm.assertTrue(edges.isAnswerable(KEY, OPERATOR), "at once after");
        vm.assertTrue(edges.isAnswerable(KEY, BOB), "the new one");
        vm.warp(START + UNBONDING - 1);
        vm.assertTrue(edges.isAnswerable(KEY, OPERATOR), "until the term is over");
        vm.warp(START + UNBONDING);
        vm.assertFalse(edges.isAnswerable(KEY, OPERATOR), "and no longer");
        edges.update(KEY, CAROL, _endpoint());
        edges.unbond(KEY);
        vm.warp(START + 2 * UNBONDING);
        edges.withdraw(KEY);
        vm.assertFalse(edges.isAnswerable(KEY, BOB), "nobody answers for an edge that is gone");
        vm.stopPrank();
        vm.prank(BOB);
        edges.register(KEY, BOB, _endpoint(), STAKE_MIN);
        vm.assertFalse(edges.isAnswerable(KEY, CAROL), "nor does a key of its former life");
    }

    function test_a_stake_grows() public {
        _enter();
        vm.startPrank(ALICE);
        vm.expectEmit(address(edges));
        emit EdgeRegistry.EdgeRegistered(KEY, ALICE, OPERATOR, 0x7f000101, 0, 53, 80, 443, 4001, STAKE_MIN + 5);
        edges.addStake(KEY, 5);
        vm.assertEq(edges.edge(KEY).stake, STAKE_MIN + 5);
        vm.assertEq(token.balanceOf(address(edges)), STAKE_MIN + 5);
    }

    function test_a_stake_comes_back_once_and_late() public {
        _enter();
        uint256 before = token.balanceOf(ALICE);
        vm.startPrank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(EdgeRegistry.EdgeBonded.selector, KEY, uint64(0)));
        edges.withdraw(KEY);
        vm.expectEmit(address(edges));
        emit EdgeRegistry.EdgeUnbonding(KEY, ALICE, uint64(START + UNBONDING));
        edges.unbond(KEY);
        bytes memory left =
            abi.encodeWithSelector(EdgeRegistry.EdgeLeft.selector, KEY, uint64(START + UNBONDING));
        vm.expectRevert(left);
        edges.unbond(KEY);
        vm.expectRevert(left);
        edges.update(KEY, OPERATOR, _endpoint());
        vm.expectRevert(left);
        edges.addStake(KEY, 1);
        vm.warp(START + UNBONDING - 1);
        vm.expectRevert(
            abi.encodeWithSelector(EdgeRegistry.EdgeBonded.selector, KEY, uint64(START + UNBONDING))
        );
        edges.withdraw(KEY);
        vm.warp(START + UNBONDING);
        vm.expectEmit(address(edges));
        emit EdgeRegistry.EdgeRemoved(KEY, ALICE, STAKE_MIN);
        edges.withdraw(KEY);
        vm.assertEq(token.balanceOf(ALICE) - before, STAKE_MIN);
        vm.expectRevert(abi.encodeWithSelector(EdgeRegistry.EdgeUnknown.selector, KEY));
        edges.withdraw(KEY);
        vm.assertEq(token.balanceOf(address(edges)), 0);
    }

    function test_only_the_policy_takes_stakes_and_not_more_than_there_is() public {
        _enter();
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(EdgeRegistry.PolicyMismatch.selector, address(policy), ALICE));
        edges.slash(KEY, 1, ALICE, 1);
        bytes4 invalid = EdgeRegistry.SlashInvalid.selector;
        vm.startPrank(address(policy));
        vm.expectRevert(abi.encodeWithSelector(invalid, KEY, STAKE_MIN + 1, uint96(0), STAKE_MIN));
        edges.slash(KEY, STAKE_MIN + 1, BOB, 0);
        vm.expectRevert(abi.encodeWithSelector(invalid, KEY, uint96(1), uint96(2), STAKE_MIN));
        edges.slash(KEY, 1, BOB, 2);
        vm.expectEmit(address(edges));
        emit EdgeRegistry.EdgeSlashed(KEY, BOB, 300e18, 100e18, STAKE_MIN - 400e18);
        edges.slash(KEY, 400e18, BOB, 100e18);
        vm.stopPrank();
        uint256 supply = token.totalSupply();
        vm.assertEq(supply, 6_000_000 * INXT - 300 * INXT);
        vm.assertEq(edges.rewards(BOB), 100 * INXT);

        uint256 before = token.balanceOf(BOB);
        vm.startPrank(BOB);
        vm.expectEmit(address(edges));
        emit EdgeRegistry.RewardCollected(BOB, 100 * INXT);
        edges.collect();
        vm.assertEq(edges.collect(), 0);
        vm.stopPrank();
        vm.assertEq(token.balanceOf(BOB) - before, 100 * INXT);

        vm.startPrank(ALICE);
        vm.expectRevert(
            abi.encodeWithSelector(EdgeRegistry.EdgeStakeInvalid.selector, STAKE_MIN - 1, STAKE_MIN)
        );
        edges.addStake(KEY, 400e18 - 1);
        edges.addStake(KEY, 400e18);
        edges.unbond(KEY);
        vm.warp(START + UNBONDING);
        edges.withdraw(KEY);
        vm.assertEq(token.balanceOf(address(edges)), 0);
    }

    function test_an_edge_that_left_can_be_punished_until_its_stake_is_gone() public {
        _enter();
        vm.prank(ALICE);
        edges.unbond(KEY);
        vm.warp(START + UNBONDING);
        vm.prank(address(policy));
        edges.slash(KEY, STAKE_MIN, BOB, 1);
        vm.expectEmit(address(edges));
        emit EdgeRegistry.EdgeRemoved(KEY, ALICE, 0);
        vm.prank(ALICE);
        edges.withdraw(KEY);
        vm.assertEq(token.balanceOf(address(edges)), 1);
    }

    function test_a_token_that_calls_back_finds_the_door_shut() public {
        HookedToken hooked = new HookedToken();
        EdgeRegistry fragile = new EdgeRegistry(InxtToken(address(hooked)), address(this), STAKE_MIN, UNBONDING);
        hooked.mint(address(hooked), 10 * STAKE_MIN);
        vm.startPrank(address(hooked));
        hooked.approve(address(fragile), type(uint256).max);
        fragile.register(KEY, OPERATOR, _endpoint(), STAKE_MIN);
        fragile.register(keccak256("other"), OPERATOR, _endpoint(), STAKE_MIN);
        fragile.unbond(KEY);
        vm.warp(START + UNBONDING);
        hooked.arm(address(fragile), abi.encodeCall(EdgeRegistry.withdraw, (KEY)));
        fragile.withdraw(KEY);
        vm.assertTrue(hooked.called(), "the attack took place");
        vm.assertFalse(hooked.succeeded(), "and failed");
        vm.assertEq(
            hooked.answer(),
            abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
        vm.assertEq(hooked.balanceOf(address(fragile)), STAKE_MIN);
        vm.stopPrank();
    }
}
