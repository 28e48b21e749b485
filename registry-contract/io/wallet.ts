// Transactions from one account: estimate, number, sign, send, wait.
//
// ethers derives the key and signs; the rest is ours, because of three traps in its providers: they wait 10
// ms to batch, lose the revert data of an estimate, and their NonceManager counts a nonce up for a
// transaction that was never sent, after which everything behind it waits for ever (ethers issue 4811). Here
// sending is one queue: the nonce is asked of the endpoint for each transaction, after the estimate has
// passed, and the next transaction starts when this one was accepted. Receipts are awaited outside the queue,
// so a burst is still one block.

import { Fault, isFault } from '../../base/fault.ts'
import { delay } from '../../base/io/clock.ts'
import { parseData, parseQuantity } from '../answers.ts'
import { type Call, createReader, faultOf, type Reader } from './reader.ts'
import type { Rpc, RpcRefusal } from './rpc.ts'

export type WalletKey =
  | { readonly mnemonic: string; readonly account: number }
  | { readonly privateKey: string }

export interface WalletOptions {
  readonly rpc: Rpc
  readonly chainId: number
  readonly key: WalletKey
  /** From sending to receipt. */
  readonly receiptDeadlineMs?: number
  readonly pollMs?: number
}

export interface Receipt {
  readonly transaction: string
  readonly blockNumber: number
  readonly blockHash: string
  readonly gasUsed: number
  /** Where a deployment put its contract. */
  readonly contract: string | undefined
}

/** A text for wallets that is signed by structure, not as bytes (EIP-712). */
export interface TypedText {
  readonly domain: Readonly<Record<string, unknown>>
  readonly types: Readonly<Record<string, { name: string; type: string }[]>>
  readonly message: Readonly<Record<string, unknown>>
}

/** Wei per unit of gas. */
export interface GasPrice {
  /** What a transaction would pay in the next block. */
  readonly now: bigint
  /** What ours offer at most. */
  readonly max: bigint
}

/** Faults of what it sends: `chain/reverted` with the contract's reason or `wallet/empty`, `chain/unreachable`. */
export interface Wallet extends Reader {
  send(call: Call): Promise<Receipt>
  /** The gas that `send` would take now. */
  estimate(call: Call): Promise<number>
  gasPrice(): Promise<GasPrice>
  /** The next transaction's number. */
  nonce(): Promise<number>
  /** Signs a text for people (EIP-191, "personal_sign"): 65 bytes as 0x and hexadecimal. */
  sign(text: string): Promise<string>
  /** EIP-712, as above. */
  signTyped(text: TypedText): Promise<string>
}

const defaults = { receiptDeadlineMs: 30_000, pollMs: 25 }
/**
 * Another process with the same key can take the nonce between our question and our sending. One of the two
 * always gets through, so the other loses as often as the first has transactions waiting, at most.
 */
const attemptsMax = 10

/**
 * What an endpoint may talk us into paying: 2,000 gwei a gas is past every fee that Ethereum has seen for
 * long.
 */
const feePerGasMax = 2_000 * 1e9
/** The gas limit of a whole block of the embedded chain; our dearest call, a deployment, takes 1 million. */
const gasMax = 30_000_000

interface Signer {
  readonly address: string
  signTransaction(transaction: object): Promise<string>
  signMessage(text: string): Promise<string>
  signTypedData(domain: object, types: object, message: object): Promise<string>
}

async function signerOf(key: WalletKey): Promise<Signer> {
  const { HDNodeWallet, Wallet: KeyWallet } = await import('ethers/wallet')
  if ('privateKey' in key) return new KeyWallet(key.privateKey)
  return HDNodeWallet.fromPhrase(key.mnemonic, undefined, `m/44'/60'/0'/0/${key.account}`)
}

function parseReceipt(
  value: unknown,
  transaction: string,
): { receipt: Receipt; succeeded: boolean } | undefined {
  if (value === null) return undefined
  const fields = (typeof value === 'object' ? value : {}) as Record<string, unknown>
  const contract = fields.contractAddress ?? undefined
  return {
    succeeded: parseQuantity(fields.status, 'status') === 1,
    receipt: {
      transaction,
      blockNumber: parseQuantity(fields.blockNumber, 'block number'),
      blockHash: parseData(fields.blockHash, 'block hash', { bytes: 32 }),
      gasUsed: parseQuantity(fields.gasUsed, 'gas'),
      contract: contract === undefined ? undefined : parseData(contract, 'address', { bytes: 20 }),
    },
  }
}

/**
 * Twice the base fee outlives six full blocks (each raises it by an eighth); the tip is what the endpoint
 * proposes.
 */
async function feesNow(
  rpc: Rpc,
): Promise<{ base: number; maxFeePerGas: number; maxPriorityFeePerGas: number }> {
  const [block, tip] = await Promise.all([
    rpc.call('eth_getBlockByNumber', ['latest', false]) as Promise<Record<string, unknown> | null>,
    rpc.call('eth_maxPriorityFeePerGas', []),
  ])
  const base = parseQuantity(block?.baseFeePerGas, 'base fee')
  const maxPriorityFeePerGas = parseQuantity(tip, 'priority fee')
  const maxFeePerGas = 2 * base + maxPriorityFeePerGas
  if (maxFeePerGas > feePerGasMax) {
    throw new Fault(
      'chain/unreachable',
      `${rpc.url} asks for ${maxFeePerGas} wei a gas: more than we would pay.`,
    )
  }
  return { base, maxFeePerGas, maxPriorityFeePerGas }
}

/** Against the pending block, so that a transaction may build on one that was only just sent. */
async function estimateGas(rpc: Rpc, from: string, call: Call): Promise<number> {
  const estimate = await rpc.ask('eth_estimateGas', [{ ...call, from }, 'pending'])
  if ('refusal' in estimate) throw faultOf(estimate.refusal, rpc.url, from)
  const gas = parseQuantity(estimate.result, 'gas estimate')
  if (gas > gasMax)
    throw new Fault('chain/unreachable', `${rpc.url} estimates ${gas} gas: more than a block holds.`)
  return gas
}

/** One try to send; a refusal (a taken nonce, say) comes back as a value. */
async function sendOnce(options: WalletOptions, signer: Signer, call: Call): Promise<RpcRefusal | string> {
  const { rpc } = options
  const from = signer.address
  const gas = await estimateGas(rpc, from, call)
  const [{ maxFeePerGas, maxPriorityFeePerGas }, nonce] = await Promise.all([
    feesNow(rpc),
    rpc.call('eth_getTransactionCount', [from, 'pending']),
  ])
  const signed = await signer.signTransaction({
    ...call,
    maxFeePerGas,
    maxPriorityFeePerGas,
    type: 2,
    chainId: options.chainId,
    nonce: parseQuantity(nonce, 'nonce'),
    gasLimit: Math.ceil(gas * 1.2), // another's transaction in between may make ours dearer
  })
  const sent = await rpc.ask('eth_sendRawTransaction', [signed])
  return 'refusal' in sent ? sent.refusal : parseData(sent.result, 'transaction hash', { bytes: 32 })
}

async function sendWithRetry(options: WalletOptions, signer: Signer, call: Call): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await sendOnce(options, signer, call)
    if (typeof outcome === 'string') return outcome
    const taken = /nonce|underpriced|already (known|imported)/i.test(outcome.message)
    if (!taken || attempt === attemptsMax) throw faultOf(outcome, options.rpc.url, signer.address)
  }
}

async function waitForReceipt(
  options: WalletOptions & typeof defaults,
  transaction: string,
): Promise<ReturnType<typeof parseReceipt> & object> {
  const late = AbortSignal.timeout(options.receiptDeadlineMs)
  while (!late.aborted) {
    const found = await options.rpc
      .call('eth_getTransactionReceipt', [transaction])
      .then(answer => parseReceipt(answer, transaction))
      .catch(error => {
        if (!isFault(error, 'chain/unreachable')) throw error
        return undefined // sent is sent: an endpoint that hiccups now is asked again until the deadline
      })
    if (found) return found
    await delay(options.pollMs)
  }
  throw new Fault(
    'chain/unreachable',
    `Transaction ${transaction} was not mined in ${options.receiptDeadlineMs} ms.`,
  )
}

export async function createWallet(given: WalletOptions): Promise<Wallet> {
  const options = { ...defaults, ...given }
  const { rpc } = options
  const signer = await signerOf(options.key)
  const from = signer.address
  let queue: Promise<unknown> = Promise.resolve()

  const reader = createReader({ rpc, chainId: options.chainId, address: from })

  const send = async (call: Call): Promise<Receipt> => {
    const sent = queue.then(() => sendWithRetry(options, signer, call))
    queue = sent.catch(() => {})
    const { receipt, succeeded } = await waitForReceipt(options, await sent)
    if (succeeded) return receipt
    // It passed the estimate and failed in its block: somebody was quicker. The same call says why.
    await reader.read(call, receipt.blockNumber)
    throw new Fault('chain/reverted', `Transaction ${receipt.transaction} failed in its block.`)
  }

  return {
    ...reader,
    send,
    estimate: call => estimateGas(rpc, from, call),
    async gasPrice() {
      const { base, maxFeePerGas, maxPriorityFeePerGas } = await feesNow(rpc)
      return { now: BigInt(base + maxPriorityFeePerGas), max: BigInt(maxFeePerGas) }
    },
    nonce: async () => parseQuantity(await rpc.call('eth_getTransactionCount', [from, 'pending']), 'nonce'),
    sign: text => signer.signMessage(text),
    signTyped: ({ domain, types, message }) => signer.signTypedData(domain, types, message),
  }
}
