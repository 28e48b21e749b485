// One piece of work for many waiters: whoever asks for what is already being fetched waits for the same answer.
//
// Each waiter may leave (its signal aborts); the work is aborted when the last one has left, and then forgotten at
// once, so that the next to come does not inherit the abort.

export type Together<Value> = {
  /** `work` runs once for a key; `signal` releases this waiter only, with the signal's reason. */
  join(key: string, work: (signal: AbortSignal) => Promise<Value>, signal?: AbortSignal): Promise<Value>
  size(): number
}

type Flight<Value> = { answer: Promise<Value>; waiters: number; abort: AbortController }

export function createTogether<Value>(): Together<Value> {
  const flights = new Map<string, Flight<Value>>()

  const start = (key: string, work: (signal: AbortSignal) => Promise<Value>): Flight<Value> => {
    const abort = new AbortController()
    const flight: Flight<Value> = { answer: work(abort.signal), waiters: 0, abort }
    flights.set(key, flight)
    const land = (): void => {
      if (flights.get(key) === flight) flights.delete(key)
    }
    flight.answer.then(land, land)
    return flight
  }

  return {
    async join(key, work, signal) {
      signal?.throwIfAborted()
      const flight = flights.get(key) ?? start(key, work)
      flight.waiters++
      let leave = (): void => {}
      const left = new Promise<never>((_, reject) => {
        leave = () => reject(signal?.reason)
      })
      signal?.addEventListener('abort', leave)
      try {
        return await Promise.race([flight.answer, left])
      } finally {
        signal?.removeEventListener('abort', leave)
        if (--flight.waiters === 0 && flights.get(key) === flight) {
          flights.delete(key)
          flight.abort.abort()
        }
      }
    },
    size: () => flights.size,
  }
}
