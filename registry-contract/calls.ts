// What a wallet calls, and why it may be refused: the contracts' functions and custom errors, as Solidity prints them.
//
// Kept as text, so that an installed `inxt` needs no compiler; a test compares every line with the compiled contracts.
// Only what is called stands here. Errors stand here all, because any call may meet any of them. What edges read from
// events is signatures.ts, decoded by code of our own at a rate that these calls never reach.

const permit = 'function permit(uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)'
const multicall = 'function multicall(bytes[] data) returns (bytes[] results)'

export const registryCalls = [
  'function setContenthash(bytes32 node, bytes hash)',
  'function setZonehash(bytes32 node, bytes hash)',
  'function setDelegate(bytes32 node, address delegate_)',
  'function record(bytes32 node) view returns (address owner_, address delegate_, uint64 expiresAt_, ' +
    'uint64 sequence_, bytes contenthash_, bytes zonehash_)',
] as const

export const registrarCalls = [
  'function commit(bytes32 commitment)',
  'function register(string label, address owner, uint256 terms, bytes32 secret, bytes contenthash) ' +
    'returns (bytes32 node)',
  'function renew(string label, uint256 terms)',
  'function safeTransferFrom(address from, address to, uint256 tokenId)',
  'function commitments(bytes32 commitment) view returns (uint256 madeAt)',
  'function commitmentAgeMin() view returns (uint256)',
  'function commitmentAgeMax() view returns (uint256)',
  'function available(string label) view returns (bool)',
  'function price(string label, uint256 terms) view returns (uint256 rent, uint256 premium)',
  permit,
  multicall,
] as const

export const claimCalls = [
  'function claim(string name, bytes32 site) returns (bytes32 domain)',
  'function release(bytes32 domain)',
] as const

const endpoint = '(bytes4,bytes16,uint16,uint16,uint16,uint16) endpoint'

export const edgeCalls = [
  `function register(bytes32 peerKey, address operatorKey, ${endpoint}, uint96 stake)`,
  `function update(bytes32 peerKey, address operatorKey, ${endpoint})`,
  'function addStake(bytes32 peerKey, uint96 amount)',
  'function unbond(bytes32 peerKey)',
  'function withdraw(bytes32 peerKey)',
  'function stakeMin() view returns (uint96)',
  'function edge(bytes32 peerKey) view returns ((address owner, uint96 stake, address operatorKey, bytes4 ipv4, ' +
    'uint16 dnsPort, uint16 httpPort, uint16 httpsPort, uint16 overlayPort, bytes16 ipv6, uint40 withdrawableAt))',
  permit,
  multicall,
] as const

export const tokenCalls = [
  'function mint(address to, uint256 amount)',
  'function transfer(address to, uint256 value) returns (bool)',
  'function balanceOf(address account) view returns (uint256)',
  'function allowance(address owner, address spender) view returns (uint256)',
  'function nonces(address owner) view returns (uint256)',
] as const

export const errorTexts = [
  'error AddressEmptyCode(address target)',
  'error AddressZero()',
  'error AlreadyDone()',
  'error BytesMismatch(bytes32 served, bytes32 presented)',
  'error CommitmentExists(bytes32 commitment, uint256 madeAt)',
  'error CommitmentTooOld(bytes32 commitment, uint256 expiredAt)',
  'error CommitmentTooYoung(bytes32 commitment, uint256 usableAt)',
  'error CommitmentUnknown(bytes32 commitment)',
  'error DomainLengthInvalid(uint256 length)',
  'error DomainUnclaimed(bytes32 domain, address owner)',
  'error ECDSAInvalidSignature()',
  'error ECDSAInvalidSignatureLength(uint256 length)',
  'error ECDSAInvalidSignatureS(bytes32 s)',
  'error ERC20ExceededCap(uint256 increasedSupply, uint256 cap)',
  'error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)',
  'error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)',
  'error ERC20InvalidApprover(address approver)',
  'error ERC20InvalidCap(uint256 cap)',
  'error ERC20InvalidReceiver(address receiver)',
  'error ERC20InvalidSender(address sender)',
  'error ERC20InvalidSpender(address spender)',
  'error ERC2612ExpiredSignature(uint256 deadline)',
  'error ERC2612InvalidSigner(address signer, address owner)',
  'error ERC721IncorrectOwner(address sender, uint256 tokenId, address owner)',
  'error ERC721InsufficientApproval(address operator, uint256 tokenId)',
  'error ERC721InvalidApprover(address approver)',
  'error ERC721InvalidOperator(address operator)',
  'error ERC721InvalidOwner(address owner)',
  'error ERC721InvalidReceiver(address receiver)',
  'error ERC721InvalidSender(address sender)',
  'error ERC721NonexistentToken(uint256 tokenId)',
  'error EdgeBonded(bytes32 peerKey, uint64 withdrawableAt)',
  'error EdgeEndpointInvalid((bytes4 ipv4, bytes16 ipv6, uint16 dnsPort, ' +
    'uint16 httpPort, uint16 httpsPort, uint16 overlayPort) endpoint)',
  'error EdgeKeyInvalid(bytes32 peerKey, address operatorKey)',
  'error EdgeLeft(bytes32 peerKey, uint64 withdrawableAt)',
  'error EdgeOwnerMismatch(bytes32 peerKey, address owner, address caller)',
  'error EdgeStakeInvalid(uint96 stake, uint96 stakeMin)',
  'error EdgeTaken(bytes32 peerKey, address owner)',
  'error EdgeUnknown(bytes32 peerKey)',
  'error EvidenceUsed(bytes32 evidence)',
  'error FailedCall()',
  'error Frozen(uint64 frozenUntil)',
  'error HashLengthInvalid(uint256 length, uint256 lengthMax)',
  'error InsufficientBalance(uint256 balance, uint256 needed)',
  'error InvalidAccountNonce(address account, uint256 currentNonce)',
  'error InvalidShortString()',
  'error LabelCharacterInvalid(uint256 position, bytes1 character)',
  'error LabelLengthInvalid(uint256 length)',
  'error LabelReserved(string label)',
  'error MinterMismatch(address minter, address caller)',
  'error NameExpired(bytes32 node, uint64 expiresAt)',
  'error NameOwnerMismatch(bytes32 node, address owner, address caller)',
  'error NameTaken(bytes32 node, address owner, uint64 expiresAt)',
  'error NameTermExceeded(bytes32 node, uint64 expiresAt, uint64 expiresAtMax)',
  'error NameWriterMismatch(bytes32 node, address owner, address delegate, address caller)',
  'error NothingDue(address caller)',
  'error PaymentZero()',
  'error PolicyInvalid(uint256 commitmentAgeMin, uint256 commitmentAgeMax)',
  'error PolicyMismatch(address policy, address caller)',
  'error ReentrancyGuardReentrantCall()',
  'error RefundsNotOpen(uint64 closesAt, uint64 refundsEndAt)',
  'error RegistrarMismatch(address registrar, address caller)',
  'error RewardInvalid(uint256 rewardBips, uint256 rewardBipsMax)',
  'error SafeCastOverflowedUintDowncast(uint8 bits, uint256 value)',
  'error SafeERC20FailedOperation(address token)',
  'error SaleNotOpen(uint64 opensAt, uint64 closesAt)',
  'error SaleNotSuccessful(uint256 raisedWei, uint256 minimumWei, uint64 closesAt)',
  'error SaleSoldOut(uint256 capWei)',
  'error SaleTermsInvalid(bool ordered, bool bounded, uint256 rate)',
  'error SignerMismatch(bytes32 peerKey, address signer)',
  'error SiteZero()',
  'error SlashInvalid(bytes32 peerKey, uint96 amount, uint96 reward, uint96 stake)',
  'error StakeEmpty(bytes32 peerKey)',
  'error StatementTrue(bytes32 digest)',
  'error StringTooLong(string str)',
  'error TermsInvalid(uint256 terms, uint256 termsMax)',
] as const
