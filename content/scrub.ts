// Reading again what lies on the disk, before somebody needs it and finds it rotten: whose turn it is, and when.
//
// All blocks in the order of their names, which is a random order of the disk's, at a steady rate; then again from the
// start. The place is a name, so it survives a restart and whatever comes and goes meanwhile. Reading on demand does
// not do it: what nobody asks for rots unnoticed until the last good copy elsewhere is gone. (Bairavasundaram and
// others, "An Analysis of Latent Sector Errors in Disk Drives", SIGMETRICS 2007.)

export interface Scrub {
  /** The next block to check; undefined while it is not time or there are none. */
  wake(now: number): string | undefined
  /** What was checked last had this length. */
  checked(sizeBytes: number, now: number): void
  wakeAt(): number
  /** The last name that was checked, for the next run. */
  place(): string
}

export type ScrubOptions = {
  readonly keys: () => readonly string[]
  readonly bytesPerS: number
  /** Between the beginnings of two passes, at least: a small store need not be read all day. */
  readonly passMsMin: number
  readonly place?: string
}

export function createScrub(options: ScrubOptions, now: number): Scrub {
  let place = options.place ?? ''
  const rest = (): string[] =>
    options
      .keys()
      .filter(key => key > place)
      .sort()
      .reverse()
  let left = rest()
  let passAt = now
  let nextAt = now
  return {
    wake(now) {
      if (now < nextAt) return undefined
      if (left.length === 0) {
        nextAt = Math.max(now, passAt + options.passMsMin)
        if (now < nextAt) return undefined
        place = ''
        left = rest()
        passAt = now
        nextAt = now + (left.length === 0 ? options.passMsMin : 0)
      }
      const key = left.pop()
      place = key ?? place
      return key
    },
    checked(sizeBytes, now) {
      nextAt = now + (1000 * sizeBytes) / options.bytesPerS
    },
    wakeAt: () => nextAt,
    place: () => place,
  }
}
