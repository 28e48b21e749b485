// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC721Errors, IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {InxtToken} from "../contracts/InxtToken.sol";
import {Labels} from "../contracts/Labels.sol";
import {NameRegistrar} from "../contracts/NameRegistrar.sol";
import {NameRegistry} from "../contracts/NameRegistry.sol";
import {Network} from "./Network.sol";

/// @notice Registration, renewal, release and money.
contract NameRegistrarTest is Network {
    function test_a_registration_is_a_token_a_fact_and_a_payment() public {
        _commit("mysite", ALICE, 2, SITE);
        bytes32 node = _node("mysite");
        uint64 expiresAt = uint64(block.timestamp + 2 * TERM);
        uint256 before = token.balanceOf(BOB);
        vm.expectEmit(address(registrar));
        emit IERC721.Transfer(address(0), ALICE, uint256(node));
        vm.expectEmit(address(registry));
        emit NameRegistry.NameAssigned(node, ALICE, expiresAt, 1);
        vm.expectEmit(address(registry));
        emit NameRegistry.ContenthashChanged(node, SITE, 2);
        vm.expectEmit(address(registrar));
        emit NameRegistrar.NameRegistered(node, "mysite", ALICE, expiresAt, 1, 10 * INXT);
        vm.prank(BOB);
        vm.assertEq(registrar.register("mysite", ALICE, 2, SECRET, SITE), node);

        vm.assertEq(registrar.ownerOf(uint256(node)), ALICE);
        vm.assertEq(registrar.balanceOf(ALICE), 1);
        vm.assertEq(registry.owner(node), ALICE);
        vm.assertEq(registry.contenthash(node), SITE);
        vm.assertEq(before - token.balanceOf(BOB), 10 * INXT);
        vm.assertEq(token.balanceOf(address(registrar)), 10 * INXT);
        vm.assertFalse(registrar.available("mysite"), "taken");
        vm.assertTrue(registrar.available("yoursite"), "free");
    }

    function test_nobody_is_quicker_than_who_committed() public {
        _commit("wanted", ALICE, 1, SITE);
        // Bob sees Alice's register waiting and sends the same for himself, with everything that he has seen.
        bytes32 his = registrar.commitmentOf("wanted", BOB, 1, SECRET, SITE);
        vm.startPrank(BOB);
        vm.expectRevert(abi.encodeWithSelector(NameRegistrar.CommitmentUnknown.selector, his));
        registrar.register("wanted", BOB, 1, SECRET, SITE);
        registrar.commit(his);
        vm.expectRevert(
            abi.encodeWithSelector(NameRegistrar.CommitmentTooYoung.selector, his, block.timestamp + AGE_MIN)
        );
        registrar.register("wanted", BOB, 1, SECRET, SITE);
        // All he can do with hers is pay for it.
        registrar.register("wanted", ALICE, 1, SECRET, SITE);
        vm.assertEq(registry.owner(_node("wanted")), ALICE);
        vm.warp(block.timestamp + AGE_MIN);
        vm.expectRevert();
        registrar.register("wanted", BOB, 1, SECRET, SITE);
    }

    function test_a_commitment_binds_everything() public {
        _commit("bound", ALICE, 1, SITE);
        bytes4 unknown = NameRegistrar.CommitmentUnknown.selector;
        vm.startPrank(ALICE);
        vm.expectRevert(
            abi.encodeWithSelector(unknown, registrar.commitmentOf("bound2", ALICE, 1, SECRET, SITE))
        );
        registrar.register("bound2", ALICE, 1, SECRET, SITE);
        vm.expectRevert(abi.encodeWithSelector(unknown, registrar.commitmentOf("bound", ALICE, 2, SECRET, SITE)));
        registrar.register("bound", ALICE, 2, SECRET, SITE);
        vm.expectRevert(
            abi.encodeWithSelector(unknown, registrar.commitmentOf("bound", ALICE, 1, bytes32(0), SITE))
        );
        registrar.register("bound", ALICE, 1, bytes32(0), SITE);
        vm.expectRevert(
            abi.encodeWithSelector(unknown, registrar.commitmentOf("bound", ALICE, 1, SECRET, SITE_2))
        );
        registrar.register("bound", ALICE, 1, SECRET, SITE_2);
    }

    function test_a_commitment_has_its_time_and_is_used_once() public {
        bytes32 commitment = registrar.commitmentOf("timed", ALICE, 1, SECRET, SITE);
        vm.expectEmit(address(registrar));
        emit NameRegistrar.Committed(commitment);
        registrar.commit(commitment);
        vm.assertEq(registrar.commitments(commitment), START);
        vm.startPrank(ALICE);
        vm.warp(START + AGE_MIN - 1);
        vm.expectRevert(
            abi.encodeWithSelector(NameRegistrar.CommitmentTooYoung.selector, commitment, START + AGE_MIN)
        );
        registrar.register("timed", ALICE, 1, SECRET, SITE);
        vm.warp(START + AGE_MAX);
        vm.expectRevert(
            abi.encodeWithSelector(NameRegistrar.CommitmentTooOld.selector, commitment, START + AGE_MAX)
        );
        registrar.register("timed", ALICE, 1, SECRET, SITE);
        registrar.commit(commitment);
        vm.warp(START + AGE_MAX + AGE_MAX - 1);
        registrar.register("timed", ALICE, 1, SECRET, SITE);
        vm.assertEq(registrar.commitments(commitment), 0);
        vm.expectRevert(abi.encodeWithSelector(NameRegistrar.CommitmentUnknown.selector, commitment));
        registrar.register("timed", ALICE, 1, SECRET, SITE);
    }

    function test_nobody_makes_anothers_commitment_young_again() public {
        bytes32 commitment = registrar.commitmentOf("grief", ALICE, 1, SECRET, SITE);
        registrar.commit(commitment);
        vm.warp(START + AGE_MAX - 1);
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(NameRegistrar.CommitmentExists.selector, commitment, START));
        registrar.commit(commitment);
        vm.warp(START + AGE_MAX);
        vm.prank(BOB);
        registrar.commit(commitment);
        vm.assertEq(registrar.commitments(commitment), START + AGE_MAX);
    }

    function test_bad_labels_are_refused_with_what_is_wrong() public {
        _refuses("", abi.encodeWithSelector(Labels.LabelLengthInvalid.selector, uint256(0)));
        string memory long = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        _refuses(long, abi.encodeWithSelector(Labels.LabelLengthInvalid.selector, uint256(64)));
        _refuses("-a", _character(0, "-"));
        _refuses("ab-", _character(2, "-"));
        _refuses("-", _character(0, "-"));
        _refuses("aB", _character(1, "B"));
        _refuses("a.b", _character(1, "."));
        _refuses("a/b", _character(1, "/"));
        _refuses("a:", _character(1, ":"));
        _refuses("`", _character(0, "`"));
        _refuses("{", _character(0, "{"));
        _refuses(unicode"ä", _character(0, 0xc3));
        _refuses("ns", abi.encodeWithSelector(NameRegistrar.LabelReserved.selector, "ns"));
        _refuses("ipfs", abi.encodeWithSelector(NameRegistrar.LabelReserved.selector, "ipfs"));
        _register("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ALICE, NO_HASH);
        _register("0-9z", ALICE, NO_HASH);
        _register("xn--bcher-kva", ALICE, NO_HASH);
        _register("nsa", ALICE, NO_HASH);
    }

    function testFuzz_labels_are_judged_as_written(bytes calldata label) public {
        bool good = label.length > 0 && label.length <= 63;
        for (uint256 i = 0; i < label.length && good; ++i) {
            uint8 c = uint8(label[i]);
            bool hyphen = c == 0x2d && i > 0 && i < label.length - 1;
            good = hyphen || (c > 0x60 && c < 0x7b) || (c > 0x2f && c < 0x3a);
        }
        bool ours = keccak256(label) == keccak256("ns") || keccak256(label) == keccak256("ipfs");
        if (!good || ours) vm.expectRevert();
        registrar.nodeOf(string(label));
    }

    function test_a_taken_name_is_refused_until_its_grace_is_over() public {
        bytes32 node = _register("taken", ALICE, NO_HASH);
        uint64 expiresAt = registry.expiresAt(node);
        bytes memory refusal =
            abi.encodeWithSelector(NameRegistrar.NameTaken.selector, node, ALICE, expiresAt);
        _commit("taken", BOB, 1, NO_HASH);
        vm.prank(BOB);
        vm.expectRevert(refusal);
        registrar.register("taken", BOB, 1, SECRET, NO_HASH);
        vm.warp(expiresAt + GRACE - 1 - AGE_MIN);
        bytes32 commitment = registrar.commitmentOf("taken", BOB, 1, SECRET, NO_HASH);
        registrar.commit(commitment);
        vm.warp(expiresAt + GRACE - 1);
        vm.startPrank(BOB);
        vm.expectRevert(refusal);
        registrar.register("taken", BOB, 1, SECRET, NO_HASH);
        vm.warp(expiresAt + GRACE);
        registrar.register("taken", BOB, 1, SECRET, NO_HASH);
        vm.assertEq(registry.owner(node), BOB);
    }

    function test_who_takes_a_released_name_takes_its_token() public {
        bytes32 node = _register("released", ALICE, SITE);
        vm.prank(ALICE);
        registrar.approve(CAROL, uint256(node));
        vm.warp(registry.expiresAt(node) + GRACE + 30 days);
        _commit("released", BOB, 1, NO_HASH);
        vm.prank(BOB);
        vm.expectEmit(address(registrar));
        emit IERC721.Transfer(ALICE, BOB, uint256(node));
        registrar.register("released", BOB, 1, SECRET, NO_HASH);
        vm.assertEq(registrar.balanceOf(ALICE), 0);
        vm.assertEq(registrar.balanceOf(BOB), 1);
        vm.assertEq(registrar.getApproved(uint256(node)), address(0));
        vm.assertEq(registry.contenthash(node), NO_HASH);
        vm.assertEq(registry.sequence(node), 3);
        vm.prank(CAROL);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC721Errors.ERC721InsufficientApproval.selector, CAROL, uint256(node)
            )
        );
        registrar.transferFrom(BOB, CAROL, uint256(node));
    }

    function test_anyone_renews_and_pays_until_grace_is_over() public {
        bytes32 node = _register("renewed", ALICE, SITE);
        uint64 first = registry.expiresAt(node);
        vm.expectEmit(address(registry));
        emit NameRegistry.NameExtended(node, uint64(first + 3 * TERM), 3);
        vm.expectEmit(address(registrar));
        emit NameRegistrar.NameRenewed(node, BOB, 15 * INXT);
        uint256 before = token.balanceOf(BOB);
        vm.prank(BOB);
        registrar.renew("renewed", 3);
        vm.assertEq(before - token.balanceOf(BOB), 15 * INXT);

        uint64 second = registry.expiresAt(node);
        vm.warp(second + GRACE - 1);
        vm.assertEq(registry.contenthash(node), NO_HASH);
        vm.prank(ALICE);
        registrar.renew("renewed", 1);
        vm.assertEq(registry.expiresAt(node), second + TERM);
        vm.assertEq(registry.owner(node), ALICE);
        vm.assertEq(registry.contenthash(node), SITE);

        vm.warp(second + TERM + GRACE);
        vm.prank(ALICE);
        vm.expectRevert(
            abi.encodeWithSelector(NameRegistrar.NameExpired.selector, node, uint64(second + TERM))
        );
        registrar.renew("renewed", 1);
        vm.expectRevert(abi.encodeWithSelector(NameRegistrar.NameExpired.selector, _node("never"), uint64(0)));
        registrar.renew("never", 1);
        vm.expectRevert(abi.encodeWithSelector(Labels.LabelLengthInvalid.selector, uint256(0)));
        registrar.renew("", 1);
    }

    function test_names_are_paid_for_one_to_ten_years() public {
        bytes4 invalid = NameRegistrar.TermsInvalid.selector;
        uint256[3] memory wrong = [uint256(0), 11, type(uint256).max];
        for (uint256 i = 0; i < 3; ++i) {
            _commit("years", ALICE, wrong[i], NO_HASH);
            vm.prank(ALICE);
            vm.expectRevert(abi.encodeWithSelector(invalid, wrong[i], uint256(10)));
            registrar.register("years", ALICE, wrong[i], SECRET, NO_HASH);
        }
        _commit("years", ALICE, 10, NO_HASH);
        vm.startPrank(ALICE);
        bytes32 node = registrar.register("years", ALICE, 10, SECRET, NO_HASH);
        uint64 max = uint64(block.timestamp + 10 * TERM);
        vm.assertEq(registry.expiresAt(node), max);
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(invalid, wrong[i], uint256(10)));
            registrar.renew("years", wrong[i]);
        }
        vm.expectRevert(
            abi.encodeWithSelector(NameRegistrar.NameTermExceeded.selector, node, max + uint64(TERM), max)
        );
        registrar.renew("years", 1);
        vm.warp(block.timestamp + TERM);
        registrar.renew("years", 1);
    }

    function test_rent_is_by_length() public view {
        uint256[6] memory rents = [uint256(10_240), 2_560, 640, 160, 5, 5];
        string[6] memory labels = ["a", "ab", "abc", "abcd", "abcde", "abcdefghij"];
        for (uint256 i = 0; i < 6; ++i) {
            (uint256 rent, uint256 premium) = registrar.price(labels[i], 3);
            vm.assertEq(rent, 3 * rents[i] * INXT);
            vm.assertEq(registrar.rentOf(bytes(labels[i]).length), rents[i] * INXT);
            vm.assertEq(premium, 0);
        }
    }

    function test_premium_halves_every_day_and_ends_at_nothing() public {
        uint64 expiresAt = uint64(START);
        uint256 end = uint256(PREMIUM_START) >> 21;
        vm.warp(START + GRACE - 1);
        vm.assertEq(registrar.premiumAfter(expiresAt), PREMIUM_START);
        vm.warp(START + GRACE);
        vm.assertEq(registrar.premiumAfter(expiresAt), PREMIUM_START);
        for (uint256 day = 1; day < 21; ++day) {
            vm.warp(START + GRACE + day * 1 days);
            vm.assertEq(registrar.premiumAfter(expiresAt), (uint256(PREMIUM_START) >> day) - end);
        }
        // 2^-0.5, 2^-0.25 and 2^-3.75, to 12 digits.
        vm.warp(START + GRACE + 12 hours);
        vm.assertApproxEqRel(registrar.premiumAfter(expiresAt) + end, 707_106_781_186_547_524_400_844, 1e6);
        vm.warp(START + GRACE + 6 hours);
        vm.assertApproxEqRel(registrar.premiumAfter(expiresAt) + end, 840_896_415_253_714_543_031_125, 1e6);
        vm.warp(START + GRACE + 3 days + 18 hours);
        vm.assertApproxEqRel(registrar.premiumAfter(expiresAt) + end, 74_325_444_687_670_057_200_000, 1e6);
        vm.warp(START + GRACE + 21 days - 1);
        vm.assertTrue(registrar.premiumAfter(expiresAt) > 0, "one second before the end");
        vm.warp(START + GRACE + 21 days);
        vm.assertEq(registrar.premiumAfter(expiresAt), 0);
        vm.assertEq(registrar.premiumAfter(0), 0);
    }

    function testFuzz_premium_only_falls(uint256 elapsed, uint256 step) public {
        elapsed = _between(elapsed, 0, 22 days);
        vm.warp(START + GRACE + elapsed);
        uint256 before = registrar.premiumAfter(uint64(START));
        vm.assertTrue(before <= PREMIUM_START, "never above its start");
        vm.warp(START + GRACE + elapsed + _between(step, 1, 1 days));
        uint256 later = registrar.premiumAfter(uint64(START));
        vm.assertTrue(later < before || before == 0, "strictly less until nothing");
    }

    function test_premium_is_paid() public {
        bytes32 node = _register("prized", ALICE, NO_HASH);
        uint256 releasedAt = registry.expiresAt(node) + GRACE;
        vm.warp(releasedAt + 4 days - AGE_MIN);
        _commit("prized", BOB, 1, NO_HASH);
        uint256 cost = 5 * INXT + (uint256(PREMIUM_START) >> 4) - (uint256(PREMIUM_START) >> 21);
        uint256 before = token.balanceOf(BOB);
        (uint256 rent, uint256 premium) = registrar.price("prized", 1);
        vm.assertEq(rent + premium, cost);
        vm.prank(BOB);
        registrar.register("prized", BOB, 1, SECRET, NO_HASH);
        vm.assertEq(before - token.balanceOf(BOB), cost);
    }

    function test_who_cannot_pay_gets_nothing() public {
        _commit("poorest", ALICE, 1, NO_HASH);
        vm.prank(address(0xDEAD));
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, address(registrar), uint256(0), 5 * INXT
            )
        );
        registrar.register("poorest", ALICE, 1, SECRET, NO_HASH);
        vm.assertTrue(registrar.available("poorest"), "still free");
        vm.assertEq(registrar.balanceOf(ALICE), 0);
    }

    function test_nobody_is_no_owner() public {
        _commit("nobody", address(0), 1, NO_HASH);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, address(0)));
        registrar.register("nobody", address(0), 1, SECRET, NO_HASH);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidOwner.selector, address(0)));
        registrar.balanceOf(address(0));
    }

    function test_rent_reaches_the_treasury_whoever_sends_it() public {
        _register("income", ALICE, NO_HASH);
        vm.expectEmit(address(registrar));
        emit NameRegistrar.RentCollected(5 * INXT);
        vm.prank(BOB);
        vm.assertEq(registrar.collect(), 5 * INXT);
        vm.assertEq(token.balanceOf(TREASURY), 5 * INXT);
        vm.assertEq(token.balanceOf(address(registrar)), 0);
    }

    function test_a_policy_that_cannot_work_is_not_deployed() public {
        NameRegistrar.Policy memory bad = _policy();
        vm.expectRevert(NameRegistrar.AddressZero.selector);
        new NameRegistrar(registry, token, address(0), suffixNode, bad);
        bad.commitmentAgeMax = bad.commitmentAgeMin;
        vm.expectRevert(abi.encodeWithSelector(NameRegistrar.PolicyInvalid.selector, AGE_MIN, AGE_MIN));
        new NameRegistrar(registry, token, TREASURY, suffixNode, bad);
    }

    function _refuses(string memory label, bytes memory refusal) private {
        vm.expectRevert(refusal);
        registrar.nodeOf(label);
        vm.expectRevert(refusal);
        registrar.register(label, ALICE, 1, SECRET, NO_HASH);
    }

    function _character(uint256 position, bytes1 character) private pure returns (bytes memory) {
        return abi.encodeWithSelector(Labels.LabelCharacterInvalid.selector, position, character);
    }
}
