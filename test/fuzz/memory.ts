// What is still in use when garbage has been collected: the only figure that shows a leak within seconds.
//
// V8's own `gc` sweeps to the end before it returns; the inspector's does not, and its figures jump by 100 MiB. The
// flag is set when first asked, because code that was compiled with it from the start is another.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Octets of the heap after a collection. */
export function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

export function mibText(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}
