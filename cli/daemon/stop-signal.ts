// When a command that runs until it is told to stop is told so.

/** Resolves with why: a signal, or the end of the parent that started us (its IPC channel closes). */
export function stopSignal(): Promise<string> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal))
    if (process.channel) process.once('disconnect', () => resolve('parent gone'))
  })
}
