// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {NameRegistry} from "../contracts/NameRegistry.sol";
import {Network} from "./Network.sol";

/// @notice Receives tokens and tries to send them on, or to register, while it does.
contract Receiver {
    bool public entered;
    function(uint256) external private _act;

    function set(function(uint256) external act) external {
        _act = act;
    }

    function onERC721Received(address, address, uint256 tokenId, bytes calldata) external returns (bytes4) {
        entered = true;
        if (_act.address != address(0)) _act(tokenId);
        return this.onERC721Received.selector;
    }
}

/// @notice Names as ERC-721 tokens whose owner is the registry's.
contract NameTokenTest is Network {
    bytes32 private node;
    uint256 private id;

    function setUp() public override {
        super.setUp();
        node = _register("thing", ALICE, SITE);
        id = uint256(node);
    }

    function test_moving_the_token_moves_the_name_and_drops_delegate_and_approval() public {
        vm.startPrank(ALICE);
        registry.setDelegate(node, CAROL);
        registrar.approve(CAROL, id);
        vm.stopPrank();
        vm.expectEmit(address(registry));
        emit NameRegistry.NameTransferred(node, ALICE, BOB, 4);
        vm.expectEmit(address(registrar));
        emit IERC721.Transfer(ALICE, BOB, id);
        vm.prank(CAROL);
        registrar.transferFrom(ALICE, BOB, id);
        vm.assertEq(registrar.ownerOf(id), BOB);
        vm.assertEq(registry.owner(node), BOB);
        vm.assertEq(registry.delegate(node), address(0));
        vm.assertEq(registry.contenthash(node), SITE);
        vm.assertEq(registrar.getApproved(id), address(0));
        vm.assertEq(registrar.balanceOf(ALICE), 0);
        vm.assertEq(registrar.balanceOf(BOB), 1);
        vm.prank(ALICE);
        vm.expectRevert();
        registry.setContenthash(node, SITE_2);
        vm.prank(BOB);
        registry.setContenthash(node, SITE_2);
    }

    function test_only_who_may_moves_a_token() public {
        vm.prank(BOB);
        vm.expectRevert(
            abi.encodeWithSelector(IERC721Errors.ERC721InsufficientApproval.selector, BOB, id)
        );
        registrar.transferFrom(ALICE, BOB, id);
        vm.startPrank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, address(0)));
        registrar.transferFrom(ALICE, address(0), id);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721IncorrectOwner.selector, BOB, id, ALICE));
        registrar.transferFrom(BOB, CAROL, id);
        vm.expectRevert(abi.encodeWithSelector(NameRegistry.NameExpired.selector, bytes32(uint256(7)), uint64(0)));
        registrar.transferFrom(ALICE, BOB, 7);
        registrar.setApprovalForAll(BOB, true);
        vm.stopPrank();
        vm.prank(BOB);
        registrar.transferFrom(ALICE, CAROL, id);
        vm.assertEq(registry.owner(node), CAROL);
    }

    function test_a_token_whose_term_is_over_stays_where_it_is() public {
        uint64 expiresAt = registry.expiresAt(node);
        vm.warp(expiresAt);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, id));
        registrar.ownerOf(id);
        vm.prank(ALICE);
        vm.expectRevert(
            abi.encodeWithSelector(NameRegistry.NameExpired.selector, node, expiresAt)
        );
        registrar.transferFrom(ALICE, BOB, id);
        vm.assertEq(registrar.balanceOf(ALICE), 1);
        vm.prank(ALICE);
        registrar.renew("thing", 1);
        vm.assertEq(registrar.ownerOf(id), ALICE);
    }

    function test_a_token_may_go_where_it_is() public {
        vm.prank(ALICE);
        registrar.transferFrom(ALICE, ALICE, id);
        vm.assertEq(registrar.balanceOf(ALICE), 1);
        vm.assertEq(registrar.ownerOf(id), ALICE);
    }

    function test_a_receiver_that_sends_it_on_at_once_leaves_everything_consistent() public {
        Receiver receiver = new Receiver();
        receiver.set(this.sendOn);
        vm.prank(address(receiver));
        registrar.setApprovalForAll(address(this), true);
        vm.prank(ALICE);
        registrar.safeTransferFrom(ALICE, address(receiver), id);
        vm.assertTrue(receiver.entered(), "was called");
        vm.assertEq(registry.owner(node), CAROL);
        vm.assertEq(registrar.balanceOf(address(receiver)), 0);
        vm.assertEq(registrar.balanceOf(CAROL), 1);
    }

    function sendOn(uint256 tokenId) external {
        registrar.transferFrom(msg.sender, CAROL, tokenId);
    }

    function test_a_registration_calls_nobody() public {
        Receiver receiver = new Receiver();
        _commit("quiet", address(receiver), 1, NO_HASH);
        vm.prank(ALICE);
        registrar.register("quiet", address(receiver), 1, SECRET, NO_HASH);
        vm.assertFalse(receiver.entered(), "was called");
        vm.assertEq(registry.owner(_node("quiet")), address(receiver));
    }

    function test_tokens_introduce_themselves() public view {
        vm.assertEq(registrar.name(), "INXT names");
        vm.assertEq(registrar.symbol(), "INXTNAME");
        vm.assertTrue(registrar.supportsInterface(type(IERC721).interfaceId), "ERC-721");
    }
}
