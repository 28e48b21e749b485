// What is still in use when garbage has been collected: the only figure that shows a leak within seconds.

import { Session } from 'node:inspector'

/** Octets of the heap after a collection. */
export function heapBytes(): number {
  const session = new Session()
  session.connect()
  session.post('HeapProfiler.collectGarbage')
  session.disconnect()
  return process.memoryUsage().heapUsed
}

export function mibText(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}
