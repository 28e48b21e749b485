// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Invariants, World} from "./Invariants.sol";
import {Network} from "./Network.sol";

/// @notice Four names, three people, and what must be true of them.
contract NameWorld is World {
    struct Model {
        address owner;
        address delegate;
        uint256 expiresAt;
        uint256 sequence;
        bytes content;
    }

    uint256 public constant COUNT = 4;
    string[COUNT] private _labels = ["alpha", "bravo", "char", "xyz"];
    Model[COUNT] private _models;
    /// @notice What everybody together has paid, in INXT wei.
    uint256 public paid;

    function register(uint256 which, uint256 who, uint256 terms, uint256 payer) external {
        Model storage model = _models[which %= COUNT];
        address owner = _person(who);
        terms = _between(terms, 0, 11);
        bytes memory content = who % 2 == 0 ? SITE : NO_HASH;
        _commit(_labels[which], owner, terms, content);
        uint256 cost = _cost(which, terms, model.expiresAt);
        bool free = model.expiresAt == 0 || block.timestamp >= model.expiresAt + GRACE;
        bool affordable = token.balanceOf(_person(payer)) >= cost;
        bool accepted = free && terms > 0 && terms < 11 && affordable;
        vm.prank(_person(payer));
        _expect(accepted);
        registrar.register(_labels[which], owner, terms, SECRET, content);
        if (!accepted) {
            // Used or not, the commitment must not block the next one.
            vm.warp(block.timestamp + AGE_MAX);
            return;
        }
        uint256 sequence = model.sequence + (content.length == 0 ? 1 : 2);
        _models[which] = Model(owner, address(0), block.timestamp + terms * TERM, sequence, content);
        paid += cost;
    }

    function renew(uint256 which, uint256 terms, uint256 payer) external {
        Model storage model = _models[which %= COUNT];
        terms = _between(terms, 0, 11);
        uint256 cost = terms * registrar.rentOf(bytes(_labels[which]).length);
        uint256 extended = model.expiresAt + terms * TERM;
        bool held = model.expiresAt != 0 && block.timestamp < model.expiresAt + GRACE;
        bool bounded = terms > 0 && terms < 11 && extended <= block.timestamp + 10 * TERM;
        bool accepted = held && bounded && token.balanceOf(_person(payer)) >= cost;
        vm.prank(_person(payer));
        _expect(accepted);
        registrar.renew(_labels[which], terms);
        if (!accepted) return;
        model.expiresAt = extended;
        ++model.sequence;
        paid += cost;
    }

    function transfer(uint256 which, uint256 who, uint256 to) external {
        Model storage model = _models[which %= COUNT];
        bool accepted = _held(model) && model.owner == _person(who);
        vm.prank(_person(who));
        _expect(accepted);
        registrar.transferFrom(_person(who), _person(to), uint256(_node(_labels[which])));
        if (!accepted) return;
        (model.owner, model.delegate) = (_person(to), address(0));
        ++model.sequence;
    }

    function setContenthash(uint256 which, uint256 who, bytes calldata hash) external {
        Model storage model = _models[which %= COUNT];
        bool writer = model.owner == _person(who) || model.delegate == _person(who);
        bool accepted = _held(model) && writer && hash.length <= 128;
        vm.prank(_person(who));
        _expect(accepted);
        registry.setContenthash(_node(_labels[which]), hash);
        if (!accepted) return;
        model.content = hash;
        ++model.sequence;
    }

    function setDelegate(uint256 which, uint256 who, uint256 to) external {
        Model storage model = _models[which %= COUNT];
        bool accepted = _held(model) && model.owner == _person(who);
        address delegate = to % 4 == 3 ? address(0) : _person(to);
        vm.prank(_person(who));
        _expect(accepted);
        registry.setDelegate(_node(_labels[which]), delegate);
        if (!accepted) return;
        model.delegate = delegate;
        ++model.sequence;
    }

    function collect() external {
        registrar.collect();
    }

    function check() external view {
        uint256 known = 0;
        for (uint256 i = 0; i < COUNT; ++i) {
            Model storage model = _models[i];
            if (model.expiresAt != 0) ++known;
            _checkName(_node(_labels[i]), model);
        }
        uint256 tokens = registrar.balanceOf(ALICE) + registrar.balanceOf(BOB) + registrar.balanceOf(CAROL);
        vm.assertEq(tokens, known, "every name counts once");
        uint256 collected = token.balanceOf(address(registrar)) + token.balanceOf(TREASURY);
        vm.assertEq(collected, paid, "rent is neither lost nor made");
        uint256 left = token.balanceOf(ALICE) + token.balanceOf(BOB) + token.balanceOf(CAROL);
        vm.assertEq(left + paid, token.totalSupply(), "nor is anything else");
    }

    function _checkName(bytes32 node, Model storage model) private view {
        (address owner, address delegate, uint64 expiresAt, uint64 sequence, bytes memory content,) =
            registry.record(node);
        vm.assertEq(owner, model.owner);
        vm.assertEq(delegate, model.delegate);
        vm.assertEq(expiresAt, model.expiresAt);
        vm.assertEq(sequence, model.sequence);
        vm.assertEq(content, model.content);
        vm.assertEq(registry.owner(node), _held(model) ? model.owner : address(0));
    }

    function _held(Model storage model) private view returns (bool) {
        return block.timestamp < model.expiresAt;
    }

    function _cost(uint256 which, uint256 terms, uint256 expiresAt) private view returns (uint256) {
        return terms * registrar.rentOf(bytes(_labels[which]).length) + registrar.premiumAfter(uint64(expiresAt));
    }
}

/// @notice Ownership, expiry, sequence, content and rent, after any row of actions.
contract NameInvariantsTest is Invariants {
    NameWorld private world;

    function setUp() public {
        world = new NameWorld();
        world.setUp();
    }

    function invariant_names_are_as_the_model_has_them() public view {
        world.check();
    }

    function _world() internal view override returns (Network) {
        return world;
    }

    function _actions() internal pure override returns (bytes4[] memory actions) {
        actions = new bytes4[](7);
        actions[0] = NameWorld.register.selector;
        actions[1] = NameWorld.renew.selector;
        actions[2] = NameWorld.transfer.selector;
        actions[3] = NameWorld.setContenthash.selector;
        actions[4] = NameWorld.setDelegate.selector;
        actions[5] = NameWorld.collect.selector;
        actions[6] = World.wait.selector;
    }
}
