// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Which edges there are, who answers for each, and where to reach it.
/// @notice An edge is known by its Ed25519 public key, the identity it uses among its peers.
/// @dev Nothing here proves that the registrant holds the key: checking an Ed25519 signature costs about a
/// million gas on chain, more than the whole entry is worth. So a stranger may enter somebody else's key, and
/// an entry is a claim, not a proof: the edge named by the key confirms its own address and ports in signed
/// gossip, and readers use an entry only where the two agree. The most a squatter gains is to keep a key out
/// of this list; the edge then makes a new key, which is free. One entry is one storage slot.
contract EdgeRegistry {
    struct Edge {
        address owner;
        bytes4 ipv4;
        uint16 dnsPort;
        uint16 httpPort;
        uint16 overlayPort;
    }

    mapping(bytes32 peerKey => Edge) private _edges;

    /// @notice The entry is new or changed; the event carries all of it.
    event EdgeRegistered(
        bytes32 indexed peerKey,
        address indexed owner,
        bytes4 ipv4,
        uint16 dnsPort,
        uint16 httpPort,
        uint16 overlayPort
    );
    event EdgeRemoved(bytes32 indexed peerKey, address indexed owner);

    error EdgeKeyInvalid(bytes32 peerKey);
    /// @notice Address and ports must not be zero.
    error EdgeEndpointInvalid(bytes4 ipv4, uint16 dnsPort, uint16 httpPort, uint16 overlayPort);
    error EdgeUnknown(bytes32 peerKey);
    error EdgeOwnerMismatch(bytes32 peerKey, address owner, address caller);

    /// @notice Enters an edge, or changes the caller's own entry, so that an edge may call it at every start.
    function register(bytes32 peerKey, bytes4 ipv4, uint16 dnsPort, uint16 httpPort, uint16 overlayPort)
        external
    {
        if (peerKey == 0) revert EdgeKeyInvalid(peerKey);
        address current = _edges[peerKey].owner;
        if (current != address(0) && current != msg.sender) {
            revert EdgeOwnerMismatch(peerKey, current, msg.sender);
        }
        _write(peerKey, ipv4, dnsPort, httpPort, overlayPort);
    }

    /// @notice Changes the caller's own entry; refuses where there is none.
    function update(bytes32 peerKey, bytes4 ipv4, uint16 dnsPort, uint16 httpPort, uint16 overlayPort)
        external
    {
        _requireOwner(peerKey);
        _write(peerKey, ipv4, dnsPort, httpPort, overlayPort);
    }

    /// @notice Takes the caller's own entry out; the key is then free.
    function remove(bytes32 peerKey) external {
        _requireOwner(peerKey);
        delete _edges[peerKey];
        emit EdgeRemoved(peerKey, msg.sender);
    }

    /// @notice The entry of a key; all zero when there is none.
    function edge(bytes32 peerKey) external view returns (Edge memory) {
        return _edges[peerKey];
    }

    function _write(bytes32 peerKey, bytes4 ipv4, uint16 dnsPort, uint16 httpPort, uint16 overlayPort)
        private
    {
        if (ipv4 == 0 || dnsPort == 0 || httpPort == 0 || overlayPort == 0) {
            revert EdgeEndpointInvalid(ipv4, dnsPort, httpPort, overlayPort);
        }
        _edges[peerKey] = Edge(msg.sender, ipv4, dnsPort, httpPort, overlayPort);
        emit EdgeRegistered(peerKey, msg.sender, ipv4, dnsPort, httpPort, overlayPort);
    }

    function _requireOwner(bytes32 peerKey) private view {
        address current = _edges[peerKey].owner;
        if (current == address(0)) revert EdgeUnknown(peerKey);
        if (current != msg.sender) revert EdgeOwnerMismatch(peerKey, current, msg.sender);
    }
}
