// Talking to an authority: HTTPS with bounds, by the client that all of the edge uses.

import { createHttpClient } from '../../../base/io/http.ts'
import type { Ask } from '../session.ts'

export interface Talk {
  readonly ask: Ask
  close(): void
}

/** A chain of certificates has some 6 KiB; a directory 2. */
const answerBytesMax = 256 * 1024

/** `authorities`: PEM of those to trust instead of the public ones, for an authority of one's own. */
export function openTalk({ authorities }: { authorities?: string } = {}): Talk {
  const client = createHttpClient({ connectionsMax: 2, restMs: 10_000, ...(authorities && { authorities }) })
  return {
    async ask({ url, method, body, accept }) {
      const headers = {
        'User-Agent': 'inxt',
        ...(accept && { Accept: accept }),
        ...(body !== undefined && {
          'Content-Type': 'application/jose+json',
          'Content-Length': `${Buffer.byteLength(body)}`,
        }),
      }
      const limits = { bytesMax: answerBytesMax, connectMs: 10_000, idleMs: 30_000, totalMs: 60_000 }
      const answer = await client.ask(url, { method, headers, ...(body && { body }), ...limits })
      if (answer.body === undefined) throw new Error(`an answer of more than ${answerBytesMax} bytes`)
      return { status: answer.status, headers: answer.headers, body: answer.body.toString('utf8') }
    },
    close: () => client.close(),
  }
}
