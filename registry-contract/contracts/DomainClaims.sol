// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Labels} from "./Labels.sol";

/// @title Which domains of the DNS are to show which sites.
/// @author The INXT authors
/// @notice Anybody may claim any domain: a claim alone is worth nothing. It counts when the domain's parent delegates
/// to name servers whose host names carry the claimant's token, which only the domain's holder can bring about.
/// @dev The token is 128 bits of keccak256(domain, owner): an address that fits another's token would take 2^128
/// tries to find, while 64 bits would be within reach of who wants a bank's domain.
contract DomainClaims {
    /// @notice Longest name of the DNS in wire format (RFC 1035 section 2.3.4), in bytes.
    uint256 public constant WIRE_LENGTH_MAX = 255;

    /// @notice What a claimant's domain is to show: the node of a site; 0 without a claim.
    /// @dev By keccak256 of the domain in wire format, and by claimant.
    mapping(bytes32 domain => mapping(address owner => bytes32 site)) public siteOf;

    /// @notice A claim is new or names another site.
    /// @param domain keccak256 of the domain in wire format
    /// @param owner Who claims it
    /// @param site The node of the site that it is to show
    /// @param name The domain as text
    /// @param token What a label of its name servers' host names must be, as hexadecimal text
    event DomainClaimed(
        bytes32 indexed domain, address indexed owner, bytes32 indexed site, string name, bytes16 token
    );

    /// @notice A claim was taken back.
    /// @param domain keccak256 of the domain in wire format
    /// @param owner Who claimed it
    event DomainReleased(bytes32 indexed domain, address indexed owner);

    /// @notice The domain is empty or longer than 255 bytes in wire format.
    /// @param length In wire format, in bytes
    error DomainLengthInvalid(uint256 length);

    /// @notice There is no site with node zero.
    error SiteZero();

    /// @notice There is nothing to take back.
    /// @param domain keccak256 of the domain in wire format
    /// @param owner Who asked
    error DomainUnclaimed(bytes32 domain, address owner);

    /// @notice Claims a domain for a site, or changes the site.
    /// @param name The domain: labels of a-z, 0-9 and "-" with dots between them, none at the end
    /// @param site The node of the site
    /// @return domain keccak256 of the domain in wire format
    function claim(string calldata name, bytes32 site) external returns (bytes32 domain) {
        if (site == 0) revert SiteZero();
        domain = domainOf(name);
        siteOf[domain][msg.sender] = site;
        emit DomainClaimed(domain, msg.sender, site, name, tokenOf(domain, msg.sender));
    }

    /// @notice Takes the caller's own claim back.
    /// @param domain keccak256 of the domain in wire format
    function release(bytes32 domain) external {
        if (siteOf[domain][msg.sender] == 0) revert DomainUnclaimed(domain, msg.sender);
        delete siteOf[domain][msg.sender];
        emit DomainReleased(domain, msg.sender);
    }

    /// @notice What a label of the name servers' host names must be, as 32 hexadecimal digits in lower case.
    /// @param domain keccak256 of the domain in wire format
    /// @param owner Who claims it
    /// @return The first 16 bytes of keccak256(abi.encodePacked(domain, owner))
    function tokenOf(bytes32 domain, address owner) public pure returns (bytes16) {
        return bytes16(keccak256(abi.encodePacked(domain, owner)));
    }

    /// @notice A domain's key; reverts unless every label is well-formed.
    /// @param name The domain as text
    /// @return keccak256 of the domain in wire format: each label after its length, then a zero
    function domainOf(string calldata name) public pure returns (bytes32) {
        bytes calldata text = bytes(name);
        // A first length and a last zero stand where the text has nothing; every dot becomes a length.
        if (text.length == 0 || text.length + 2 > WIRE_LENGTH_MAX) revert DomainLengthInvalid(text.length + 2);
        bytes memory wire = new bytes(text.length + 2);
        uint256 start = 0;
        for (uint256 i = 0; i <= text.length; ++i) {
            if (i != text.length && text[i] != ".") {
                wire[i + 1] = text[i];
                continue;
            }
            Labels.requireValid(text[start:i]);
            wire[start] = bytes1(uint8(i - start));
            start = i + 1;
        }
        return keccak256(wire);
    }
}
