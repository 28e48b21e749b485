// Frames as bytes and back, for both drivers: what a stranger sends wrongly ends here, as a count.

import { isFault } from '../../base/fault.ts'
import type { Meter } from '../../base/meter.ts'

export type Codec<Message> = {
  encode(message: Message): Uint8Array
  /** Throws a Fault, and nothing else, for what it refuses; checks the signature too. */
  decode(bytes: Uint8Array): Message
}

/** Undefined for what is refused; only a bug of ours is thrown. */
export function decodeOrCount<Message>(
  codec: Codec<Message>,
  bytes: Uint8Array,
  meter: Meter,
): Message | undefined {
  try {
    return codec.decode(bytes)
  } catch (error) {
    if (!isFault(error)) throw error
    meter.count(`overlay.frames.refused.${error.code}`)
    return undefined
  }
}
