// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {InxtSpender} from "./InxtSpender.sol";
import {InxtToken} from "./InxtToken.sol";

/// @title Which edges there are, who answers for each, where to reach it, and what it stands to lose.
/// @author The INXT authors
/// @notice An edge is known by its Ed25519 public key, the identity that it uses among its peers. Its owner stakes
/// INXT for it; the stake comes back some time after the edge has left, unless the slash policy has taken it.
/// @dev Nothing here proves that the registrant holds the Ed25519 key: checking such a signature costs about a million
/// gas. So an entry is a claim: the edge confirms address and ports in signed gossip, and readers use an entry only
/// where the two agree. The most a squatter gains, for a stake, is to keep a key out of this list.
///
/// Life of an entry:
///
///     none -- register --> bonded -- unbond --> unbonding -- unbondingTerm, withdraw --> none
///
/// Until `withdraw` the stake can be slashed. INXT held here = all stakes + all rewards not collected yet.
///
/// Storage of an edge: owner 160, stake 96 | operatorKey 160, ipv4 32, four ports 16 each | ipv6 128,
/// withdrawableAt 40.
contract EdgeRegistry is InxtSpender {
    using SafeERC20 for InxtToken;

    // Three slots, each read as a whole; the rule would sort them by size.
    // solhint-disable-next-line gas-struct-packing
    struct Edge {
        address owner;
        uint96 stake;
        address operatorKey;
        bytes4 ipv4;
        uint16 dnsPort;
        uint16 httpPort;
        uint16 httpsPort;
        uint16 overlayPort;
        bytes16 ipv6;
        uint40 withdrawableAt;
    }

    struct Endpoint {
        /// @notice Zero for none; one of the two addresses must be given.
        bytes4 ipv4;
        /// @notice Zero for none.
        bytes16 ipv6;
        uint16 dnsPort;
        uint16 httpPort;
        /// @notice Zero for none; the other ports must be given.
        uint16 httpsPort;
        uint16 overlayPort;
    }

    /// @notice The only contract that takes stakes away.
    address public immutable policy;

    /// @notice The least an edge enters with, in INXT wei.
    uint96 public immutable stakeMin;

    /// @notice How long a stake stays after its edge has left, in seconds.
    uint40 public immutable unbondingTerm;

    /// @notice What a reporter may collect, in INXT wei.
    mapping(address reporter => uint256 amount) public rewards;

    mapping(bytes32 peerKey => Edge edge) private _edges;
    /// @dev Until when a key that was replaced still speaks for its edge, so that changing it is no way out.
    mapping(bytes32 peerKey => mapping(address operatorKey => uint256 until)) private _answerableUntil;

    /// @notice The entry is new or changed; the event carries all of it.
    /// @param peerKey The edge's Ed25519 public key
    /// @param owner Who answers for it
    /// @param operatorKey Whose signatures bind it
    /// @param ipv4 Zero for none
    /// @param ipv6 Zero for none
    /// @param dnsPort UDP and TCP
    /// @param httpPort TCP
    /// @param httpsPort TCP; zero for none
    /// @param overlayPort UDP and TCP
    /// @param stake In INXT wei
    event EdgeRegistered(
        bytes32 indexed peerKey,
        address indexed owner,
        address operatorKey,
        bytes4 ipv4,
        bytes16 ipv6,
        uint16 dnsPort,
        uint16 httpPort,
        uint16 httpsPort,
        uint16 overlayPort,
        uint96 stake
    );

    /// @notice The edge has left; its stake is still at risk.
    /// @param peerKey The edge
    /// @param owner Who answers for it
    /// @param withdrawableAt When the stake may be withdrawn
    event EdgeUnbonding(bytes32 indexed peerKey, address indexed owner, uint64 withdrawableAt);

    /// @notice The entry is gone, and its stake back with its owner.
    /// @param peerKey The edge
    /// @param owner Who answered for it
    /// @param stake What was left of it, in INXT wei
    event EdgeRemoved(bytes32 indexed peerKey, address indexed owner, uint96 stake);

    /// @notice The edge was punished.
    /// @param peerKey The edge
    /// @param reporter Who brought the evidence
    /// @param burned What nobody has any more, in INXT wei
    /// @param reward What the reporter may collect, in INXT wei
    /// @param stake What is left, in INXT wei
    event EdgeSlashed(
        bytes32 indexed peerKey, address indexed reporter, uint96 burned, uint96 reward, uint96 stake
    );

    /// @notice A reporter was paid.
    /// @param reporter Who
    /// @param amount In INXT wei
    event RewardCollected(address indexed reporter, uint256 amount);

    /// @notice Only the slash policy may do this.
    /// @param policy Who may
    /// @param caller Who tried
    error PolicyMismatch(address policy, address caller);

    /// @notice Neither peer key nor operator key may be zero.
    /// @param peerKey As given
    /// @param operatorKey As given
    error EdgeKeyInvalid(bytes32 peerKey, address operatorKey);

    /// @notice There is no address, or no port where there must be one.
    /// @param endpoint As given
    error EdgeEndpointInvalid(Endpoint endpoint);

    /// @notice The stake is too small.
    /// @param stake What it would be, in INXT wei
    /// @param stakeMin What it must be, in INXT wei
    error EdgeStakeInvalid(uint96 stake, uint96 stakeMin);

    /// @notice There is an entry already.
    /// @param peerKey The edge
    /// @param owner Who answers for it
    error EdgeTaken(bytes32 peerKey, address owner);

    /// @notice There is no such entry.
    /// @param peerKey The edge
    error EdgeUnknown(bytes32 peerKey);

    /// @notice Only the owner may do this.
    /// @param peerKey The edge
    /// @param owner Who may
    /// @param caller Who tried
    error EdgeOwnerMismatch(bytes32 peerKey, address owner, address caller);

    /// @notice The edge has left.
    /// @param peerKey The edge
    /// @param withdrawableAt When its stake may be withdrawn
    error EdgeLeft(bytes32 peerKey, uint64 withdrawableAt);

    /// @notice The edge has not left yet (`withdrawableAt` 0), or not long enough ago.
    /// @param peerKey The edge
    /// @param withdrawableAt When its stake may be withdrawn
    error EdgeBonded(bytes32 peerKey, uint64 withdrawableAt);

    /// @notice More was to be taken than there is, or more to be given than was taken.
    /// @param peerKey The edge
    /// @param amount What was to be taken, in INXT wei
    /// @param reward What was to be given, in INXT wei
    /// @param stake What there is, in INXT wei
    error SlashInvalid(bytes32 peerKey, uint96 amount, uint96 reward, uint96 stake);

    /// @notice Fixes who slashes, and the terms of a stake, for ever.
    /// @param token_ INXT
    /// @param policy_ The only contract that takes stakes away; its address may be computed before it is deployed
    /// @param stakeMin_ The least an edge enters with, in INXT wei
    /// @param unbondingTerm_ How long a stake stays after its edge has left, in seconds
    constructor(InxtToken token_, address policy_, uint96 stakeMin_, uint40 unbondingTerm_) InxtSpender(token_) {
        policy = policy_;
        stakeMin = stakeMin_;
        unbondingTerm = unbondingTerm_;
    }

    /// @notice Enters an edge with a stake, which is taken from the caller.
    /// @param peerKey The edge's Ed25519 public key
    /// @param operatorKey Whose signatures bind it
    /// @param endpoint Where to reach it
    /// @param stake In INXT wei
    function register(bytes32 peerKey, address operatorKey, Endpoint calldata endpoint, uint96 stake)
        external
        nonReentrant
    {
        if (peerKey == 0) revert EdgeKeyInvalid(peerKey, operatorKey);
        Edge storage entry = _edges[peerKey];
        if (entry.owner != address(0)) revert EdgeTaken(peerKey, entry.owner);
        if (stake < stakeMin) revert EdgeStakeInvalid(stake, stakeMin);
        entry.owner = msg.sender;
        entry.stake = stake;
        _write(peerKey, entry, operatorKey, endpoint);
        token.safeTransferFrom(msg.sender, address(this), stake);
    }

    /// @notice Changes the caller's own entry; the stake stays as it is.
    /// @param peerKey The edge
    /// @param operatorKey Whose signatures bind it; the one before answers for the unbonding term still
    /// @param endpoint Where to reach it
    function update(bytes32 peerKey, address operatorKey, Endpoint calldata endpoint) external {
        Edge storage entry = _requireBonded(peerKey);
        if (entry.operatorKey != operatorKey) {
            _answerableUntil[peerKey][entry.operatorKey] = block.timestamp + unbondingTerm;
        }
        _write(peerKey, entry, operatorKey, endpoint);
    }

    /// @notice Adds to the stake of the caller's own entry.
    /// @param peerKey The edge
    /// @param amount In INXT wei
    function addStake(bytes32 peerKey, uint96 amount) external nonReentrant {
        Edge storage entry = _requireBonded(peerKey);
        entry.stake += amount;
        if (entry.stake < stakeMin) revert EdgeStakeInvalid(entry.stake, stakeMin);
        _tell(peerKey, entry);
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @notice Takes the caller's own edge off the list; the stake can be withdrawn after the unbonding term.
    /// @param peerKey The edge
    function unbond(bytes32 peerKey) external {
        Edge storage entry = _requireBonded(peerKey);
        entry.withdrawableAt = uint40(block.timestamp) + unbondingTerm;
        emit EdgeUnbonding(peerKey, msg.sender, entry.withdrawableAt);
    }

    /// @notice Takes the stake back and frees the key.
    /// @param peerKey The edge
    function withdraw(bytes32 peerKey) external nonReentrant {
        Edge storage entry = _requireOwner(peerKey);
        uint40 withdrawableAt = entry.withdrawableAt;
        if (withdrawableAt == 0 || block.timestamp < withdrawableAt) revert EdgeBonded(peerKey, withdrawableAt);
        uint96 stake = entry.stake;
        delete _edges[peerKey];
        emit EdgeRemoved(peerKey, msg.sender, stake);
        token.safeTransfer(msg.sender, stake);
    }

    /// @notice Takes stake away: part for who brought the evidence, the rest is burned.
    /// @param peerKey The edge
    /// @param amount What is taken, in INXT wei
    /// @param reporter Who brought the evidence
    /// @param reward What the reporter may collect of it, in INXT wei
    function slash(bytes32 peerKey, uint96 amount, address reporter, uint96 reward) external nonReentrant {
        if (msg.sender != policy) revert PolicyMismatch(policy, msg.sender);
        Edge storage entry = _edges[peerKey];
        uint96 stake = entry.stake;
        if (amount > stake || reward > amount) revert SlashInvalid(peerKey, amount, reward, stake);
        entry.stake = stake - amount;
        rewards[reporter] += reward;
        emit EdgeSlashed(peerKey, reporter, amount - reward, reward, stake - amount);
        token.burn(amount - reward);
    }

    /// @notice Pays the caller what it earned by reports.
    /// @return amount In INXT wei
    function collect() external nonReentrant returns (uint256 amount) {
        amount = rewards[msg.sender];
        delete rewards[msg.sender];
        emit RewardCollected(msg.sender, amount);
        token.safeTransfer(msg.sender, amount);
    }

    /// @notice The entry of a key.
    /// @param peerKey The edge
    /// @return All zero when there is none
    function edge(bytes32 peerKey) external view returns (Edge memory) {
        return _edges[peerKey];
    }

    /// @notice Whether a signature by this key binds the edge now: the operator key does, and one that was replaced
    /// less than an unbonding term ago.
    /// @param peerKey The edge
    /// @param operatorKey Who signed
    /// @return False also when there is no such edge
    function isAnswerable(bytes32 peerKey, address operatorKey) external view returns (bool) {
        Edge storage entry = _edges[peerKey];
        if (entry.owner == address(0)) return false;
        return entry.operatorKey == operatorKey || block.timestamp < _answerableUntil[peerKey][operatorKey];
    }

    function _write(bytes32 peerKey, Edge storage entry, address operatorKey, Endpoint calldata endpoint) private {
        if (operatorKey == address(0)) revert EdgeKeyInvalid(peerKey, operatorKey);
        bool reachable = endpoint.ipv4 != 0 || endpoint.ipv6 != 0;
        bool complete = endpoint.dnsPort != 0 && endpoint.httpPort != 0 && endpoint.overlayPort != 0;
        if (!reachable || !complete) revert EdgeEndpointInvalid(endpoint);
        entry.operatorKey = operatorKey;
        entry.ipv4 = endpoint.ipv4;
        entry.ipv6 = endpoint.ipv6;
        entry.dnsPort = endpoint.dnsPort;
        entry.httpPort = endpoint.httpPort;
        entry.httpsPort = endpoint.httpsPort;
        entry.overlayPort = endpoint.overlayPort;
        _tell(peerKey, entry);
    }

    function _tell(bytes32 peerKey, Edge storage entry) private {
        Edge memory e = entry;
        emit EdgeRegistered(
            peerKey,
            e.owner,
            e.operatorKey,
            e.ipv4,
            e.ipv6,
            e.dnsPort,
            e.httpPort,
            e.httpsPort,
            e.overlayPort,
            e.stake
        );
    }

    function _requireBonded(bytes32 peerKey) private view returns (Edge storage entry) {
        entry = _requireOwner(peerKey);
        if (entry.withdrawableAt != 0) revert EdgeLeft(peerKey, entry.withdrawableAt);
    }

    function _requireOwner(bytes32 peerKey) private view returns (Edge storage entry) {
        entry = _edges[peerKey];
        if (entry.owner == address(0)) revert EdgeUnknown(peerKey);
        if (entry.owner != msg.sender) revert EdgeOwnerMismatch(peerKey, entry.owner, msg.sender);
    }
}
