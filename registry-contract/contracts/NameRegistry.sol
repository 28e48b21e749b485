// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {NameFacts} from "./NameFacts.sol";

/// @title Who may change a name, until when, and what it names.
/// @author The INXT authors
/// @notice Facts only. A name is a node, keccak256(parent, keccak256(label)) as in EIP-137. Its owner and its
/// delegate set its content and its zone; owner and expiry are set by the registrar alone, which holds the policy.
/// @dev Every change raises the sequence by one and every event carries the new value: a reader who misses a log sees
/// the gap, and of two proven records the one with the higher sequence is the newer. A name that is registered anew
/// keeps counting.
///
/// Storage, as `eth_getProof` shows it. `base` is keccak256(node . 0), both as 32-byte words:
///
/// | slot     | bits    | what                                                                                 |
/// |----------|---------|--------------------------------------------------------------------------------------|
/// | base     | 0-159   | owner                                                                                |
/// |          | 160-199 | expiresAt, seconds since the epoch                                                   |
/// |          | 200-247 | sequence                                                                             |
/// |          | 248-249 | kind of contenthash: 0 none, 1 IPFS dag-pb, 2 IPFS raw, 3 other                      |
/// |          | 250-251 | kind of zonehash, likewise                                                           |
/// |          | 252     | 1 when there is a delegate                                                           |
/// | base + 1 | 0-159   | delegate                                                                             |
/// | base + 2 | 0-255   | SHA-256 digest of contenthash, for kinds 1 and 2                                     |
/// | base + 3 | 0-255   | SHA-256 digest of zonehash, for kinds 1 and 2                                        |
/// | base + 4 |         | contenthash for kind 3, as Solidity stores `bytes` (long ones at keccak256(base + 4)) |
/// | base + 5 |         | zonehash for kind 3, likewise                                                        |
///
/// A slot that the kinds do not call for is zero. Kind 1 stands for the prefix e30101701220, kind 2 for e30101551220
/// (EIP-1577, "ipfs-ns", CIDv1, SHA-256): the common forms cost one slot, not three.
contract NameRegistry is IERC165 {
    struct Name {
        /// @dev Owner, expiresAt, sequence and kinds, packed by hand: half the gas of a struct that is copied.
        uint256 facts;
        address delegate;
        bytes32[2] digests;
        bytes[2] others;
    }

    using NameFacts for uint256;

    /// @notice Room for any EIP-1577 content hash with a 512-bit digest, in bytes.
    uint256 public constant HASH_LENGTH_MAX = NameFacts.HASH_LENGTH_MAX;

    /// @notice The only contract that sets owner and expiry.
    address public immutable registrar;

    mapping(bytes32 node => Name name) private _names;

    uint256 private constant _CONTENT = 0;
    uint256 private constant _ZONE = 1;

    /// @notice The name is new, or had been released: content, zone and delegate are gone. Content that was given
    /// along follows as an event of its own.
    /// @param node The name
    /// @param owner Who holds it from now on
    /// @param expiresAt The first second at which it is not held any more
    /// @param sequence The number of this change
    event NameAssigned(bytes32 indexed node, address indexed owner, uint64 expiresAt, uint64 sequence);

    /// @notice The name is held for longer.
    /// @param node The name
    /// @param expiresAt The first second at which it is not held any more
    /// @param sequence The number of this change
    event NameExtended(bytes32 indexed node, uint64 expiresAt, uint64 sequence);

    /// @notice The name has another owner and no delegate; content, zone and expiry stay.
    /// @param node The name
    /// @param from Who held it
    /// @param to Who holds it from now on
    /// @param sequence The number of this change
    event NameTransferred(bytes32 indexed node, address indexed from, address indexed to, uint64 sequence);

    /// @notice Somebody else may set content and zone, or with the zero address nobody else.
    /// @param node The name
    /// @param delegate Who may
    /// @param sequence The number of this change
    event DelegateChanged(bytes32 indexed node, address indexed delegate, uint64 sequence);

    /// @notice The name points at other content, or with empty bytes at none.
    /// @param node The name
    /// @param contenthash EIP-1577
    /// @param sequence The number of this change
    event ContenthashChanged(bytes32 indexed node, bytes contenthash, uint64 sequence);

    /// @notice The owner's signed zone is another, or with empty bytes there is none.
    /// @param node The name
    /// @param zonehash EIP-1577
    /// @param sequence The number of this change
    event ZonehashChanged(bytes32 indexed node, bytes zonehash, uint64 sequence);

    /// @notice Only the registrar may do this.
    /// @param registrar Who may
    /// @param caller Who tried
    error RegistrarMismatch(address registrar, address caller);

    /// @notice The name was never registered (`expiresAt` 0), or its term is over.
    /// @param node The name
    /// @param expiresAt When its term ended
    error NameExpired(bytes32 node, uint64 expiresAt);

    /// @notice Only the owner may do this.
    /// @param node The name
    /// @param owner Who may
    /// @param caller Who tried
    error NameOwnerMismatch(bytes32 node, address owner, address caller);

    /// @notice Only the owner and the delegate may do this.
    /// @param node The name
    /// @param owner Who may
    /// @param delegate Who may; zero when there is none
    /// @param caller Who tried
    error NameWriterMismatch(bytes32 node, address owner, address delegate, address caller);

    modifier onlyRegistrar() {
        if (msg.sender != registrar) revert RegistrarMismatch(registrar, msg.sender);
        _;
    }

    /// @notice Binds the registry to its registrar, for ever.
    /// @param registrar_ Its address may be computed before it is deployed
    constructor(address registrar_) {
        registrar = registrar_;
    }

    /// @notice Gives a name that is free to an owner; whether it is free, the registrar knows.
    /// @param node The name
    /// @param owner_ Who holds it from now on
    /// @param expiresAt_ The first second at which it is not held any more
    /// @param contenthash_ EIP-1577; may be empty
    /// @return sequence_ The number of the assignment; content that is given along has the next one
    function assign(bytes32 node, address owner_, uint64 expiresAt_, bytes calldata contenthash_)
        external
        onlyRegistrar
        returns (uint64 sequence_)
    {
        Name storage name = _names[node];
        uint256 facts = _cleared(name).counted();
        facts = facts.assigned(owner_, expiresAt_);
        sequence_ = facts.sequence();
        emit NameAssigned(node, owner_, expiresAt_, sequence_);
        if (contenthash_.length != 0) {
            facts = _writeHash(name, facts, _CONTENT, contenthash_);
            emit ContenthashChanged(node, contenthash_, facts.sequence());
        }
        name.facts = facts;
    }

    /// @notice Sets when a name expires.
    /// @param node The name
    /// @param expiresAt_ The first second at which it is not held any more
    /// @return sequence_ The number of this change
    function extend(bytes32 node, uint64 expiresAt_) external onlyRegistrar returns (uint64 sequence_) {
        uint256 facts = _names[node].facts.counted();
        facts = facts.assigned(facts.owner(), expiresAt_);
        sequence_ = facts.sequence();
        _names[node].facts = facts;
        emit NameExtended(node, expiresAt_, sequence_);
    }

    /// @notice Hands a name over as it is, content, zone and term included, but without its delegate.
    /// @param node A name that is held
    /// @param to Who holds it from now on
    /// @return from Who held it
    function transfer(bytes32 node, address to) external onlyRegistrar returns (address from) {
        Name storage name = _names[node];
        uint256 facts = _requireHeld(node, name);
        from = facts.owner();
        facts = _withoutDelegate(name, facts).counted() ^ uint160(from) ^ uint160(to);
        name.facts = facts;
        emit NameTransferred(node, from, to, facts.sequence());
    }

    /// @notice Lets somebody else set content and zone, until the name is handed over.
    /// @param node A name of the caller's
    /// @param delegate_ Who may; the zero address takes the permission back
    function setDelegate(bytes32 node, address delegate_) external {
        Name storage name = _names[node];
        uint256 facts = _requireHeld(node, name);
        if (facts.owner() != msg.sender) revert NameOwnerMismatch(node, facts.owner(), msg.sender);
        facts = _withoutDelegate(name, facts).counted();
        if (delegate_ != address(0)) {
            name.delegate = delegate_;
            facts |= NameFacts.HAS_DELEGATE;
        }
        name.facts = facts;
        emit DelegateChanged(node, delegate_, facts.sequence());
    }

    /// @notice Points a name at content.
    /// @param node A name of which the caller is owner or delegate
    /// @param hash EIP-1577; empty bytes point it at nothing
    function setContenthash(bytes32 node, bytes calldata hash) external {
        uint64 sequence_ = _setHash(node, _CONTENT, hash);
        emit ContenthashChanged(node, hash, sequence_);
    }

    /// @notice Names the owner's signed zone.
    /// @param node A name of which the caller is owner or delegate
    /// @param hash EIP-1577; empty bytes for no zone
    function setZonehash(bytes32 node, bytes calldata hash) external {
        uint64 sequence_ = _setHash(node, _ZONE, hash);
        emit ZonehashChanged(node, hash, sequence_);
    }

    /// @notice Who holds the name now.
    /// @param node The name
    /// @return The zero address once the term is over
    function owner(bytes32 node) external view returns (address) {
        uint256 facts = _names[node].facts;
        return facts.isHeld() ? facts.owner() : address(0);
    }

    /// @notice Who else may set content and zone now.
    /// @param node The name
    /// @return The zero address when there is nobody, and once the term is over
    function delegate(bytes32 node) external view returns (address) {
        return _names[node].facts.isHeld() ? _names[node].delegate : address(0);
    }

    /// @notice What the name points at now.
    /// @param node The name
    /// @return EIP-1577; empty when there is nothing, and once the term is over
    function contenthash(bytes32 node) external view returns (bytes memory) {
        return _names[node].facts.isHeld() ? _readHash(_names[node], _CONTENT) : bytes("");
    }

    /// @notice The owner's signed zone.
    /// @param node The name
    /// @return EIP-1577; empty when there is none, and once the term is over
    function zonehash(bytes32 node) external view returns (bytes memory) {
        return _names[node].facts.isHeld() ? _readHash(_names[node], _ZONE) : bytes("");
    }

    /// @notice The number of changes the node has ever seen.
    /// @param node The name
    /// @return 0 when it was never registered
    function sequence(bytes32 node) external view returns (uint64) {
        return _names[node].facts.sequence();
    }

    /// @notice The first second at which the name is not held any more.
    /// @param node The name
    /// @return Seconds since the epoch; 0 when it was never registered
    function expiresAt(bytes32 node) external view returns (uint64) {
        return _names[node].facts.expiresAt();
    }

    /// @notice The last owner and when the term ends or ended, whatever the clock says.
    /// @param node The name
    /// @return owner_ The last owner
    /// @return expiresAt_ The first second at which the name is not held any more; 0 when it was never registered
    function term(bytes32 node) external view returns (address owner_, uint64 expiresAt_) {
        uint256 facts = _names[node].facts;
        return (facts.owner(), facts.expiresAt());
    }

    /// @notice All that is stored, whatever the clock says: what a storage proof shows.
    /// @param node The name
    /// @return owner_ The last owner
    /// @return delegate_ Who else may set content and zone
    /// @return expiresAt_ The first second at which the name is not held any more
    /// @return sequence_ The number of changes so far
    /// @return contenthash_ EIP-1577
    /// @return zonehash_ EIP-1577
    function record(bytes32 node)
        external
        view
        returns (
            address owner_,
            address delegate_,
            uint64 expiresAt_,
            uint64 sequence_,
            bytes memory contenthash_,
            bytes memory zonehash_
        )
    {
        Name storage name = _names[node];
        owner_ = name.facts.owner();
        delegate_ = name.delegate;
        expiresAt_ = name.facts.expiresAt();
        sequence_ = name.facts.sequence();
        contenthash_ = _readHash(name, _CONTENT);
        zonehash_ = _readHash(name, _ZONE);
    }

    /// @notice ERC-165: this interface, and the ENS profile `contenthash(bytes32)`, 0xbc1c58d1.
    /// @param interfaceId The interface asked for
    /// @return Whether it is one of the two
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == this.contenthash.selector;
    }

    function _setHash(bytes32 node, uint256 which, bytes calldata hash) private returns (uint64) {
        Name storage name = _names[node];
        uint256 facts = _requireHeld(node, name);
        if (facts.owner() != msg.sender && name.delegate != msg.sender) {
            revert NameWriterMismatch(node, facts.owner(), name.delegate, msg.sender);
        }
        facts = _writeHash(name, facts, which, hash);
        name.facts = facts;
        return facts.sequence();
    }

    /// @dev Stores the hash; gives the facts with its kind and the next sequence, which the caller stores.
    function _writeHash(Name storage name, uint256 facts, uint256 which, bytes calldata hash)
        private
        returns (uint256)
    {
        uint256 kind = NameFacts.kindOf(hash);
        _freeHash(name, facts.kindAt(which), which, kind);
        if (kind == NameFacts.OTHER) name.others[which] = hash;
        else if (kind != NameFacts.NONE) name.digests[which] = bytes32(hash[6:]);
        return facts.withKind(which, kind).counted();
    }

    /// @dev Frees what `next` will not overwrite, so that no slot holds what its kind does not call for.
    function _freeHash(Name storage name, uint256 kind, uint256 which, uint256 next) private {
        if (kind == NameFacts.OTHER && next != NameFacts.OTHER) delete name.others[which];
        if (kind.hasDigest() && !next.hasDigest()) delete name.digests[which];
    }

    function _withoutDelegate(Name storage name, uint256 facts) private returns (uint256) {
        if (facts & NameFacts.HAS_DELEGATE == 0) return facts;
        delete name.delegate;
        return facts ^ NameFacts.HAS_DELEGATE;
    }

    function _cleared(Name storage name) private returns (uint256 facts) {
        facts = _withoutDelegate(name, name.facts);
        _freeHash(name, facts.kindAt(_CONTENT), _CONTENT, NameFacts.NONE);
        _freeHash(name, facts.kindAt(_ZONE), _ZONE, NameFacts.NONE);
        facts = facts.withoutKinds();
    }

    function _readHash(Name storage name, uint256 which) private view returns (bytes memory) {
        uint256 kind = name.facts.kindAt(which);
        if (kind == NameFacts.NONE) return "";
        if (kind == NameFacts.OTHER) return name.others[which];
        return abi.encodePacked(NameFacts.prefixOf(kind), name.digests[which]);
    }

    function _requireHeld(bytes32 node, Name storage name) private view returns (uint256 facts) {
        facts = name.facts;
        if (!facts.isHeld()) revert NameExpired(node, facts.expiresAt());
    }

}
