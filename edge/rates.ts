// How often each client may do something: a leaky bucket for each network, of which few are remembered.
//
// Somebody with more networks than we remember finds fresh buckets, but then each of them has only its burst;
// the bound on all connections holds beside this.

export interface RateOptions {
  readonly perS: number
  readonly burst: number
  readonly clientsMax: number
}

interface Bucket {
  left: number
  at: number
}

export class Rates {
  readonly #options: RateOptions
  /** Oldest first: a client is put to the end when it is seen. */
  readonly #buckets = new Map<string, Bucket>()
  #latest: string | undefined

  constructor(options: RateOptions) {
    this.#options = options
  }

  /** Whether `client` may once more; `now` in ms. */
  take(client: string, now: number): boolean {
    const { perS, burst, clientsMax } = this.#options
    const bucket = this.#buckets.get(client) ?? { left: burst, at: now }
    bucket.left = Math.min(burst, bucket.left + ((now - bucket.at) * perS) / 1000)
    bucket.at = now
    if (client !== this.#latest) {
      this.#buckets.delete(client)
      this.#buckets.set(client, bucket)
      this.#latest = client
      if (this.#buckets.size > clientsMax) this.#buckets.delete(this.#buckets.keys().next().value!)
    }
    if (bucket.left < 1) return false
    bucket.left--
    return true
  }
}
