// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Owner, expiry, sequence and kinds of a name, in one word.
/// @author The INXT authors
/// @notice Packed by hand: half the gas of a struct that is copied, and one storage proof shows all of them. The
/// layout stands at NameRegistry.
library NameFacts {
    /// @notice No hash.
    uint256 internal constant NONE = 0;
    /// @notice IPFS, a directory or a large file.
    uint256 internal constant DAG_PB = 1;
    /// @notice IPFS, plain bytes.
    uint256 internal constant RAW = 2;
    /// @notice Any other content hash.
    uint256 internal constant OTHER = 3;

    /// @notice Room for any EIP-1577 content hash with a 512-bit digest, in bytes.
    uint256 internal constant HASH_LENGTH_MAX = 128;

    /// @notice Set when there is a delegate.
    uint256 internal constant HAS_DELEGATE = 1 << 252;

    uint256 private constant _EXPIRY_SHIFT = 160;
    uint256 private constant _SEQUENCE_SHIFT = 200;
    uint256 private constant _KINDS_SHIFT = 248;
    bytes6 private constant _DAG_PB_PREFIX = 0xe30101701220;
    bytes6 private constant _RAW_PREFIX = 0xe30101551220;
    /// @dev What a change of owner and expiry leaves.
    uint256 private constant _UPPER = type(uint256).max << _SEQUENCE_SHIFT;
    /// @dev The prefix and a SHA-256 digest.
    uint256 private constant _DIGEST_FORM_LENGTH = 6 + 32;

    /// @notice The content hash is too long.
    /// @param length Its length in bytes
    /// @param lengthMax The bound in bytes
    error HashLengthInvalid(uint256 length, uint256 lengthMax);

    /// @notice Gives the facts with the next sequence. At a change a block 48 bits last a hundred million years.
    /// @param facts The word
    /// @return The word with one change more
    function counted(uint256 facts) internal pure returns (uint256) {
        return facts + (1 << _SEQUENCE_SHIFT);
    }

    /// @notice Gives the facts with another owner and expiry.
    /// @param facts The word
    /// @param owner_ Who holds the name
    /// @param expiresAt_ The first second at which it is not held any more
    /// @return The word, all else as it was
    function assigned(uint256 facts, address owner_, uint64 expiresAt_) internal pure returns (uint256) {
        return (facts & _UPPER) | (uint256(SafeCast.toUint40(expiresAt_)) << _EXPIRY_SHIFT) | uint160(owner_);
    }

    /// @notice Gives the facts with another kind of hash.
    /// @param facts The word
    /// @param which 0 for content, 1 for the zone
    /// @param kind The kind
    /// @return The word, all else as it was
    function withKind(uint256 facts, uint256 which, uint256 kind) internal pure returns (uint256) {
        uint256 shift = _KINDS_SHIFT + 2 * which;
        return (facts & ~(3 << shift)) | (kind << shift);
    }

    /// @notice Gives the facts with no hash of either sort.
    /// @param facts The word
    /// @return The word, all else as it was
    function withoutKinds(uint256 facts) internal pure returns (uint256) {
        return facts & ~(uint256(0xf) << _KINDS_SHIFT);
    }

    /// @notice Whether the name is held now.
    /// @param facts The word
    /// @return False once the term is over
    function isHeld(uint256 facts) internal view returns (bool) {
        return block.timestamp < expiresAt(facts);
    }

    /// @notice The last owner.
    /// @param facts The word
    /// @return Zero when there never was one
    function owner(uint256 facts) internal pure returns (address) {
        return address(uint160(facts));
    }

    /// @notice The first second at which the name is not held any more.
    /// @param facts The word
    /// @return Seconds since the epoch
    function expiresAt(uint256 facts) internal pure returns (uint64) {
        return uint40(facts >> _EXPIRY_SHIFT);
    }

    /// @notice The number of changes so far.
    /// @param facts The word
    /// @return 0 when the name was never registered
    function sequence(uint256 facts) internal pure returns (uint64) {
        return uint48(facts >> _SEQUENCE_SHIFT);
    }

    /// @notice The kind of a stored hash.
    /// @param facts The word
    /// @param which 0 for content, 1 for the zone
    /// @return NONE, DAG_PB, RAW or OTHER
    function kindAt(uint256 facts, uint256 which) internal pure returns (uint256) {
        return (facts >> (_KINDS_SHIFT + 2 * which)) & 3;
    }

    /// @notice The kind of a hash that is to be stored.
    /// @param hash EIP-1577
    /// @return NONE, DAG_PB, RAW or OTHER
    function kindOf(bytes calldata hash) internal pure returns (uint256) {
        if (hash.length == 0) return NONE;
        if (hash.length > HASH_LENGTH_MAX) revert HashLengthInvalid(hash.length, HASH_LENGTH_MAX);
        if (hash.length != _DIGEST_FORM_LENGTH) return OTHER;
        bytes6 prefix = bytes6(hash);
        if (prefix == _DAG_PB_PREFIX) return DAG_PB;
        return prefix == _RAW_PREFIX ? RAW : OTHER;
    }

    /// @notice Whether a hash of this kind is stored as its digest alone.
    /// @param kind The kind
    /// @return True for the two common forms
    function hasDigest(uint256 kind) internal pure returns (bool) {
        return kind == DAG_PB || kind == RAW;
    }

    /// @notice What stands before the digest in a hash of this kind.
    /// @param kind DAG_PB or RAW
    /// @return The first six bytes of the hash
    function prefixOf(uint256 kind) internal pure returns (bytes6) {
        return kind == DAG_PB ? _DAG_PB_PREFIX : _RAW_PREFIX;
    }
}
