// Tasks that must not overlap for the same key take turns; those of different keys run side by side.

/** Resolves or rejects as `task` does, which begins when all earlier tasks of `key` have ended, however they did. */
export type Turns = <T>(key: string, task: () => Promise<T>) => Promise<T>

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>()
  return (key, task) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(task, task)
    last.set(key, turn)
    const leave = (): void => {
      if (last.get(key) === turn) last.delete(key)
    }
    turn.then(leave, leave)
    return turn
  }
}
