// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

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

    /// @notice Room for any EIP-1577 content hash with a 512-bit digest, in bytes.
    uint256 public constant HASH_LENGTH_MAX = 128;

    /// @notice The only contract that sets owner and expiry.
    address public immutable registrar;

    mapping(bytes32 node => Name name) private _names;

    uint256 private constant _CONTENT = 0;
    uint256 private constant _ZONE = 1;

    uint256 private constant _NONE = 0;
    uint256 private constant _DAG_PB = 1;
    uint256 private constant _RAW = 2;
    uint256 private constant _OTHER = 3;

    uint256 private constant _EXPIRY_SHIFT = 160;
    uint256 private constant _SEQUENCE_SHIFT = 200;
    uint256 private constant _KINDS_SHIFT = 248;
    uint256 private constant _HAS_DELEGATE = 1 << 252;
    /// @dev What a change of owner and expiry leaves.
    uint256 private constant _UPPER = type(uint256).max << _SEQUENCE_SHIFT;

    bytes6 private constant _DAG_PB_PREFIX = 0xe30101701220;
    bytes6 private constant _RAW_PREFIX = 0xe30101551220;
    /// @dev The prefix and a SHA-256 digest.
    uint256 private constant _DIGEST_FORM_LENGTH = 6 + 32;

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

    /// @notice The content hash is too long.
    /// @param length Its length in bytes
    /// @param lengthMax The bound in bytes
    error HashLengthInvalid(uint256 length, uint256 lengthMax);

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
        uint256 facts = _counted(_cleared(name));
        facts = (facts & _UPPER) | _expiry(expiresAt_) | uint160(owner_);
        sequence_ = _sequenceOf(facts);
        emit NameAssigned(node, owner_, expiresAt_, sequence_);
        if (contenthash_.length != 0) {
            facts = _writeHash(name, facts, _CONTENT, contenthash_);
            emit ContenthashChanged(node, contenthash_, _sequenceOf(facts));
        }
        name.facts = facts;
    }

    /// @notice Sets when a name expires.
    /// @param node The name
    /// @param expiresAt_ The first second at which it is not held any more
    /// @return sequence_ The number of this change
    function extend(bytes32 node, uint64 expiresAt_) external onlyRegistrar returns (uint64 sequence_) {
        uint256 facts = _counted(_names[node].facts);
        facts = (facts & _UPPER) | _expiry(expiresAt_) | uint160(facts);
        sequence_ = _sequenceOf(facts);
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
        from = _ownerOf(facts);
        facts = _counted(_withoutDelegate(name, facts)) ^ uint160(from) ^ uint160(to);
        name.facts = facts;
        emit NameTransferred(node, from, to, _sequenceOf(facts));
    }

    /// @notice Lets somebody else set content and zone, until the name is handed over.
    /// @param node A name of the caller's
    /// @param delegate_ Who may; the zero address takes the permission back
    function setDelegate(bytes32 node, address delegate_) external {
        Name storage name = _names[node];
        uint256 facts = _requireHeld(node, name);
        if (_ownerOf(facts) != msg.sender) revert NameOwnerMismatch(node, _ownerOf(facts), msg.sender);
        facts = _counted(_withoutDelegate(name, facts));
        if (delegate_ != address(0)) {
            name.delegate = delegate_;
            facts |= _HAS_DELEGATE;
        }
        name.facts = facts;
        emit DelegateChanged(node, delegate_, _sequenceOf(facts));
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
        return _isHeld(facts) ? _ownerOf(facts) : address(0);
    }

    /// @notice Who else may set content and zone now.
    /// @param node The name
    /// @return The zero address when there is nobody, and once the term is over
    function delegate(bytes32 node) external view returns (address) {
        return _isHeld(_names[node].facts) ? _names[node].delegate : address(0);
    }

    /// @notice What the name points at now.
    /// @param node The name
    /// @return EIP-1577; empty when there is nothing, and once the term is over
    function contenthash(bytes32 node) external view returns (bytes memory) {
        return _isHeld(_names[node].facts) ? _readHash(_names[node], _CONTENT) : bytes("");
    }

    /// @notice The owner's signed zone.
    /// @param node The name
    /// @return EIP-1577; empty when there is none, and once the term is over
    function zonehash(bytes32 node) external view returns (bytes memory) {
        return _isHeld(_names[node].facts) ? _readHash(_names[node], _ZONE) : bytes("");
    }

    /// @notice The number of changes the node has ever seen.
    /// @param node The name
    /// @return 0 when it was never registered
    function sequence(bytes32 node) external view returns (uint64) {
        return _sequenceOf(_names[node].facts);
    }

    /// @notice The first second at which the name is not held any more.
    /// @param node The name
    /// @return Seconds since the epoch; 0 when it was never registered
    function expiresAt(bytes32 node) external view returns (uint64) {
        return _expiresAtOf(_names[node].facts);
    }

    /// @notice The last owner and when the term ends or ended, whatever the clock says.
    /// @param node The name
    /// @return owner_ The last owner
    /// @return expiresAt_ The first second at which the name is not held any more; 0 when it was never registered
    function term(bytes32 node) external view returns (address owner_, uint64 expiresAt_) {
        uint256 facts = _names[node].facts;
        return (_ownerOf(facts), _expiresAtOf(facts));
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
        owner_ = _ownerOf(name.facts);
        delegate_ = name.delegate;
        expiresAt_ = _expiresAtOf(name.facts);
        sequence_ = _sequenceOf(name.facts);
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
        if (_ownerOf(facts) != msg.sender && name.delegate != msg.sender) {
            revert NameWriterMismatch(node, _ownerOf(facts), name.delegate, msg.sender);
        }
        facts = _writeHash(name, facts, which, hash);
        name.facts = facts;
        return _sequenceOf(facts);
    }

    /// @dev Stores the hash; gives the facts with its kind and the next sequence, which the caller stores.
    function _writeHash(Name storage name, uint256 facts, uint256 which, bytes calldata hash)
        private
        returns (uint256)
    {
        uint256 kind = _kindOf(hash);
        facts = _withoutHash(name, facts, which, kind);
        if (kind == _OTHER) name.others[which] = hash;
        else if (kind != _NONE) name.digests[which] = bytes32(hash[6:]);
        return _counted(facts | (kind << (_KINDS_SHIFT + 2 * which)));
    }

    /// @dev Frees what `next` will not overwrite, so that no slot holds what its kind does not call for.
    function _withoutHash(Name storage name, uint256 facts, uint256 which, uint256 next) private returns (uint256) {
        uint256 kind = _kindAt(facts, which);
        if (kind == _OTHER && next != _OTHER) delete name.others[which];
        if ((kind == _DAG_PB || kind == _RAW) && (next == _NONE || next == _OTHER)) delete name.digests[which];
        return facts & ~(3 << (_KINDS_SHIFT + 2 * which));
    }

    function _withoutDelegate(Name storage name, uint256 facts) private returns (uint256) {
        if (facts & _HAS_DELEGATE == 0) return facts;
        delete name.delegate;
        return facts ^ _HAS_DELEGATE;
    }

    function _cleared(Name storage name) private returns (uint256 facts) {
        facts = _withoutDelegate(name, name.facts);
        facts = _withoutHash(name, facts, _CONTENT, _NONE);
        facts = _withoutHash(name, facts, _ZONE, _NONE);
    }

    function _readHash(Name storage name, uint256 which) private view returns (bytes memory) {
        uint256 kind = _kindAt(name.facts, which);
        if (kind == _NONE) return "";
        if (kind == _OTHER) return name.others[which];
        return abi.encodePacked(kind == _DAG_PB ? _DAG_PB_PREFIX : _RAW_PREFIX, name.digests[which]);
    }

    function _requireHeld(bytes32 node, Name storage name) private view returns (uint256 facts) {
        facts = name.facts;
        if (!_isHeld(facts)) revert NameExpired(node, _expiresAtOf(facts));
    }

    function _isHeld(uint256 facts) private view returns (bool) {
        return block.timestamp < _expiresAtOf(facts);
    }

    /// @dev The next sequence. At a change a block it would take 48 bits a hundred million years to overflow.
    function _counted(uint256 facts) private pure returns (uint256) {
        return facts + (1 << _SEQUENCE_SHIFT);
    }

    function _expiry(uint64 expiresAt_) private pure returns (uint256) {
        return uint256(SafeCast.toUint40(expiresAt_)) << _EXPIRY_SHIFT;
    }

    function _ownerOf(uint256 facts) private pure returns (address) {
        return address(uint160(facts));
    }

    function _expiresAtOf(uint256 facts) private pure returns (uint64) {
        return uint40(facts >> _EXPIRY_SHIFT);
    }

    function _sequenceOf(uint256 facts) private pure returns (uint64) {
        return uint48(facts >> _SEQUENCE_SHIFT);
    }

    function _kindAt(uint256 facts, uint256 which) private pure returns (uint256) {
        return (facts >> (_KINDS_SHIFT + 2 * which)) & 3;
    }

    function _kindOf(bytes calldata hash) private pure returns (uint256) {
        if (hash.length == 0) return _NONE;
        if (hash.length > HASH_LENGTH_MAX) revert HashLengthInvalid(hash.length, HASH_LENGTH_MAX);
        if (hash.length != _DIGEST_FORM_LENGTH) return _OTHER;
        bytes6 prefix = bytes6(hash);
        if (prefix == _DAG_PB_PREFIX) return _DAG_PB;
        return prefix == _RAW_PREFIX ? _RAW : _OTHER;
    }
}
