// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {DomainClaims} from "../contracts/DomainClaims.sol";
import {EdgeRegistry} from "../contracts/EdgeRegistry.sol";
import {InxtToken} from "../contracts/InxtToken.sol";
import {NameRegistrar} from "../contracts/NameRegistrar.sol";
import {NameRegistry} from "../contracts/NameRegistry.sol";
import {SlashPolicy} from "../contracts/SlashPolicy.sol";
import {Vm} from "./Vm.sol";

/// @notice All contracts but the sale, three people with 2,000,000 INXT each, and the words that tests say often.
abstract contract Network {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint256 internal constant INXT = 1e18;
    uint256 internal constant TERM = 365 days;
    uint256 internal constant GRACE = 90 days;
    uint256 internal constant AGE_MIN = 1 minutes;
    uint256 internal constant AGE_MAX = 1 days;
    uint256 internal constant START = 1_700_000_000;
    uint128 internal constant PREMIUM_START = 1_000_000e18;
    uint96 internal constant STAKE_MIN = 1000e18;
    uint40 internal constant UNBONDING = 14 days;
    bytes32 internal constant SECRET = keccak256("secret");
    bytes internal constant NO_HASH = "";
    bytes internal constant SITE =
        hex"e30101701220aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    bytes internal constant SITE_2 =
        hex"e30101701220bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    bytes internal constant RAW =
        hex"e30101551220cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";

    address internal constant ALICE = address(0xA11CE);
    address internal constant BOB = address(0xB0B);
    address internal constant CAROL = address(0xCA201);
    address internal constant TREASURY = address(0x7EA5);

    InxtToken internal token;
    NameRegistry internal registry;
    NameRegistrar internal registrar;
    DomainClaims internal claims;
    EdgeRegistry internal edges;
    SlashPolicy internal policy;
    bytes32 internal suffixNode;

    function setUp() public virtual {
        vm.warp(START);
        suffixNode = keccak256(abi.encodePacked(bytes32(0), keccak256("inxt")));
        token = new InxtToken(address(this), 50_832_500e18);
        registry = new NameRegistry(_next(1));
        registrar = new NameRegistrar(registry, token, TREASURY, suffixNode, _policy());
        claims = new DomainClaims();
        edges = new EdgeRegistry(token, _next(1), STAKE_MIN, UNBONDING);
        policy = new SlashPolicy(edges, 1000);
        address[3] memory people = [ALICE, BOB, CAROL];
        for (uint256 i = 0; i < 3; ++i) {
            token.mint(people[i], 2_000_000 * INXT);
            vm.startPrank(people[i]);
            token.approve(address(registrar), type(uint256).max);
            token.approve(address(edges), type(uint256).max);
            vm.stopPrank();
        }
    }

    /// @dev Where the contract after the next `skip` ones will be.
    function _next(uint256 skip) internal view returns (address) {
        return vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + skip);
    }

    function _policy() internal pure returns (NameRegistrar.Policy memory) {
        uint128[5] memory rents = [uint128(10_240e18), 2_560e18, 640e18, 160e18, 5e18];
        return NameRegistrar.Policy(AGE_MIN, AGE_MAX, PREMIUM_START, rents);
    }

    function _node(string memory label) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(suffixNode, keccak256(bytes(label))));
    }

    function _commit(string memory label, address owner, uint256 terms, bytes memory hash) internal {
        registrar.commit(registrar.commitmentOf(label, owner, terms, SECRET, hash));
        vm.warp(block.timestamp + AGE_MIN);
    }

    function _register(string memory label, address owner, bytes memory hash) internal returns (bytes32) {
        _commit(label, owner, 1, hash);
        vm.prank(owner);
        return registrar.register(label, owner, 1, SECRET, hash);
    }

    function _endpoint() internal pure returns (EdgeRegistry.Endpoint memory) {
        return EdgeRegistry.Endpoint(0x7f000101, 0, 53, 80, 443, 4001);
    }

    /// @dev Brings a random number into a range, ends included.
    function _between(uint256 x, uint256 min, uint256 max) internal pure returns (uint256) {
        return min + (x % (max - min + 1));
    }
}
