// How long things take, counted by powers of two: a histogram that is made of counters and needs nothing else.
//
// What is slow is told by a factor, not by a percent: twenty counters from a microsecond to a second say whether the
// slowest are three times or three hundred times as slow as the usual. Averages would hide them, and a list of samples
// grows or forgets.

import type { Meter } from '../../base/meter.ts'

/** 2^20 µs are a second. */
const stepsMax = 20

/** Counts `ms` under `PREFIX.8us` when it is less than 8 µs and no less than 4, and so on; `PREFIX.more` from 1 s. */
export function createTimings(meter: Meter, prefix: string): (ms: number) => void {
  const counters = Array.from({ length: stepsMax + 1 }, (_, step) => `${prefix}.${2 ** step}us`)
  const more = `${prefix}.more`
  return ms => {
    const us = Math.max(0, ms * 1000)
    // 32 leading zeros for less than 1, 31 for less than 2, and so on.
    meter.count(us < 2 ** stepsMax ? counters[32 - Math.clz32(us)]! : more)
  }
}
