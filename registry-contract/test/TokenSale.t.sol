// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {TokenSale} from "../contracts/TokenSale.sol";
import {Sale} from "./Sale.sol";

/// @notice Buys, and when ether comes back to it, calls the sale again; or refuses ether altogether.
contract Attacker {
    TokenSale private immutable _sale;
    bytes private _call;
    bool public refusing;
    bool public called;
    bool public succeeded;
    bytes public answer;

    constructor(TokenSale sale) {
        _sale = sale;
    }

    receive() external payable {
        require(!refusing, "no ether, please");
        if (_call.length == 0) return;
        bytes memory data = _call;
        delete _call;
        called = true;
        (succeeded, answer) = address(_sale).call(data);
    }

    function arm(bytes calldata data) external {
        _call = data;
    }

    function refuse() external {
        refusing = true;
    }

    function buy(uint256 amountWei) external {
        _sale.buy{value: amountWei}();
    }

    function refund() external {
        _sale.refund();
    }
}

/// @notice Every number of the white paper, every split, every end.
contract TokenSaleTest is Sale {
    function test_the_white_papers_dates() public {
        vm.warp(1_504_810_799);
        vm.expectRevert(abi.encodeWithSelector(TokenSale.SaleNotOpen.selector, OPENS, CLOSES));
        _buy(ALICE, 1 ether);
        vm.warp(1_504_810_800); // 2017-09-07 19:00 UTC
        _buy(ALICE, 1 ether);
        vm.warp(1_506_625_199);
        _buy(ALICE, 1 ether);
        vm.warp(1_506_625_200); // 2017-09-28 19:00 UTC
        vm.expectRevert(abi.encodeWithSelector(TokenSale.SaleNotOpen.selector, OPENS, CLOSES));
        _buy(ALICE, 1 ether);
    }

    function test_one_ether_is_300_inxt_and_the_bonus() public {
        _buy(ALICE, 1 ether);
        vm.assertEq(_owed(ALICE), 330 * INXT);
        _buy(BOB, 101 ether); // large: above the threshold of 100
        vm.assertEq(_owed(BOB), 101 * 345 * INXT);
        _buy(CAROL, 100 ether); // at the threshold, so not above it
        vm.assertEq(_owed(CAROL), 100 * 330 * INXT);
    }

    function test_first_15_percent_then_15_percent_then_the_rest() public {
        _buy(WHALE, 22_500 ether); // 6,750,000 INXT: 15 % of 45,000,000
        vm.assertEq(_owed(WHALE), 22_500 * 345 * INXT);
        _buy(ALICE, 10 ether);
        vm.assertEq(_owed(ALICE), 10 * 315 * INXT);
        _buy(WHALE, 22_490 ether);
        vm.assertEq(_owed(WHALE), 22_500 * 345 * INXT + 22_490 * 330 * INXT);
        _buy(BOB, 10 ether);
        vm.assertEq(_owed(BOB), 10 * 300 * INXT);
        _buy(CAROL, 200 ether);
        vm.assertEq(_owed(CAROL), 200 * 300 * INXT);
    }

    function test_a_purchase_across_a_tier_is_split_to_the_wei() public {
        _buy(WHALE, 22_500 ether - 1);
        _buy(ALICE, 3);
        // One wei at 10 %, two at 5 %; the bonus is cut to whole INXT wei for each part.
        vm.assertEq(_owed(ALICE), 900 + 30 + 30);
        _buy(BOB, 90 ether);
        vm.assertEq(_owed(BOB), 90 * 315 * INXT);
        _buy(WHALE, 22_410 ether - 3);
        _buy(CAROL, 2);
        vm.assertEq(_owed(CAROL), 600 + 15);
    }

    function test_one_purchase_may_cross_both_tiers_and_the_cap() public {
        uint256 before = WHALE.balance;
        vm.deal(WHALE, 200_000 ether);
        _buy(WHALE, 200_000 ether);
        vm.assertEq(WHALE.balance, 50_000 ether);
        vm.assertEq(before, 200_000 ether);
        vm.assertEq(sale.raisedWei(), 150_000 ether);
        uint256 bonus = 22_500 * 45 * INXT + 22_500 * 30 * INXT;
        vm.assertEq(_owed(WHALE), 45_000_000 * INXT + bonus);
        vm.expectRevert(abi.encodeWithSelector(TokenSale.SaleSoldOut.selector, 150_000 ether));
        _buy(ALICE, 1);
    }

    function test_the_last_purchase_is_cut_to_the_wei_and_change_returned() public {
        _buy(WHALE, 150_000 ether - 5);
        _buy(ALICE, 1 ether);
        vm.assertEq(ALICE.balance, RICH - 5);
        vm.assertEq(_owed(ALICE), 5 * 300);
        vm.assertEq(address(sale).balance, 150_000 ether);
    }

    function test_nothing_is_bought_for_nothing() public {
        vm.expectRevert(TokenSale.PaymentZero.selector);
        _buy(ALICE, 0);
    }

    function test_plain_ether_buys_too() public {
        vm.expectEmit(address(sale));
        emit TokenSale.Purchased(ALICE, 1 ether, 330 * INXT);
        vm.prank(ALICE);
        (bool sent,) = address(sale).call{value: 1 ether}("");
        vm.assertTrue(sent, "sent");
        vm.assertEq(_owed(ALICE), 330 * INXT);
    }

    function test_below_the_minimum_there_are_refunds_for_two_weeks() public {
        _buy(ALICE, 300 ether);
        _buy(BOB, 200 ether - 1);
        bytes memory notOpen =
            abi.encodeWithSelector(TokenSale.RefundsNotOpen.selector, CLOSES, CLOSES + 14 days);
        vm.startPrank(ALICE);
        vm.expectRevert(notOpen);
        sale.refund();
        vm.warp(CLOSES);
        vm.expectRevert(
            abi.encodeWithSelector(TokenSale.SaleNotSuccessful.selector, 500 ether - 1, 500 ether, CLOSES)
        );
        sale.claim();
        vm.expectEmit(address(sale));
        emit TokenSale.Refunded(ALICE, 300 ether);
        sale.refund();
        vm.assertEq(ALICE.balance, RICH);
        vm.expectRevert(abi.encodeWithSelector(TokenSale.NothingDue.selector, ALICE));
        sale.refund();
        vm.expectRevert();
        sale.withdraw();
        vm.warp(CLOSES + 14 days - 1);
        vm.expectRevert();
        sale.withdraw();
        vm.warp(CLOSES + 14 days);
        vm.stopPrank();
        vm.prank(BOB);
        vm.expectRevert(notOpen);
        sale.refund();
        vm.expectEmit(address(sale));
        emit TokenSale.Withdrawn(200 ether - 1);
        sale.withdraw();
        vm.assertEq(COMPANY.balance, 200 ether - 1);
        vm.expectRevert();
        sale.settle();
        vm.assertEq(token.totalSupply(), 0);
    }

    function test_at_the_minimum_there_are_tokens() public {
        _buy(ALICE, 500 ether);
        vm.startPrank(ALICE);
        vm.expectRevert(
            abi.encodeWithSelector(TokenSale.SaleNotSuccessful.selector, 500 ether, 500 ether, CLOSES)
        );
        sale.claim();
        vm.warp(CLOSES);
        vm.expectRevert(abi.encodeWithSelector(TokenSale.RefundsNotOpen.selector, CLOSES, CLOSES + 14 days));
        sale.refund();
        vm.expectEmit(address(sale));
        emit TokenSale.Claimed(ALICE, 500 * 345 * INXT);
        sale.claim();
        vm.assertEq(token.balanceOf(ALICE), 500 * 345 * INXT);
        vm.expectRevert(abi.encodeWithSelector(TokenSale.NothingDue.selector, ALICE));
        sale.claim();
        sale.withdraw();
        vm.assertEq(COMPANY.balance, 500 ether);
    }

    function test_sold_out_is_an_end() public {
        _buy(WHALE, 150_000 ether);
        vm.assertTrue(sale.successful(), "sold out");
        vm.prank(WHALE);
        sale.claim();
        sale.settle();
        sale.withdraw();
        vm.assertEq(COMPANY.balance, 150_000 ether);
    }

    function test_team_company_and_bounty_get_their_parts_of_a_full_sale() public {
        _buy(WHALE, 150_000 ether);
        vm.expectEmit(address(sale));
        emit TokenSale.Settled(1_125_000 * INXT, 2_250_000 * INXT, 770_000 * INXT);
        sale.settle();
        vm.assertEq(token.totalSupply(), 4_145_000 * INXT);
        vm.assertEq(token.balanceOf(BOUNTY), 770_000 * INXT);
        vm.expectRevert(TokenSale.AlreadyDone.selector);
        sale.settle();
        vm.prank(WHALE);
        sale.claim();
        // 49,145,000 in all before bonuses; the bonuses of purchases as large as this one are the most there can be.
        uint256 bonus = 22_500 * 45 * INXT + 22_500 * 30 * INXT;
        vm.assertEq(token.totalSupply(), 49_145_000 * INXT + bonus);
        vm.assertEq(token.totalSupply(), token.cap());
    }

    function test_team_and_company_wait_six_months() public {
        _buy(WHALE, 1000 ether);
        vm.expectRevert(abi.encodeWithSelector(TokenSale.NothingDue.selector, address(this)));
        sale.release();
        vm.warp(CLOSES);
        sale.settle();
        vm.warp(1_522_263_599);
        vm.expectRevert(abi.encodeWithSelector(TokenSale.Frozen.selector, uint64(1_522_263_600)));
        sale.release();
        vm.warp(1_522_263_600); // 2018-03-28 19:00 UTC
        vm.expectEmit(address(sale));
        emit TokenSale.Released();
        sale.release();
        // 2.5 % and 5 % of the 300,000 sold, not of the bonus.
        vm.assertEq(token.balanceOf(TEAM), 7_500 * INXT);
        vm.assertEq(token.balanceOf(COMPANY), 15_000 * INXT);
        vm.expectRevert(abi.encodeWithSelector(TokenSale.NothingDue.selector, address(this)));
        sale.release();
    }

    function test_change_cannot_be_used_to_come_in_again() public {
        Attacker attacker = new Attacker(sale);
        vm.deal(address(attacker), 10 ether);
        _buy(WHALE, 150_000 ether - 1 ether);
        attacker.arm(abi.encodeCall(TokenSale.claim, ()));
        attacker.buy(3 ether);
        _refused(attacker);
        vm.assertEq(address(attacker).balance, 9 ether);
        vm.assertEq(token.totalSupply(), 0);
    }

    function test_a_refund_cannot_be_had_twice_at_once() public {
        Attacker attacker = new Attacker(sale);
        vm.deal(address(attacker), 10 ether);
        attacker.buy(10 ether);
        _buy(ALICE, 10 ether);
        vm.warp(CLOSES);
        attacker.arm(abi.encodeCall(TokenSale.refund, ()));
        attacker.refund();
        _refused(attacker);
        vm.assertEq(address(attacker).balance, 10 ether);
        vm.assertEq(address(sale).balance, 10 ether);
    }

    function test_who_refuses_ether_harms_nobody_else() public {
        Attacker attacker = new Attacker(sale);
        vm.deal(address(attacker), 10 ether);
        attacker.buy(10 ether);
        attacker.refuse();
        _buy(ALICE, 10 ether);
        vm.warp(CLOSES);
        vm.expectRevert();
        attacker.refund();
        vm.prank(ALICE);
        sale.refund();
        vm.assertEq(ALICE.balance, RICH);
    }

    function test_terms_that_contradict_each_other_are_not_deployed() public {
        for (uint256 i = 0; i < 6; ++i) {
            TokenSale.Terms memory bad = _terms();
            if (i == 0) bad.opensAt = bad.closesAt;
            if (i == 1) bad.frozenUntil = bad.closesAt - 1;
            if (i == 2) bad.minimumWei = bad.capWei + 1;
            if (i == 3) bad.first.endsAtWei = bad.second.endsAtWei + 1;
            if (i == 4) bad.second.endsAtWei = bad.capWei + 1;
            if (i == 5) bad.rate = 0;
            vm.expectRevert(
                abi.encodeWithSelector(TokenSale.SaleTermsInvalid.selector, i > 1, i < 2 || i > 4, bad.rate)
            );
            new TokenSale(token, bad, _receivers());
        }
        for (uint256 i = 0; i < 3; ++i) {
            TokenSale.Receivers memory bad = _receivers();
            if (i == 0) bad.team = address(0);
            if (i == 1) bad.company = address(0);
            if (i == 2) bad.bounty = address(0);
            vm.expectRevert(TokenSale.AddressZero.selector);
            new TokenSale(token, _terms(), bad);
        }
    }

    function test_the_terms_can_be_read() public view {
        vm.assertEq(keccak256(abi.encode(sale.terms())), keccak256(abi.encode(_terms())));
        vm.assertEq(keccak256(abi.encode(sale.receivers())), keccak256(abi.encode(_receivers())));
    }

    /// @dev Buying in pieces brings what buying at once does, but for the bonus of large purchases and a wei a piece.
    function testFuzz_a_split_purchase_brings_the_same(uint256 before, uint256 paid, uint256 cut) public view {
        before = _between(before, 0, 149_900 ether);
        paid = _between(paid, 2, 100 ether);
        cut = _between(cut, 1, paid - 1);
        uint256 whole = sale.tokensFor(paid, before);
        uint256 parts = sale.tokensFor(cut, before) + sale.tokensFor(paid - cut, before + cut);
        vm.assertTrue(parts <= whole && whole - parts <= 2, "a purchase is its parts");
        vm.assertTrue(whole >= paid * 300 && whole <= paid * 330, "between no bonus and the largest");
    }

    function _refused(Attacker attacker) private view {
        vm.assertTrue(attacker.called(), "the attack took place");
        vm.assertFalse(attacker.succeeded(), "and failed");
        vm.assertEq(
            attacker.answer(),
            abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
    }
}
