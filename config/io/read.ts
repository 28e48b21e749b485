// Reads a settings file: JSON, at most 1 MiB.

import { readFile, stat } from 'node:fs/promises'
import { Fault } from '../../base/fault.ts'
import { unreadable } from '../../base/io/file.ts'
import type { Layer } from '../settings.ts'

const bytesMax = 1024 * 1024

/** Throws Fault config/unreadable or config/invalid. */
export async function readLayer(path: string): Promise<Layer> {
  let text: string
  try {
    const { size } = await stat(path)
    if (size > bytesMax) throw new Fault('config/invalid', `${path}: larger than 1 MiB`)
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw unreadable(path, cause)
  }
  try {
    return { source: path, values: JSON.parse(text) }
  } catch (cause) {
    throw new Fault('config/invalid', `${path}: not JSON: ${(cause as Error).message}`, { cause })
  }
}

/** `['dns.port=53', 'log.level=debug']` as a layer: numbers are read as numbers. */
export function assignmentLayer(assignments: readonly string[]): Layer {
  const values: Record<string, unknown> = {}
  for (const assignment of assignments) {
    const at = assignment.indexOf('=')
    const text = at < 0 ? '' : assignment.slice(at + 1)
    values[at < 0 ? assignment : assignment.slice(0, at)] = /^\d+$/.test(text) ? Number(text) : text
  }
  return { source: '--set', values }
}
