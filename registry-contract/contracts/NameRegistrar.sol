// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {InxtSpender} from "./InxtSpender.sol";
import {InxtToken} from "./InxtToken.sol";
import {Labels} from "./Labels.sol";
import {NameRegistry} from "./NameRegistry.sol";

/// @title Who gets a name, for how long and for how much.
/// @author The INXT authors
/// @notice Policy. A name is an ERC-721 token whose id is its node. It is registered in two steps, so that nobody who
/// watches the pool of pending transactions can be quicker: first `commit` to a hash, some time later `register` what
/// was hashed. It costs a yearly rent by the length of its label. After its term come 90 days of grace, in which it
/// names nothing and can only be renewed; then it is released at a premium that halves every day for 21 days.
/// @dev Life of a name:
///
///     free -- register --> held -- TERM --> grace -- GRACE --> premium -- PREMIUM_TERM --> free
///                           ^ renew <--------|                  '-- register --> held
///
/// The token has no owner of its own: `ownerOf` asks the registry, so the two cannot disagree, and a registration
/// writes one slot less. As in ENS a token whose term is over has no owner and cannot be moved; it still counts in
/// `balanceOf` until somebody else registers it.
contract NameRegistrar is ERC721, InxtSpender {
    using SafeERC20 for InxtToken;

    struct Policy {
        /// @notice How long a commitment must be known before it is used, in seconds.
        uint256 commitmentAgeMin;
        /// @notice How long a commitment may be used, in seconds.
        uint256 commitmentAgeMax;
        /// @notice What a released name costs beside its rent at the end of its grace, in INXT wei.
        uint128 premiumStart;
        /// @notice What a label of 1, 2, 3, 4, and 5 or more characters costs for a term, in INXT wei.
        uint128[5] rents;
    }

    /// @notice One year of rent.
    uint256 public constant TERM = 365 days;

    /// @notice How many terms ahead a name may be paid up.
    uint256 public constant TERMS_MAX = 10;

    /// @notice How long a name can still be renewed after its term.
    uint256 public constant GRACE = 90 days;

    /// @notice How long after its grace a name carries a premium.
    uint256 public constant PREMIUM_TERM = 21 days;

    /// @notice The facts.
    NameRegistry public immutable registry;

    /// @notice Where rent goes.
    address public immutable treasury;

    /// @notice The node under which every name of this registrar lies.
    bytes32 public immutable suffixNode;

    /// @notice How long a commitment must be known before it is used, in seconds.
    uint256 public immutable commitmentAgeMin;

    /// @notice How long a commitment may be used, in seconds.
    uint256 public immutable commitmentAgeMax;

    /// @notice What a released name costs beside its rent at the end of its grace, in INXT wei.
    uint256 public immutable premiumStart;

    /// @notice When a commitment was made, in seconds since the epoch; 0 when it was not, or was used.
    mapping(bytes32 commitment => uint256 madeAt) public commitments;

    mapping(address owner => uint256 count) private _balances;

    uint256 private immutable _rent1;
    uint256 private immutable _rent2;
    uint256 private immutable _rent3;
    uint256 private immutable _rent4;
    uint256 private immutable _rent5;

    /// @dev ns.<suffix> is where the network's own name servers live.
    bytes32 private constant _NAME_SERVERS = keccak256("ns");
    /// @dev Below ipfs.<suffix> is content by its hash.
    bytes32 private constant _CONTENT = keccak256("ipfs");

    /// @notice Somebody will register something.
    /// @param commitment Hash of what and a secret
    event Committed(bytes32 indexed commitment);

    /// @notice A name was registered; the registry's own events stand before it.
    /// @param node The name
    /// @param label Its label
    /// @param owner Who holds it
    /// @param expiresAt The first second at which it is not held any more
    /// @param sequence That of the registry's NameAssigned
    /// @param cost What was paid, in INXT wei
    event NameRegistered(
        bytes32 indexed node, string label, address indexed owner, uint64 expiresAt, uint64 sequence, uint256 cost
    );

    /// @notice A name was renewed; until when, the registry's NameExtended says before it.
    /// @param node The name
    /// @param payer Who paid
    /// @param cost What was paid, in INXT wei
    event NameRenewed(bytes32 indexed node, address indexed payer, uint256 cost);

    /// @notice Rent went to the treasury.
    /// @param amount In INXT wei
    event RentCollected(uint256 amount);

    /// @notice The policy cannot work: ages out of order.
    /// @param commitmentAgeMin As given
    /// @param commitmentAgeMax As given
    error PolicyInvalid(uint256 commitmentAgeMin, uint256 commitmentAgeMax);

    /// @notice An address that must not be zero is.
    error AddressZero();

    /// @notice The same commitment is there already and can still be used.
    /// @param commitment The commitment
    /// @param madeAt When it was made
    error CommitmentExists(bytes32 commitment, uint256 madeAt);

    /// @notice There is no such commitment: it was never made, it was used, or what is registered is not what was
    /// committed to.
    /// @param commitment The commitment of what is registered
    error CommitmentUnknown(bytes32 commitment);

    /// @notice The commitment cannot be used yet.
    /// @param commitment The commitment
    /// @param usableAt When it can
    error CommitmentTooYoung(bytes32 commitment, uint256 usableAt);

    /// @notice The commitment cannot be used any more.
    /// @param commitment The commitment
    /// @param expiredAt Since when
    error CommitmentTooOld(bytes32 commitment, uint256 expiredAt);

    /// @notice Nobody can have this label.
    /// @param label The label
    error LabelReserved(string label);

    /// @notice The name is held, or in its grace.
    /// @param node The name
    /// @param owner By whom
    /// @param expiresAt When its term ends or ended
    error NameTaken(bytes32 node, address owner, uint64 expiresAt);

    /// @notice The name was never registered (`expiresAt` 0), or its grace is over.
    /// @param node The name
    /// @param expiresAt When its term ended
    error NameExpired(bytes32 node, uint64 expiresAt);

    /// @notice Names are paid for 1 to 10 years at a time.
    /// @param terms How many were asked for
    /// @param termsMax How many there may be
    error TermsInvalid(uint256 terms, uint256 termsMax);

    /// @notice The name would be paid up further ahead than is allowed.
    /// @param node The name
    /// @param expiresAt When it would expire
    /// @param expiresAtMax When it may
    error NameTermExceeded(bytes32 node, uint64 expiresAt, uint64 expiresAtMax);

    /// @notice Fixes facts, money and policy, for ever.
    /// @param registry_ Must have this contract as its registrar
    /// @param token_ INXT
    /// @param treasury_ Where rent goes
    /// @param suffixNode_ The node under which every name lies
    /// @param policy Ages and prices
    constructor(
        NameRegistry registry_,
        InxtToken token_,
        address treasury_,
        bytes32 suffixNode_,
        Policy memory policy
    ) ERC721("INXT names", "INXTNAME") InxtSpender(token_) {
        if (treasury_ == address(0)) revert AddressZero();
        if (policy.commitmentAgeMin >= policy.commitmentAgeMax) {
            revert PolicyInvalid(policy.commitmentAgeMin, policy.commitmentAgeMax);
        }
        registry = registry_;
        treasury = treasury_;
        suffixNode = suffixNode_;
        commitmentAgeMin = policy.commitmentAgeMin;
        commitmentAgeMax = policy.commitmentAgeMax;
        premiumStart = policy.premiumStart;
        _rent1 = policy.rents[0];
        _rent2 = policy.rents[1];
        _rent3 = policy.rents[2];
        _rent4 = policy.rents[3];
        _rent5 = policy.rents[4];
    }

    /// @notice First step: announces a registration without saying of what.
    /// @param commitment What `commitmentOf` gives
    function commit(bytes32 commitment) external {
        uint256 madeAt = commitments[commitment];
        // Otherwise somebody could make another's commitment young again, for ever.
        if (madeAt != 0 && block.timestamp < madeAt + commitmentAgeMax) revert CommitmentExists(commitment, madeAt);
        commitments[commitment] = block.timestamp;
        emit Committed(commitment);
    }

    /// @notice Second step: registers what was committed to; the caller pays.
    /// @param label The label
    /// @param owner Who will hold the name
    /// @param terms For how many years
    /// @param secret What made the commitment unguessable
    /// @param contenthash What the name points at from the start (EIP-1577); may be empty
    /// @return node The name
    function register(
        string calldata label,
        address owner,
        uint256 terms,
        bytes32 secret,
        bytes calldata contenthash
    ) external nonReentrant returns (bytes32 node) {
        node = nodeOf(label);
        if (owner == address(0)) revert ERC721InvalidReceiver(owner);
        _useCommitment(commitmentOf(label, owner, terms, secret, contenthash));

        (address before, uint64 expiredAt) = registry.term(node);
        if (!_isFree(expiredAt)) revert NameTaken(node, before, expiredAt);
        uint64 expiresAt = _expiresAt(node, block.timestamp, terms);
        uint256 cost = terms * rentOf(bytes(label).length) + premiumAfter(expiredAt);

        _issue(node, before, owner);
        uint64 sequence = registry.assign(node, owner, expiresAt, contenthash);
        emit NameRegistered(node, label, owner, expiresAt, sequence, cost);
        token.safeTransferFrom(msg.sender, address(this), cost);
    }

    /// @notice Adds years to a name, also to another's; the caller pays. In its grace a name comes back as it was.
    /// @param label The label
    /// @param terms How many years
    function renew(string calldata label, uint256 terms) external nonReentrant {
        bytes32 node = nodeOf(label);
        (, uint64 before) = registry.term(node);
        if (_isFree(before)) revert NameExpired(node, before);
        uint64 expiresAt = _expiresAt(node, before, terms);
        uint256 cost = terms * rentOf(bytes(label).length);

        registry.extend(node, expiresAt);
        emit NameRenewed(node, msg.sender, cost);
        token.safeTransferFrom(msg.sender, address(this), cost);
    }

    /// @notice Sends all rent to the treasury; anyone may call it.
    /// @return amount In INXT wei
    function collect() external nonReentrant returns (uint256 amount) {
        amount = token.balanceOf(address(this));
        emit RentCollected(amount);
        token.safeTransfer(treasury, amount);
    }

    /// @notice Whether `register` would find the name free; a commitment is needed all the same.
    /// @param label The label
    /// @return False also for labels that nobody can have: then it reverts
    function available(string calldata label) external view returns (bool) {
        (, uint64 expiresAt) = registry.term(nodeOf(label));
        return _isFree(expiresAt);
    }

    /// @notice What a registration in this block would cost.
    /// @param label The label
    /// @param terms For how many years
    /// @return rent In INXT wei
    /// @return premium What is to be paid beside the rent, in INXT wei
    function price(string calldata label, uint256 terms) external view returns (uint256 rent, uint256 premium) {
        (, uint64 expiresAt) = registry.term(nodeOf(label));
        rent = terms * rentOf(bytes(label).length);
        premium = premiumAfter(expiresAt);
    }

    /// @notice How many names somebody holds, with those whose term is over and that nobody took since.
    /// @param owner Who
    /// @return How many
    function balanceOf(address owner) public view override returns (uint256) {
        if (owner == address(0)) revert ERC721InvalidOwner(owner);
        return _balances[owner];
    }

    /// @notice The hash to commit to. It binds all that is registered: who sees it revealed can only pay for it.
    /// @param label The label
    /// @param owner Who will hold the name
    /// @param terms For how many years
    /// @param secret 32 random bytes: without them the label could be guessed
    /// @param contenthash What the name will point at
    /// @return keccak256(abi.encode(label, owner, terms, secret, contenthash))
    function commitmentOf(
        string calldata label,
        address owner,
        uint256 terms,
        bytes32 secret,
        bytes calldata contenthash
    ) public pure returns (bytes32) {
        return keccak256(abi.encode(label, owner, terms, secret, contenthash));
    }

    /// @notice The node of a label; reverts for labels that nobody can have.
    /// @param label The label
    /// @return keccak256(suffixNode, keccak256(label))
    function nodeOf(string calldata label) public view returns (bytes32) {
        Labels.requireValid(bytes(label));
        bytes32 hash = keccak256(bytes(label));
        if (hash == _NAME_SERVERS || hash == _CONTENT) revert LabelReserved(label);
        return keccak256(abi.encodePacked(suffixNode, hash));
    }

    /// @notice The rent of a term.
    /// @param length Of the label in bytes, from 1
    /// @return In INXT wei
    function rentOf(uint256 length) public view returns (uint256) {
        if (length > 4) return _rent5;
        if (length == 4) return _rent4;
        if (length == 3) return _rent3;
        return length == 2 ? _rent2 : _rent1;
    }

    /// @notice What a name costs now beside its rent, when its term ended then. It starts high, so that a name that
    /// many want goes to who wants it most and not to the quickest program, and halves every day: premiumStart *
    /// 2^-days, less what that is after 21 days, so that it ends at nothing.
    /// @param expiresAt When the term ended; 0 for a name that was never registered
    /// @return In INXT wei
    function premiumAfter(uint64 expiresAt) public view returns (uint256) {
        uint256 releasedAt = expiresAt + GRACE;
        if (expiresAt == 0 || block.timestamp >= releasedAt + PREMIUM_TERM) return 0;
        if (block.timestamp <= releasedAt) return premiumStart;
        return _decayed(block.timestamp - releasedAt) - (premiumStart >> (PREMIUM_TERM / 1 days));
    }

    /// @dev premiumStart * 2^-(elapsed / 1 day): whole days by a shift, the rest of a day by the series of
    /// e^-(x ln 2), whose terms fall below 10^-18 after the twentieth.
    function _decayed(uint256 elapsed) private view returns (uint256) {
        uint256 x = ((elapsed % 1 days) * 693_147_180_559_945_309) / 1 days;
        uint256 added = 1e18;
        uint256 taken = 0;
        uint256 summand = 1e18;
        for (uint256 k = 1; k < 20; k += 2) {
            summand = (summand * x) / (k * 1e18);
            taken += summand;
            summand = (summand * x) / ((k + 1) * 1e18);
            added += summand;
        }
        return (premiumStart * (added - taken)) / 1e18 >> (elapsed / 1 days);
    }

    /// @dev The token part of a registration; `before` may hold a token whose time is over.
    function _issue(bytes32 node, address before, address owner) private {
        if (before != address(0)) {
            --_balances[before];
            _approve(address(0), uint256(node), address(0), false);
        }
        ++_balances[owner];
        emit Transfer(before, owner, uint256(node));
    }

    function _useCommitment(bytes32 commitment) private {
        uint256 madeAt = commitments[commitment];
        if (madeAt == 0) revert CommitmentUnknown(commitment);
        uint256 usableAt = madeAt + commitmentAgeMin;
        if (block.timestamp < usableAt) revert CommitmentTooYoung(commitment, usableAt);
        uint256 expiredAt = madeAt + commitmentAgeMax;
        if (block.timestamp >= expiredAt) revert CommitmentTooOld(commitment, expiredAt);
        delete commitments[commitment];
    }

    /// @dev Every move of a token comes through here with who asked for it: no token is minted or burnt elsewhere.
    /// The registry hands over first and says from whom, which spares asking it; it calls nobody.
    function _update(address to, uint256 tokenId, address auth) internal override returns (address from) {
        from = registry.transfer(bytes32(tokenId), to);
        _checkAuthorized(from, auth, tokenId);
        _approve(address(0), tokenId, address(0), false);
        // Who holds a token counts at least one, and there are fewer names than 2^256.
        unchecked {
            --_balances[from];
            ++_balances[to];
        }
        emit Transfer(from, to, tokenId);
    }

    function _ownerOf(uint256 tokenId) internal view override returns (address) {
        return registry.owner(bytes32(tokenId));
    }

    function _isFree(uint64 expiresAt) private view returns (bool) {
        return expiresAt == 0 || block.timestamp >= expiresAt + GRACE;
    }

    function _expiresAt(bytes32 node, uint256 from, uint256 terms) private view returns (uint64 expiresAt) {
        if (terms == 0 || terms > TERMS_MAX) revert TermsInvalid(terms, TERMS_MAX);
        expiresAt = uint64(from + terms * TERM);
        uint64 expiresAtMax = uint64(block.timestamp + TERMS_MAX * TERM);
        if (expiresAt > expiresAtMax) revert NameTermExceeded(node, expiresAt, expiresAtMax);
    }
}
