// A few places for each key, and a bounded line before them.

export interface Slots {
  /** Resolves to the function that frees the place; to undefined when the line is full. Rejects with the signal's
   *  reason, after which no place is held. */
  take(key: string, signal: AbortSignal): Promise<(() => void) | undefined>
}

type Desk = { taken: number; readonly line: (() => void)[] }

export function createSlots(options: { takenMax: number; waitingMax: number }): Slots {
  const desks = new Map<string, Desk>()
  const free = (key: string, desk: Desk): void => {
    const next = desk.line.shift()
    if (next !== undefined) next()
    else if (--desk.taken === 0) desks.delete(key)
  }
  const once = (key: string, desk: Desk): (() => void) => {
    let isFree = false
    return () => {
      if (!isFree) free(key, desk)
      isFree = true
    }
  }
  return {
    async take(key, signal) {
      signal.throwIfAborted()
      let desk = desks.get(key)
      if (desk === undefined) desks.set(key, (desk = { taken: 0, line: [] }))
      if (desk.taken < options.takenMax) {
        desk.taken++
        return once(key, desk)
      }
      if (desk.line.length >= options.waitingMax) return undefined
      const { line } = desk
      await new Promise<void>((resolve, reject) => {
        const called = (): void => {
          signal.removeEventListener('abort', leave)
          resolve()
        }
        const leave = (): void => {
          line.splice(line.indexOf(called), 1)
          reject(signal.reason)
        }
        signal.addEventListener('abort', leave, { once: true })
        line.push(called)
      })
      return once(key, desk)
    },
  }
}
