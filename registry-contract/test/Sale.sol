// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {InxtToken} from "../contracts/InxtToken.sol";
import {TokenSale} from "../contracts/TokenSale.sol";
import {Network} from "./Network.sol";

/// @notice The sale as the white paper has it, at its opening, and people with ether.
abstract contract Sale is Network {
    uint64 internal constant OPENS = 1_504_810_800;
    uint64 internal constant CLOSES = 1_506_625_200;
    uint256 internal constant RICH = 10_000 ether;
    address internal constant WHALE = address(0x3A1E);
    address internal constant TEAM = address(0x7EA3);
    address internal constant COMPANY = address(0xC09);
    address internal constant BOUNTY = address(0xB0111);

    TokenSale internal sale;

    function setUp() public virtual override {
        vm.warp(OPENS);
        token = new InxtToken(_next(1), 50_832_500e18);
        sale = new TokenSale(token, _terms(), _receivers());
        vm.deal(ALICE, RICH);
        vm.deal(BOB, RICH);
        vm.deal(CAROL, RICH);
        vm.deal(WHALE, 200_000 ether);
    }

    function _terms() internal pure returns (TokenSale.Terms memory) {
        return TokenSale.Terms({
            rate: 300,
            opensAt: OPENS,
            closesAt: CLOSES,
            minimumWei: 500 ether,
            capWei: 150_000 ether,
            largeWei: 100 ether,
            refundTerm: 14 days,
            frozenUntil: 1_522_263_600,
            teamPermille: 25,
            companyPermille: 50,
            bounty: 770_000e18,
            first: TokenSale.Tier(22_500 ether, 10, 15),
            second: TokenSale.Tier(45_000 ether, 5, 10)
        });
    }

    function _receivers() internal pure returns (TokenSale.Receivers memory) {
        return TokenSale.Receivers(TEAM, COMPANY, BOUNTY);
    }

    function _buy(address buyer, uint256 amountWei) internal {
        vm.prank(buyer);
        sale.buy{value: amountWei}();
    }

    function _owed(address buyer) internal view returns (uint256 tokens) {
        (, tokens) = sale.purchases(buyer);
    }
}
