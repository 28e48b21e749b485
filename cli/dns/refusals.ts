// An ear for what is refused over DNS: a name in no zone of ours, which somebody may have claimed.
//
// It stands before the responder, like the query log, which knows of no claims. What is answered costs a comparison.

import type { Respond } from '../../resolver/responder.ts'
import { rcodes } from '../../resolver/wire/code.ts'
import { headerBytes } from '../../resolver/wire/header.ts'
import { foldCase, nameText, readName } from '../../resolver/wire/name.ts'
import { Reader } from '../../resolver/wire/reader.ts'

/** `asked` hears the name of each refused question, in lower case and without a dot at the end. */
export function withRefusalsHeard(respond: Respond, asked: (name: string) => void): Respond {
  return (packet, client, transport) => {
    const answer = respond(packet, client, transport)
    if (answer !== undefined && (answer[3]! & 0xf) === rcodes.REFUSED && answer[5] === 1) {
      // Our own answer, so the question in it can be read.
      const reader = new Reader(answer)
      reader.at = headerBytes
      asked(nameText(foldCase(readName(reader))).slice(0, -1))
    }
    return answer
  }
}
