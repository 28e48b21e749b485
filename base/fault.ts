// The world's failures as values from a closed list.
//
// A Fault is what may go wrong outside our code: bytes that are malformed, a port that is taken, a peer that does
// not answer. It carries a code (for programs) and three lines (for people): what happened, what it means, what to
// try. Our own bugs are assertions instead and stay loud. The rim (a `cli` command, a socket handler) catches
// Faults and turns them into FORMERR, 502, an exit code or a count. docs/faults.md is generated from this list.

/** Every code with what it means and what to try, in words that fit any occurrence. */
export const faultCodes = {
  'bytes/malformed': [
    'The bytes do not follow their format.',
    'Nothing: the sender is at fault and was refused.',
  ],
  'bytes/too-large': [
    'The input exceeds the bound set for it.',
    'Send less, or raise the knob that the first line names.',
  ],
  'config/invalid': [
    'The configuration cannot be used as it stands.',
    'Mend every line listed above and start again.',
  ],
  'config/unreadable': [
    'A file that is needed cannot be read.',
    'Check that the path exists and that you may read it.',
  ],
  'net/port-taken': [
    'Another program listens on that port.',
    'Stop it, or choose another port with the option named above.',
  ],
  'net/unreachable': [
    'The other side did not answer in time.',
    'Check that it runs and that the address is right.',
  ],
  'state/broken': [
    'What was kept on disk from an earlier run cannot be used.',
    'Move the file away to start afresh.',
  ],
  'state/unwritten': [
    'A file cannot be written; what was there before is as it was.',
    'Check that the disk has room and that you may write there.',
  ],
  'state/locked': [
    'Another process already uses this data folder.',
    'Stop it first, or choose another folder with --data.',
  ],
  'store/full': ['There is no room left for it.', 'Raise store.bytesMax, or publish less.'],
  'content/missing': [
    'No reachable holder has this content.',
    'Wait until a holder is back, or publish it again.',
  ],
  'content/mismatch': [
    'The bytes do not have the hash that was asked for.',
    'Nothing: the holder was refused; another is asked.',
  ],
  'content/unsupported': [
    'This kind of content cannot be handled.',
    'Use UnixFS files and folders with SHA-256 identifiers.',
  ],
  'certificate/refused': [
    'The authority does not give a certificate for this name.',
    'Read its reason in the first line; it is asked again after a while.',
  ],
  'chain/unreachable': [
    'Names can be neither looked up nor changed without the chain.',
    'Check that it runs and that its address is right; `inxt status` shows that of the devnet.',
  ],
  'chain/reverted': [
    'The contract refused the transaction.',
    'Read the reason in the first line; nothing was changed.',
  ],
  'chain/mismatch': [
    'The chain is not the one this folder was made for.',
    'Use the matching --rpc, or start with a fresh data folder.',
  ],
  'proof/invalid': [
    'The proof does not show what it is said to show.',
    'Ask another peer or endpoint; the first line names the step that failed.',
  ],
  'name/invalid': [
    'The name is not a valid label.',
    'Use 1 to 63 of a-z, 0-9 and "-", not beginning or ending with "-".',
  ],
  'name/taken': ['The name is not free.', 'Choose another name, or use the wallet that owns it.'],
  'wallet/locked': [
    'The key of the wallet cannot be used.',
    'Give the right pass phrase, or choose another wallet with --wallet.',
  ],
  'wallet/empty': [
    'The wallet cannot pay for this.',
    'Send it what the first line names, then run the command again.',
  ],
  'wallet/refused': [
    'Nothing is spent unless somebody agrees to the cost.',
    'Answer y, or run the command with --yes.',
  ],
  'input/invalid': ['What was typed cannot be used.', 'Add --help to the command to see what it takes.'],
  'publish/refused': ['The edge did not accept the upload.', 'Read the reason in the first line.'],
  'publish/timeout': [
    'The network did not confirm in time.',
    'Run the same command again: it goes on where it stopped.',
  ],
  'tool/missing': ['A program that is needed is not installed.', 'Install it as the first line says.'],
} as const satisfies Record<string, readonly [meaning: string, hint: string]>

export type FaultCode = keyof typeof faultCodes

export class Fault extends Error {
  readonly code: FaultCode
  /** What to try, when there is better advice than the list's own. */
  readonly hint: string

  constructor(code: FaultCode, what: string, options: { hint?: string; cause?: unknown } = {}) {
    super(what, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Fault'
    this.code = code
    this.hint = options.hint ?? faultCodes[code][1]
  }

  /** The three lines that a person sees: what happened, what it means, what to try. */
  lines(): [what: string, meaning: string, hint: string] {
    return [this.message, faultCodes[this.code][0], this.hint]
  }
}

export function isFault(error: unknown, code?: FaultCode): error is Fault {
  return error instanceof Fault && (code === undefined || error.code === code)
}

/** For bugs of ours: stays on in production, is never caught to be ignored. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`)
}
