// What the two contracts offer, as text and once: the same lines that Solidity would print.
//
// Selectors and topics are computed from these lines, so there is no second list to keep. A test compares
// them with the compiled contracts: a line that is missing, or left over, fails there.

import { type Signature, signature } from './abi.ts'

const term = 'uint64 expiresAt, uint64 sequence'

export const nameRegistrySignatures = [
  'function register(string label) returns (bytes32)',
  'function renew(bytes32 node)',
  'function transfer(bytes32 node, address to)',
  'function setContenthash(bytes32 node, bytes hash)',
  'function owner(bytes32 node) view returns (address)',
  'function contenthash(bytes32 node) view returns (bytes)',
  'function sequence(bytes32 node) view returns (uint64)',
  'function expiresAt(bytes32 node) view returns (uint64)',
  'function suffixNode() view returns (bytes32)',
  'function TERM() view returns (uint48)',
  'function AHEAD_MAX() view returns (uint48)',
  'function LABEL_LENGTH_MAX() view returns (uint256)',
  'function CONTENTHASH_LENGTH_MAX() view returns (uint256)',
  `event NameRegistered(bytes32 indexed node, string label, address indexed owner, ${term})`,
  `event NameRenewed(bytes32 indexed node, ${term})`,
  'event NameTransferred(bytes32 indexed node, address indexed from, address indexed to, uint64 sequence)',
  'event ContenthashChanged(bytes32 indexed node, bytes contenthash, uint64 sequence)',
  'error LabelLengthInvalid(uint256 length)',
  'error LabelCharacterInvalid(uint256 position, bytes1 character)',
  'error NameTaken(bytes32 node, address owner, uint64 expiresAt)',
  'error NameExpired(bytes32 node, uint64 expiresAt)',
  'error NameOwnerMismatch(bytes32 node, address owner, address caller)',
  'error NameReceiverInvalid(bytes32 node, address receiver)',
  'error NameTermExceeded(bytes32 node, uint64 expiresAt, uint64 expiresAtMax)',
  'error ContenthashLengthInvalid(uint256 length, uint256 lengthMax)',
] as const

const endpoint = 'bytes4 ipv4, uint16 dnsPort, uint16 httpPort, uint16 overlayPort'

export const edgeRegistrySignatures = [
  `function register(bytes32 peerKey, ${endpoint})`,
  `function update(bytes32 peerKey, ${endpoint})`,
  'function remove(bytes32 peerKey)',
  'function edge(bytes32 peerKey) view returns ((address,bytes4,uint16,uint16,uint16))',
  `event EdgeRegistered(bytes32 indexed peerKey, address indexed owner, ${endpoint})`,
  'event EdgeRemoved(bytes32 indexed peerKey, address indexed owner)',
  'error EdgeKeyInvalid(bytes32 peerKey)',
  `error EdgeEndpointInvalid(${endpoint})`,
  'error EdgeUnknown(bytes32 peerKey)',
  'error EdgeOwnerMismatch(bytes32 peerKey, address owner, address caller)',
] as const

function signaturesByName(texts: readonly string[], kind: Signature['kind']): Map<string, Signature> {
  const wanted = texts.filter(text => text.startsWith(`${kind} `)).map(signature)
  return new Map(wanted.map(one => [one.name, one]))
}

export const nameCalls = signaturesByName(nameRegistrySignatures, 'function')
export const edgeCalls = signaturesByName(edgeRegistrySignatures, 'function')
export const nameEvents = signaturesByName(nameRegistrySignatures, 'event')
export const edgeEvents = signaturesByName(edgeRegistrySignatures, 'event')
export const contractErrors = signaturesByName(
  [...nameRegistrySignatures, ...edgeRegistrySignatures],
  'error',
)
