// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {InxtToken} from "./InxtToken.sol";

/// @title The sale of INXT for ether.
/// @author The INXT authors
/// @notice Whoever sends ether between opening and close gets tokens at a fixed rate, the first ones with a bonus. If
/// the minimum was reached, buyers claim their tokens after the end; if not, they get their ether back for two weeks.
/// The end is the close, or the moment at which everything is sold.
/// @dev Tiers, minimum and cap are wei raised, which is tokens sold without their bonus divided by the rate. Nothing is
/// minted before the end, so a sale that fails leaves no token. Every payment is fetched by a call, never pushed to a
/// third party; only the change of a purchase goes back at once, to its own sender.
contract TokenSale is ReentrancyGuardTransient {
    using SafeERC20 for InxtToken;

    struct Tier {
        /// @notice Up to where it reaches, in wei raised.
        uint128 endsAtWei;
        /// @notice Extra tokens for a purchase, in percent.
        uint64 bonusPercent;
        /// @notice Extra tokens for a large purchase, in percent.
        uint64 bonusLargePercent;
    }

    struct Terms {
        /// @notice INXT for one ether.
        uint256 rate;
        /// @notice The first second of the sale.
        uint64 opensAt;
        /// @notice The first second after it.
        uint64 closesAt;
        /// @notice Below it there are refunds.
        uint128 minimumWei;
        /// @notice Beyond it nothing is sold.
        uint128 capWei;
        /// @notice A purchase above it is large.
        uint128 largeWei;
        /// @notice How long after the close there are refunds, in seconds.
        uint64 refundTerm;
        /// @notice Until when the tokens of team and company are frozen.
        uint64 frozenUntil;
        /// @notice What the team gets of the tokens sold, in tenths of a percent.
        uint64 teamPermille;
        /// @notice What the company gets of the tokens sold, in tenths of a percent.
        uint64 companyPermille;
        /// @notice What the bounty programme gets, in INXT wei.
        uint128 bounty;
        Tier first;
        Tier second;
    }

    struct Receivers {
        address team;
        /// @notice Also gets the ether.
        address company;
        address bounty;
    }

    struct Purchase {
        uint128 paidWei;
        uint128 tokens;
    }

    /// @notice What is sold. The sale must be its minter.
    InxtToken public immutable token;

    /// @notice How much was paid, in wei.
    uint256 public raisedWei;

    /// @notice Whether the tokens of team, company and bounty programme were made.
    bool public settled;

    /// @notice Whether the tokens of team and company were handed out.
    bool public released;

    /// @notice What somebody paid and will get, refunds and claims taken off.
    mapping(address buyer => Purchase purchase) public purchases;

    Terms private _terms;
    Receivers private _receivers;

    /// @notice Somebody bought.
    /// @param buyer Who
    /// @param paidWei For how much, without the change
    /// @param tokens How many, with the bonus, in INXT wei
    event Purchased(address indexed buyer, uint256 paidWei, uint256 tokens);

    /// @notice A buyer got the tokens.
    /// @param buyer Who
    /// @param tokens How many, in INXT wei
    event Claimed(address indexed buyer, uint256 tokens);

    /// @notice A buyer got the ether back.
    /// @param buyer Who
    /// @param paidWei How much
    event Refunded(address indexed buyer, uint256 paidWei);

    /// @notice The tokens beside those sold were made.
    /// @param team For the team, frozen, in INXT wei
    /// @param company For the company, frozen, in INXT wei
    /// @param bounty For the bounty programme, in INXT wei
    event Settled(uint256 team, uint256 company, uint256 bounty);

    /// @notice The tokens of team and company were handed out.
    event Released();

    /// @notice The company got the ether.
    /// @param amountWei How much
    event Withdrawn(uint256 amountWei);

    /// @notice The terms contradict each other.
    /// @param ordered Whether opening, close and end of the freeze follow one another
    /// @param bounded Whether minimum and tiers lie within the cap, in their order
    /// @param rate Which must not be zero
    error SaleTermsInvalid(bool ordered, bool bounded, uint256 rate);

    /// @notice An address that must not be zero is.
    error AddressZero();

    /// @notice The sale is not open.
    /// @param opensAt When it opens
    /// @param closesAt When it closes
    error SaleNotOpen(uint64 opensAt, uint64 closesAt);

    /// @notice Everything is sold.
    /// @param capWei How much that was
    error SaleSoldOut(uint256 capWei);

    /// @notice Nothing was paid, so nothing is bought.
    error PaymentZero();

    /// @notice The sale has not come to a good end, or not yet.
    /// @param raisedWei How much was paid
    /// @param minimumWei How much it takes
    /// @param closesAt When it closes
    error SaleNotSuccessful(uint256 raisedWei, uint256 minimumWei, uint64 closesAt);

    /// @notice There are no refunds: the sale is not over, or was successful, or they ended.
    /// @param closesAt When the sale closes
    /// @param refundsEndAt When refunds end
    error RefundsNotOpen(uint64 closesAt, uint64 refundsEndAt);

    /// @notice There is nothing to fetch.
    /// @param caller Who tried
    error NothingDue(address caller);

    /// @notice This was done already.
    error AlreadyDone();

    /// @notice The tokens are frozen.
    /// @param frozenUntil Until when
    error Frozen(uint64 frozenUntil);

    /// @notice Fixes the terms, for ever.
    /// @param token_ What is sold; its minter must be this contract
    /// @param terms_ When, how much, for how much
    /// @param receivers_ Team, company and bounty programme
    constructor(InxtToken token_, Terms memory terms_, Receivers memory receivers_) {
        bool ordered = terms_.opensAt < terms_.closesAt && terms_.closesAt <= terms_.frozenUntil;
        bool bounded = terms_.minimumWei <= terms_.capWei && terms_.first.endsAtWei <= terms_.second.endsAtWei
            && terms_.second.endsAtWei <= terms_.capWei;
        if (!ordered || !bounded || terms_.rate == 0) revert SaleTermsInvalid(ordered, bounded, terms_.rate);
        if (receivers_.team == address(0) || receivers_.company == address(0) || receivers_.bounty == address(0)) {
            revert AddressZero();
        }
        token = token_;
        _terms = terms_;
        _receivers = receivers_;
    }

    /// @notice Buys for what is sent along.
    receive() external payable {
        buy();
    }

    /// @notice Hands the caller the tokens that it bought.
    function claim() external nonReentrant {
        _requireSuccess();
        uint256 tokens = purchases[msg.sender].tokens;
        if (tokens == 0) revert NothingDue(msg.sender);
        delete purchases[msg.sender];
        emit Claimed(msg.sender, tokens);
        token.mint(msg.sender, tokens);
    }

    /// @notice Gives the caller its ether back, for two weeks after a sale below the minimum.
    function refund() external nonReentrant {
        uint64 refundsEndAt = _terms.closesAt + _terms.refundTerm;
        bool over = block.timestamp >= _terms.closesAt && block.timestamp < refundsEndAt;
        if (!over || raisedWei >= _terms.minimumWei) revert RefundsNotOpen(_terms.closesAt, refundsEndAt);
        uint256 paidWei = purchases[msg.sender].paidWei;
        if (paidWei == 0) revert NothingDue(msg.sender);
        delete purchases[msg.sender];
        emit Refunded(msg.sender, paidWei);
        Address.sendValue(payable(msg.sender), paidWei);
    }

    /// @notice Makes the tokens of team, company and bounty programme after a good end; anyone may call it.
    function settle() external nonReentrant {
        _requireSuccess();
        if (settled) revert AlreadyDone();
        settled = true;
        (uint256 team, uint256 company) = _shares();
        emit Settled(team, company, _terms.bounty);
        token.mint(address(this), team + company);
        token.mint(_receivers.bounty, _terms.bounty);
    }

    /// @notice Hands team and company their tokens when they are not frozen any more; anyone may call it.
    function release() external nonReentrant {
        if (!settled || released) revert NothingDue(msg.sender);
        if (block.timestamp < _terms.frozenUntil) revert Frozen(_terms.frozenUntil);
        released = true;
        (uint256 team, uint256 company) = _shares();
        emit Released();
        token.safeTransfer(_receivers.team, team);
        token.safeTransfer(_receivers.company, company);
    }

    /// @notice Sends the ether to the company: after a good end all of it, after a bad one what nobody wanted back in
    /// time. Anyone may call it.
    function withdraw() external nonReentrant {
        bool unclaimed = block.timestamp >= _terms.closesAt + _terms.refundTerm;
        if (!unclaimed) _requireSuccess();
        uint256 amountWei = address(this).balance;
        emit Withdrawn(amountWei);
        Address.sendValue(payable(_receivers.company), amountWei);
    }

    /// @notice Everything that was agreed on.
    /// @return When, how much, for how much
    function terms() external view returns (Terms memory) {
        return _terms;
    }

    /// @notice Who gets what was not bought.
    /// @return Team, company and bounty programme
    function receivers() external view returns (Receivers memory) {
        return _receivers;
    }

    /// @notice Buys for what is sent along. What goes beyond the cap comes back at once.
    function buy() public payable nonReentrant {
        if (block.timestamp < _terms.opensAt || block.timestamp >= _terms.closesAt) {
            revert SaleNotOpen(_terms.opensAt, _terms.closesAt);
        }
        if (msg.value == 0) revert PaymentZero();
        uint256 raisedBefore = raisedWei;
        uint256 left = _terms.capWei - raisedBefore;
        if (left == 0) revert SaleSoldOut(_terms.capWei);
        uint256 paidWei = Math.min(msg.value, left);
        uint256 tokens = tokensFor(paidWei, raisedBefore);

        raisedWei = raisedBefore + paidWei;
        Purchase storage purchase = purchases[msg.sender];
        purchase.paidWei += SafeCast.toUint128(paidWei);
        purchase.tokens += SafeCast.toUint128(tokens);
        emit Purchased(msg.sender, paidWei, tokens);
        if (msg.value > paidWei) Address.sendValue(payable(msg.sender), msg.value - paidWei);
    }

    /// @notice What a purchase brings, split where it crosses the end of a tier.
    /// @param paidWei How much is paid; not beyond the cap
    /// @param raisedBeforeWei How much was paid before it
    /// @return tokens With the bonus, in INXT wei
    function tokensFor(uint256 paidWei, uint256 raisedBeforeWei) public view returns (uint256 tokens) {
        bool large = paidWei > _terms.largeWei;
        tokens = paidWei * _terms.rate;
        tokens += _bonus(_terms.first, large, 0, raisedBeforeWei, paidWei);
        tokens += _bonus(_terms.second, large, _terms.first.endsAtWei, raisedBeforeWei, paidWei);
    }

    /// @notice Whether the sale came to a good end: closed or sold out, with the minimum reached.
    /// @return False also before the end
    function successful() public view returns (bool) {
        bool ended = block.timestamp >= _terms.closesAt || raisedWei == _terms.capWei;
        return ended && raisedWei >= _terms.minimumWei;
    }

    function _requireSuccess() private view {
        if (!successful()) revert SaleNotSuccessful(raisedWei, _terms.minimumWei, _terms.closesAt);
    }

    /// @dev What the part of a purchase that lies within a tier brings beside its tokens.
    function _bonus(Tier memory tier, bool large, uint256 startWei, uint256 raisedBeforeWei, uint256 paidWei)
        private
        view
        returns (uint256)
    {
        uint256 from = Math.max(startWei, raisedBeforeWei);
        uint256 to = Math.min(tier.endsAtWei, raisedBeforeWei + paidWei);
        if (to <= from) return 0;
        return ((to - from) * _terms.rate * (large ? tier.bonusLargePercent : tier.bonusPercent)) / 100;
    }

    /// @dev Of the tokens sold, without their bonus.
    function _shares() private view returns (uint256 team, uint256 company) {
        uint256 sold = raisedWei * _terms.rate;
        team = (sold * _terms.teamPermille) / 1000;
        company = (sold * _terms.companyPermille) / 1000;
    }
}
