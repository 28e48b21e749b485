// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Invariants} from "./Invariants.sol";
import {Network} from "./Network.sol";
import {Sale} from "./Sale.sol";

/// @notice Four buyers, the white paper's sale, and where every wei and every INXT of it is.
contract SaleWorld is Sale {
    struct Buyer {
        uint256 paidWei;
        bool claimed;
        bool refunded;
    }

    mapping(address buyer => Buyer) private _buyers;
    uint256 private _raisedWei;
    uint256 private _refundedWei;
    uint256 private _claimedTokens;
    bool private _settled;
    bool private _released;

    function setUp() public override {
        super.setUp();
        vm.deal(ALICE, 300 ether);
        vm.deal(BOB, 150 ether);
        vm.deal(CAROL, 30_000 ether);
    }

    function buy(uint256 who, uint256 amountWei) external {
        address buyer = _buyer(who);
        amountWei = _between(amountWei, 0, buyer.balance);
        uint256 paidWei = amountWei < 150_000 ether - _raisedWei ? amountWei : 150_000 ether - _raisedWei;
        bool accepted = block.timestamp < CLOSES && paidWei != 0;
        uint256 before = buyer.balance;
        vm.prank(buyer);
        if (!accepted) vm.expectRevert();
        sale.buy{value: amountWei}();
        if (!accepted) return;
        vm.assertEq(before - buyer.balance, paidWei, "change comes back");
        _buyers[buyer].paidWei += paidWei;
        _buyers[buyer].claimed = false;
        _raisedWei += paidWei;
    }

    function claim(uint256 who) external {
        address buyer = _buyer(who);
        bool accepted = _successful() && _buyers[buyer].paidWei != 0;
        uint256 owed = _owed(buyer);
        vm.prank(buyer);
        if (!accepted) vm.expectRevert();
        sale.claim();
        if (!accepted) return;
        vm.assertFalse(_buyers[buyer].claimed || _buyers[buyer].refunded, "once, and never both");
        (_buyers[buyer].paidWei, _buyers[buyer].claimed) = (0, true);
        _claimedTokens += owed;
    }

    function refund(uint256 who) external {
        address buyer = _buyer(who);
        bool open = block.timestamp >= CLOSES && block.timestamp < CLOSES + 14 days && _raisedWei < 500 ether;
        bool accepted = open && _buyers[buyer].paidWei != 0;
        uint256 before = buyer.balance;
        vm.prank(buyer);
        if (!accepted) vm.expectRevert();
        sale.refund();
        if (!accepted) return;
        vm.assertFalse(_buyers[buyer].claimed || _buyers[buyer].refunded, "once, and never both");
        vm.assertEq(buyer.balance - before, _buyers[buyer].paidWei, "all of it");
        _refundedWei += _buyers[buyer].paidWei;
        (_buyers[buyer].paidWei, _buyers[buyer].refunded) = (0, true);
    }

    function settle() external {
        bool accepted = _successful() && !_settled;
        if (!accepted) vm.expectRevert();
        sale.settle();
        if (accepted) _settled = true;
    }

    function release() external {
        bool accepted = _settled && !_released && block.timestamp >= 1_522_263_600;
        if (!accepted) vm.expectRevert();
        sale.release();
        if (accepted) _released = true;
    }

    function withdraw() external {
        bool accepted = _successful() || block.timestamp >= CLOSES + 14 days;
        if (!accepted) vm.expectRevert();
        sale.withdraw();
    }

    function wait(uint256 seed) external {
        uint256[4] memory spans = [uint256(1 hours), 2 days, 8 days, 60 days];
        vm.warp(block.timestamp + _between(seed >> 2, 1, spans[seed % 4]));
    }

    function check() external view {
        vm.assertEq(sale.raisedWei(), _raisedWei, "what was paid");
        vm.assertTrue(_raisedWei <= 150_000 ether, "the cap");
        uint256 elsewhere = COMPANY.balance + _refundedWei;
        vm.assertEq(address(sale).balance + elsewhere, _raisedWei, "every wei is in one place");
        if (COMPANY.balance != 0) {
            vm.assertTrue(_successful() || block.timestamp >= CLOSES + 14 days, "not before its time");
        }
        uint256 beside = _settled ? (_raisedWei * 300 * 75) / 1000 + 770_000 * INXT : 0;
        vm.assertApproxEqRel(token.totalSupply(), _claimedTokens + beside, 1);
        vm.assertTrue(token.totalSupply() <= token.cap(), "never more than 49,145,000 and the bonuses");
        if (!_released) vm.assertEq(token.balanceOf(TEAM), 0, "frozen");
        if (!_successful()) vm.assertEq(token.totalSupply(), 0, "no token of a sale that failed");
    }

    function _successful() private view returns (bool) {
        bool ended = block.timestamp >= CLOSES || _raisedWei == 150_000 ether;
        return ended && _raisedWei >= 500 ether;
    }

    function _buyer(uint256 who) private pure returns (address) {
        return [ALICE, BOB, CAROL, WHALE][who % 16 < 13 ? who % 2 : 2 + (who % 2)];
    }
}

/// @notice The sale's accounts, after any row of actions.
contract SaleInvariantsTest is Invariants {
    SaleWorld private world;

    function setUp() public {
        world = new SaleWorld();
        world.setUp();
    }

    function invariant_ether_and_tokens_add_up() public view {
        world.check();
    }

    function _world() internal view override returns (Network) {
        return world;
    }

    function _actions() internal pure override returns (bytes4[] memory actions) {
        actions = new bytes4[](7);
        actions[0] = SaleWorld.buy.selector;
        actions[1] = SaleWorld.claim.selector;
        actions[2] = SaleWorld.refund.selector;
        actions[3] = SaleWorld.settle.selector;
        actions[4] = SaleWorld.release.selector;
        actions[5] = SaleWorld.withdraw.selector;
        actions[6] = SaleWorld.wait.selector;
    }
}
