// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EdgeRegistry} from "../contracts/EdgeRegistry.sol";
import {SlashPolicy} from "../contracts/SlashPolicy.sol";
import {Invariants, World} from "./Invariants.sol";
import {Network} from "./Network.sol";

/// @notice Three edges, three people, and where every INXT of theirs is.
contract StakeWorld is World {
    uint256 public constant COUNT = 3;
    uint256 private constant SUPPLY = 6_000_000e18;
    address[COUNT] private _owners;
    uint256[COUNT] private _stakes;
    uint256[COUNT] private _withdrawableAt;
    mapping(address reporter => uint256 amount) private _rewards;
    uint256 private _burned;
    uint64 private _lies;
    SlashPolicy.Statement private _last;
    bytes private _lastSignature;

    function enter(uint256 which, uint256 who, uint256 stake) external {
        which %= COUNT;
        stake = _between(stake, STAKE_MIN - 2, 2 * STAKE_MIN);
        bool enough = stake >= STAKE_MIN && token.balanceOf(_person(who)) >= stake;
        bool accepted = _owners[which] == address(0) && enough;
        vm.prank(_person(who));
        _expect(accepted);
        edges.register(_key(which), _operator(which), _endpoint(), uint96(stake));
        if (accepted) (_owners[which], _stakes[which]) = (_person(who), stake);
    }

    function addStake(uint256 which, uint256 who, uint256 amount) external {
        which %= COUNT;
        amount = _between(amount, 0, STAKE_MIN);
        uint256 stake = _stakes[which] + amount;
        bool accepted = _bonded(which, who) && stake >= STAKE_MIN && token.balanceOf(_person(who)) >= amount;
        vm.prank(_person(who));
        _expect(accepted);
        edges.addStake(_key(which), uint96(amount));
        if (accepted) _stakes[which] = stake;
    }

    function unbond(uint256 which, uint256 who) external {
        which %= COUNT;
        bool accepted = _bonded(which, who);
        vm.prank(_person(who));
        _expect(accepted);
        edges.unbond(_key(which));
        if (accepted) _withdrawableAt[which] = block.timestamp + UNBONDING;
    }

    function withdraw(uint256 which, uint256 who) external {
        which %= COUNT;
        bool due = _withdrawableAt[which] != 0 && block.timestamp >= _withdrawableAt[which];
        bool accepted = _owners[which] == _person(who) && due;
        uint256 before = token.balanceOf(_person(who));
        vm.prank(_person(who));
        _expect(accepted);
        edges.withdraw(_key(which));
        if (!accepted) return;
        vm.assertEq(token.balanceOf(_person(who)) - before, _stakes[which], "all of it and once");
        (_owners[which], _stakes[which], _withdrawableAt[which]) = (address(0), 0, 0);
    }

    /// @notice The edge signs something false, and somebody reports it.
    function lie(uint256 which, uint256 reporter) external {
        which %= COUNT;
        SlashPolicy.Statement memory statement =
            SlashPolicy.Statement(_key(which), sha256("asked"), keccak256("served"), ++_lies);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(which + 1, policy.evidenceOf(statement));
        bool accepted = _stakes[which] != 0;
        vm.prank(_person(reporter));
        _expect(accepted);
        policy.report(statement, abi.encodePacked(r, s, v), "served");
        if (!accepted) return;
        uint256 reward = _stakes[which] / 10;
        _rewards[_person(reporter)] += reward;
        _burned += _stakes[which] - reward;
        _stakes[which] = 0;
        (_last, _lastSignature) = (statement, abi.encodePacked(r, s, v));
    }

    /// @notice The evidence that was accepted last, once more, after the edge has staked again if it can.
    function repeat(uint256 reporter) external {
        uint256 which = _last.peerKey == 0 ? 0 : uint256(_last.peerKey) - 1;
        address owner = _owners[which];
        if (owner != address(0) && _withdrawableAt[which] == 0 && token.balanceOf(owner) >= STAKE_MIN) {
            vm.prank(owner);
            edges.addStake(_key(which), STAKE_MIN);
            _stakes[which] += STAKE_MIN;
        }
        vm.prank(_person(reporter));
        vm.expectRevert();
        policy.report(_last, _lastSignature, "served");
    }

    function collect(uint256 who) external {
        vm.prank(_person(who));
        vm.assertEq(edges.collect(), _rewards[_person(who)], "what was earned");
        _rewards[_person(who)] = 0;
    }

    function check() external view {
        uint256 held = 0;
        for (uint256 i = 0; i < COUNT; ++i) {
            EdgeRegistry.Edge memory edge = edges.edge(_key(i));
            vm.assertEq(edge.owner, _owners[i]);
            vm.assertEq(edge.stake, _stakes[i]);
            vm.assertEq(edge.withdrawableAt, _withdrawableAt[i]);
            held += edge.stake;
        }
        held += _rewards[ALICE] + _rewards[BOB] + _rewards[CAROL];
        vm.assertEq(token.balanceOf(address(edges)), held, "stakes and rewards, nothing else");
        vm.assertEq(token.totalSupply(), SUPPLY - _burned, "what was burned is gone");
        uint256 outside = token.balanceOf(ALICE) + token.balanceOf(BOB) + token.balanceOf(CAROL);
        vm.assertEq(outside + held, token.totalSupply(), "what left came to somebody");
    }

    function _bonded(uint256 which, uint256 who) private view returns (bool) {
        return _owners[which] == _person(who) && _withdrawableAt[which] == 0;
    }

    function _key(uint256 which) private pure returns (bytes32) {
        return bytes32(which + 1);
    }

    function _operator(uint256 which) private pure returns (address) {
        return vm.addr(which + 1);
    }
}

/// @notice Escrowed stake leaves by one way only, after any row of actions.
contract StakeInvariantsTest is Invariants {
    StakeWorld private world;

    function setUp() public {
        world = new StakeWorld();
        world.setUp();
    }

    function invariant_stake_never_leaves_by_two_ways() public view {
        world.check();
    }

    function _world() internal view override returns (Network) {
        return world;
    }

    function _actions() internal pure override returns (bytes4[] memory actions) {
        actions = new bytes4[](8);
        actions[0] = StakeWorld.enter.selector;
        actions[1] = StakeWorld.addStake.selector;
        actions[2] = StakeWorld.unbond.selector;
        actions[3] = StakeWorld.withdraw.selector;
        actions[4] = StakeWorld.lie.selector;
        actions[5] = StakeWorld.repeat.selector;
        actions[6] = StakeWorld.collect.selector;
        actions[7] = World.wait.selector;
    }
}
