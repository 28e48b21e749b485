// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SlashPolicy} from "../contracts/SlashPolicy.sol";
import {Network} from "./Network.sol";

/// @notice Evidence that holds, and evidence that does not.
contract SlashPolicyTest is Network {
    bytes32 private constant KEY = keccak256("edge");
    uint256 private constant OPERATOR = 0x09E7;
    bytes private constant GOOD = "the block that was asked for";
    bytes private constant BAD = "something else";

    function setUp() public override {
        super.setUp();
        vm.prank(ALICE);
        edges.register(KEY, vm.addr(OPERATOR), _endpoint(), STAKE_MIN);
    }

    function _statement(bytes memory asked, bytes memory served)
        private
        pure
        returns (SlashPolicy.Statement memory)
    {
        return SlashPolicy.Statement(KEY, sha256(asked), keccak256(served), uint64(START));
    }

    function _sign(uint256 key, SlashPolicy.Statement memory statement) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, policy.evidenceOf(statement));
        return abi.encodePacked(r, s, v);
    }

    function test_a_false_statement_costs_the_stake() public {
        SlashPolicy.Statement memory statement = _statement(GOOD, BAD);
        bytes memory signature = _sign(OPERATOR, statement);
        bytes32 evidence = policy.evidenceOf(statement);
        uint256 supply = token.totalSupply();
        vm.expectEmit(address(policy));
        emit SlashPolicy.EvidenceAccepted(KEY, BOB, evidence);
        vm.prank(BOB);
        policy.report(statement, signature, BAD);
        vm.assertEq(edges.edge(KEY).stake, 0);
        vm.assertEq(edges.rewards(BOB), STAKE_MIN / 10);
        vm.assertEq(supply - token.totalSupply(), STAKE_MIN - STAKE_MIN / 10);
        vm.assertTrue(policy.isUsed(evidence), "used up");
    }

    function test_a_true_statement_costs_nothing() public {
        SlashPolicy.Statement memory statement = _statement(GOOD, GOOD);
        bytes memory signature = _sign(OPERATOR, statement);
        vm.expectRevert(abi.encodeWithSelector(SlashPolicy.StatementTrue.selector, sha256(GOOD)));
        policy.report(statement, signature, GOOD);
        // Other bytes cannot be laid before an honest edge's statement.
        vm.expectRevert(
            abi.encodeWithSelector(SlashPolicy.BytesMismatch.selector, keccak256(GOOD), keccak256(BAD))
        );
        policy.report(statement, signature, BAD);
        vm.assertEq(edges.edge(KEY).stake, STAKE_MIN);
    }

    function test_one_statement_is_punished_once() public {
        SlashPolicy.Statement memory statement = _statement(GOOD, BAD);
        bytes memory signature = _sign(OPERATOR, statement);
        policy.report(statement, signature, BAD);
        vm.prank(ALICE);
        edges.addStake(KEY, STAKE_MIN);
        bytes memory refusal =
            abi.encodeWithSelector(SlashPolicy.EvidenceUsed.selector, policy.evidenceOf(statement));
        vm.expectRevert(refusal);
        policy.report(statement, signature, BAD);
        // Nor with the other signature that fits the same statement: s mirrored, v flipped.
        signature = _mirrored(statement);
        vm.expectRevert(refusal);
        policy.report(statement, signature, BAD);
        vm.assertEq(edges.edge(KEY).stake, STAKE_MIN);
        // Another lie is another piece of evidence.
        statement.servedAt += 1;
        policy.report(statement, _sign(OPERATOR, statement), BAD);
        vm.assertEq(edges.edge(KEY).stake, 0);
    }

    function test_a_mirrored_signature_is_none() public {
        SlashPolicy.Statement memory statement = _statement(GOOD, BAD);
        bytes memory mirrored = _mirrored(statement);
        vm.expectRevert();
        policy.report(statement, mirrored, BAD);
        bytes memory signature = _sign(OPERATOR, statement);
        vm.expectRevert(
            abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureLength.selector, uint256(66))
        );
        policy.report(statement, abi.encodePacked(signature, uint8(0)), BAD);
    }

    function test_only_the_edges_own_key_speaks_for_it() public {
        SlashPolicy.Statement memory statement = _statement(GOOD, BAD);
        bytes memory signature = _sign(0xE7E, statement);
        vm.expectRevert(
            abi.encodeWithSelector(SlashPolicy.SignerMismatch.selector, KEY, vm.addr(0xE7E))
        );
        policy.report(statement, signature, BAD);
        // A statement of one edge is none of another's that uses the same operator key.
        bytes32 other = keccak256("other");
        vm.prank(BOB);
        edges.register(other, vm.addr(OPERATOR), _endpoint(), STAKE_MIN);
        signature = _sign(OPERATOR, statement);
        statement.peerKey = other;
        vm.expectRevert();
        policy.report(statement, signature, BAD);
        vm.assertEq(edges.edge(other).stake, STAKE_MIN);
    }

    function test_a_new_operator_key_is_no_way_out() public {
        SlashPolicy.Statement memory statement = _statement(GOOD, BAD);
        bytes memory signature = _sign(OPERATOR, statement);
        vm.startPrank(ALICE);
        edges.update(KEY, address(1), _endpoint());
        edges.unbond(KEY);
        vm.stopPrank();
        vm.warp(START + UNBONDING - 1);
        policy.report(statement, signature, BAD);
        vm.assertEq(edges.edge(KEY).stake, 0);
    }

    function test_there_is_nothing_to_take_twice() public {
        SlashPolicy.Statement memory statement = _statement(GOOD, BAD);
        policy.report(statement, _sign(OPERATOR, statement), BAD);
        statement.servedAt += 1;
        bytes memory signature = _sign(OPERATOR, statement);
        vm.expectRevert(abi.encodeWithSelector(SlashPolicy.StakeEmpty.selector, KEY));
        policy.report(statement, signature, BAD);
        vm.assertFalse(policy.isUsed(policy.evidenceOf(statement)), "kept for a later stake");
    }

    function test_a_statement_holds_for_one_contract_on_one_chain() public {
        SlashPolicy other = new SlashPolicy(edges, 1000);
        SlashPolicy.Statement memory statement = _statement(GOOD, BAD);
        vm.assertFalse(other.evidenceOf(statement) == policy.evidenceOf(statement), "one contract");
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("INXT SlashPolicy"),
                keccak256("1"),
                block.chainid,
                address(policy)
            )
        );
        bytes32 typehash = keccak256("Statement(bytes32 peerKey,bytes32 digest,bytes32 served,uint64 servedAt)");
        bytes32 content = keccak256(
            abi.encode(typehash, statement.peerKey, statement.digest, statement.served, statement.servedAt)
        );
        vm.assertEq(policy.evidenceOf(statement), keccak256(abi.encodePacked(hex"1901", domain, content)));
    }

    function test_a_reporter_gets_half_at_most() public {
        new SlashPolicy(edges, 5000);
        vm.expectRevert(
            abi.encodeWithSelector(SlashPolicy.RewardInvalid.selector, uint256(5001), uint256(5000))
        );
        new SlashPolicy(edges, 5001);
    }

    function testFuzz_only_bytes_that_were_signed_and_are_false_count(bytes calldata asked, bytes calldata served)
        public
    {
        SlashPolicy.Statement memory statement = _statement(asked, served);
        bytes memory signature = _sign(OPERATOR, statement);
        bool lie = keccak256(asked) != keccak256(served);
        if (!lie) vm.expectRevert(abi.encodeWithSelector(SlashPolicy.StatementTrue.selector, sha256(asked)));
        policy.report(statement, signature, served);
        vm.assertEq(edges.edge(KEY).stake, lie ? 0 : STAKE_MIN);
    }

    function _mirrored(SlashPolicy.Statement memory statement) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OPERATOR, policy.evidenceOf(statement));
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        return abi.encodePacked(r, order - uint256(s), v == 27 ? uint8(28) : uint8(27));
    }
}
