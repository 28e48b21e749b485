// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {EdgeRegistry} from "./EdgeRegistry.sol";

/// @title What an edge loses its stake for.
/// @author The INXT authors
/// @notice Only on evidence that this contract checks itself. The evidence so far: an edge signed that the bytes it
/// served are the block with a certain SHA-256 digest, and they are not.
/// @dev The statement says "for the block whose SHA-256 digest is `digest` I served the bytes whose Keccak-256 digest
/// is `served`". Both hashes are signed, so nobody can lay other bytes before an honest edge's statement: for those the
/// Keccak-256 digest would not fit. An edge that hashes what it serves never signs such a thing.
///
/// A statement is used up by its EIP-712 digest, not by its signature, of which a second valid form may exist.
contract SlashPolicy is EIP712 {
    struct Statement {
        /// @notice The edge that speaks.
        bytes32 peerKey;
        /// @notice SHA-256 digest of the block that was asked for, as in its CID.
        bytes32 digest;
        /// @notice Keccak-256 digest of the bytes that were served.
        bytes32 served;
        /// @notice When, in seconds since the epoch; the edge's word only, it makes two statements differ.
        uint64 servedAt;
    }

    /// @notice EIP-712 type of a statement.
    bytes32 public constant STATEMENT_TYPEHASH =
        keccak256("Statement(bytes32 peerKey,bytes32 digest,bytes32 served,uint64 servedAt)");

    /// @notice Ten thousandths.
    uint256 public constant BIPS = 10_000;

    /// @notice The most that a reporter gets, in ten thousandths: who reports himself must lose the greater part.
    uint256 public constant REWARD_BIPS_MAX = 5_000;

    /// @notice Where the stakes are.
    EdgeRegistry public immutable registry;

    /// @notice What the reporter gets of a stake, in ten thousandths; the rest is burned.
    uint256 public immutable rewardBips;

    /// @notice Which statements were used, by their EIP-712 digest.
    mapping(bytes32 evidence => bool used) public isUsed;

    /// @notice An edge was convicted.
    /// @param peerKey The edge
    /// @param reporter Who brought the evidence
    /// @param evidence The statement's EIP-712 digest
    event EvidenceAccepted(bytes32 indexed peerKey, address indexed reporter, bytes32 indexed evidence);

    /// @notice The reporter would get more than half.
    /// @param rewardBips As given
    /// @param rewardBipsMax What it may be
    error RewardInvalid(uint256 rewardBips, uint256 rewardBipsMax);

    /// @notice This statement was punished already.
    /// @param evidence Its EIP-712 digest
    error EvidenceUsed(bytes32 evidence);

    /// @notice Whoever signed does not speak for the edge.
    /// @param peerKey The edge
    /// @param signer Who signed
    error SignerMismatch(bytes32 peerKey, address signer);

    /// @notice The bytes are not those of which the statement speaks.
    /// @param served Keccak-256 digest in the statement
    /// @param presented Keccak-256 digest of the bytes
    error BytesMismatch(bytes32 served, bytes32 presented);

    /// @notice The edge served what it said.
    /// @param digest SHA-256 digest of the bytes
    error StatementTrue(bytes32 digest);

    /// @notice There is nothing to take any more.
    /// @param peerKey The edge
    error StakeEmpty(bytes32 peerKey);

    /// @notice Fixes whose stakes, and the reporter's share, for ever.
    /// @param registry_ Must have this contract as its policy
    /// @param rewardBips_ What the reporter gets of a stake, in ten thousandths
    constructor(EdgeRegistry registry_, uint256 rewardBips_) EIP712("INXT SlashPolicy", "1") {
        if (rewardBips_ > REWARD_BIPS_MAX) revert RewardInvalid(rewardBips_, REWARD_BIPS_MAX);
        registry = registry_;
        rewardBips = rewardBips_;
    }

    /// @notice Takes an edge's whole stake for a false statement; the caller gets its share.
    /// @param statement What the edge signed
    /// @param signature By its operator key, 65 bytes
    /// @param served The bytes that it served
    function report(Statement calldata statement, bytes calldata signature, bytes calldata served) external {
        bytes32 evidence = evidenceOf(statement);
        if (isUsed[evidence]) revert EvidenceUsed(evidence);
        address signer = ECDSA.recover(evidence, signature);
        bytes32 peerKey = statement.peerKey;
        if (!registry.isAnswerable(peerKey, signer)) revert SignerMismatch(peerKey, signer);
        bytes32 presented = keccak256(served);
        if (presented != statement.served) revert BytesMismatch(statement.served, presented);
        if (sha256(served) == statement.digest) revert StatementTrue(statement.digest);
        uint96 stake = registry.edge(peerKey).stake;
        if (stake == 0) revert StakeEmpty(peerKey);

        isUsed[evidence] = true;
        emit EvidenceAccepted(peerKey, msg.sender, evidence);
        registry.slash(peerKey, stake, msg.sender, uint96((stake * rewardBips) / BIPS));
    }

    /// @notice What the operator key signs.
    /// @param statement The statement
    /// @return Its EIP-712 digest in the domain of this contract
    function evidenceOf(Statement calldata statement) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    STATEMENT_TYPEHASH, statement.peerKey, statement.digest, statement.served, statement.servedAt
                )
            )
        );
    }
}
