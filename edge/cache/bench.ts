// The test bench of the shared cache: a cache before a script, with a clock that tests set.

import { createMeter } from '../../base/meter.ts'
import { collect } from '../body.ts'
import { FairShare } from '../fair-share.ts'
import { type Field, fieldValue, type IngressRequest, type IngressResponse } from '../message.ts'
import { type CacheOptions, cache } from '../steps/cache.ts'
import { createStore } from './store.ts'

export type Answer = (request: IngressRequest) => Promise<IngressResponse> | IngressResponse

export const startedAt = Date.UTC(2026, 10, 22)
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

export async function* stream(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield bytes(part)
}

/** An answer of an origin: its body comes as a stream. */
export function says(text: string, ...fields: Field[]): IngressResponse {
  return { status: 200, fields, body: stream(text), sizeBytes: text.length }
}

export const lasting = (text: string, ...fields: Field[]) =>
  says(text, ['Cache-Control', 'max-age=60'], ...fields)
/** A cache before a script: each request that gets through is answered by it, and kept. */
export function bench(answer: Answer, options: Partial<CacheOptions> = {}) {
  const asked: IngressRequest[] = []
  const bugs: unknown[] = []
  const clock = { now: startedAt }
  const meter = createMeter()
  const step = cache({
    name: 'inxt',
    origin: { name: 'http://origin.example' },
    store: createStore(1024 * 1024),
    heuristic: { share: 0.1, lifetimeMaxMs: 86_400_000 },
    bodyBytesMax: 64 * 1024,
    arriving: new FairShare(256 * 1024).of(''),
    staleOnErrorMs: 3_600_000,
    now: () => clock.now,
    meter,
    onBug: error => bugs.push(error),
    ...options,
  })
  const ask = async (path: string, more: Partial<IngressRequest> = {}): Promise<IngressResponse> => {
    const request: IngressRequest = {
      ...{
        method: 'GET',
        target: path,
        version: '1.1',
        secure: false,
        fields: [],
        body: stream(),
        client: '192.0.2.1',
      },
      ...{ receivedAt: clock.now, signal: new AbortController().signal },
      ...more,
    }
    return step({ request, authority: { host: 'a.example', port: undefined } }, async ({ request }) => {
      asked.push(request)
      return answer(request)
    })
  }
  const get = async (path: string, ...fields: Field[]) => told(await ask(path, { fields }))
  return { ask, get, asked, bugs, clock, counts: meter.read }
}

async function told({ status, fields, body }: IngressResponse) {
  const whole = body === undefined ? bytes('') : body instanceof Uint8Array ? body : await collect(body, 1e9)
  const text = new TextDecoder().decode(whole)
  return { status, text, how: fieldValue(fields, 'cache-status'), fields }
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}
