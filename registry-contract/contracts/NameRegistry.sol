// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Who may change a name, until when, and which content it names.
/// @notice Facts only: a name belongs to whoever registered it first, for a term. Price, auctions and
/// disputes are policy and belong into contracts of their own, which would own names here.
/// @dev A name is a node, keccak256(suffixNode, keccak256(label)) as in EIP-137. Owner, expiry and sequence
/// share one storage slot, so that one storage proof (`eth_getProof`) shows all three at once. Every change
/// raises the sequence by one and every event carries the new value: a reader who misses a log sees the gap,
/// and of two proven records the one with the higher sequence is the newer. An expired name keeps its
/// sequence when it is registered again.
contract NameRegistry {
    struct Name {
        address owner;
        uint48 expiresAt;
        uint48 sequence;
    }

    /// @notice What one registration or renewal adds.
    uint48 public constant TERM = 365 days;

    /// @notice How far ahead a name may be paid up: two terms.
    uint48 public constant AHEAD_MAX = 2 * TERM;

    /// @notice Longest label of the DNS (RFC 1035 section 2.3.4), in bytes.
    uint256 public constant LABEL_LENGTH_MAX = 63;

    /// @notice Room for any EIP-1577 content hash with a 512-bit digest, in bytes.
    uint256 public constant CONTENTHASH_LENGTH_MAX = 128;

    /// @notice The node under which every name of this registry lies.
    bytes32 public immutable suffixNode;

    mapping(bytes32 node => Name) private _names;
    mapping(bytes32 node => bytes) private _contenthashes;

    event NameRegistered(
        bytes32 indexed node, string label, address indexed owner, uint64 expiresAt, uint64 sequence
    );
    event NameRenewed(bytes32 indexed node, uint64 expiresAt, uint64 sequence);
    event NameTransferred(bytes32 indexed node, address indexed from, address indexed to, uint64 sequence);
    event ContenthashChanged(bytes32 indexed node, bytes contenthash, uint64 sequence);

    /// @notice The label is empty or longer than 63 bytes.
    error LabelLengthInvalid(uint256 length);
    /// @notice Only a-z, 0-9 and "-" may appear, and "-" neither first nor last.
    error LabelCharacterInvalid(uint256 position, bytes1 character);
    error NameTaken(bytes32 node, address owner, uint64 expiresAt);
    /// @notice The name was never registered (`expiresAt` 0) or its term is over.
    error NameExpired(bytes32 node, uint64 expiresAt);
    error NameOwnerMismatch(bytes32 node, address owner, address caller);
    error NameReceiverInvalid(bytes32 node, address receiver);
    /// @notice The name is already paid up as far ahead as is allowed.
    error NameTermExceeded(bytes32 node, uint64 expiresAt, uint64 expiresAtMax);
    error ContenthashLengthInvalid(uint256 length, uint256 lengthMax);

    constructor(bytes32 suffixNode_) {
        suffixNode = suffixNode_;
    }

    /// @notice Takes a name that is free or expired, for one term. Its content starts empty.
    function register(string calldata label) external returns (bytes32 node) {
        _requireLabel(bytes(label));
        node = keccak256(abi.encodePacked(suffixNode, keccak256(bytes(label))));
        Name memory name = _names[node];
        if (_isHeld(name)) revert NameTaken(node, name.owner, name.expiresAt);

        name.owner = msg.sender;
        name.expiresAt = uint48(block.timestamp) + TERM;
        name.sequence += 1;
        _names[node] = name;
        delete _contenthashes[node];
        emit NameRegistered(node, label, msg.sender, name.expiresAt, name.sequence);
    }

    /// @notice Adds one term, cut at two terms from now. Anyone may pay for anyone's name.
    function renew(bytes32 node) external {
        Name memory name = _requireHeld(node);
        uint48 expiresAtMax = uint48(block.timestamp) + AHEAD_MAX;
        if (name.expiresAt >= expiresAtMax) revert NameTermExceeded(node, name.expiresAt, expiresAtMax);

        uint48 extended = name.expiresAt + TERM;
        name.expiresAt = extended < expiresAtMax ? extended : expiresAtMax;
        name.sequence += 1;
        _names[node] = name;
        emit NameRenewed(node, name.expiresAt, name.sequence);
    }

    /// @notice Hands the name over as it is, content and term included.
    function transfer(bytes32 node, address to) external {
        Name memory name = _requireOwner(node);
        if (to == address(0) || to == address(this)) revert NameReceiverInvalid(node, to);

        name.owner = to;
        name.sequence += 1;
        _names[node] = name;
        emit NameTransferred(node, msg.sender, to, name.sequence);
    }

    /// @notice Points the name at content (EIP-1577); empty bytes point it at nothing.
    function setContenthash(bytes32 node, bytes calldata hash) external {
        Name memory name = _requireOwner(node);
        if (hash.length > CONTENTHASH_LENGTH_MAX) {
            revert ContenthashLengthInvalid(hash.length, CONTENTHASH_LENGTH_MAX);
        }

        name.sequence += 1;
        _names[node] = name;
        _contenthashes[node] = hash;
        emit ContenthashChanged(node, hash, name.sequence);
    }

    /// @notice Zero once the term is over.
    function owner(bytes32 node) external view returns (address) {
        Name memory name = _names[node];
        return _isHeld(name) ? name.owner : address(0);
    }

    /// @notice Empty once the term is over.
    function contenthash(bytes32 node) external view returns (bytes memory) {
        return _isHeld(_names[node]) ? _contenthashes[node] : bytes("");
    }

    /// @notice The number of changes the node has ever seen.
    function sequence(bytes32 node) external view returns (uint64) {
        return _names[node].sequence;
    }

    /// @notice The first second at which the name is free again; 0 when it was never registered.
    function expiresAt(bytes32 node) external view returns (uint64) {
        return _names[node].expiresAt;
    }

    function _isHeld(Name memory name) private view returns (bool) {
        return block.timestamp < name.expiresAt;
    }

    function _requireHeld(bytes32 node) private view returns (Name memory name) {
        name = _names[node];
        if (!_isHeld(name)) revert NameExpired(node, name.expiresAt);
    }

    function _requireOwner(bytes32 node) private view returns (Name memory name) {
        name = _requireHeld(node);
        if (name.owner != msg.sender) revert NameOwnerMismatch(node, name.owner, msg.sender);
    }

    /// @dev Letters, digits, hyphen (RFC 1123 section 2.1), lower case only, so that one name has one
    /// spelling.
    function _requireLabel(bytes calldata label) private pure {
        uint256 length = label.length;
        if (length == 0 || length > LABEL_LENGTH_MAX) revert LabelLengthInvalid(length);
        for (uint256 i = 0; i < length; ++i) {
            bytes1 c = label[i];
            bool inner = c == "-" && i != 0 && i != length - 1;
            bool alphanumeric = (c >= "a" && c <= "z") || (c >= "0" && c <= "9");
            if (!alphanumeric && !inner) revert LabelCharacterInvalid(i, c);
        }
    }
}
