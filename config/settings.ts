// From layers of values (preset, file, command line) to Settings, or to one Fault that lists every complaint at once
// with the place it came from. A person mends a file in one round, not in as many as it has mistakes.

import { Fault } from '../base/fault.ts'
import type { Knob } from './knob.ts'
import { type KnobName, knobs, type Settings } from './knobs.ts'

export interface Layer {
  /** Where the values come from, as a person would call it: `edge.json`, `--set`. */
  readonly source: string
  /** By knob name, or nested: `{ dns: { port: 53 } }` is `dns.port`. */
  readonly values: unknown
}

/** Later layers win. Throws Fault config/invalid with every complaint. */
export function settingsFrom(layers: readonly Layer[]): Settings {
  const result: Record<string, number | string> = {}
  for (const [name, knob] of Object.entries(knobs)) result[name] = knob.default
  const complaints: string[] = []
  for (const { source, values } of layers) {
    for (const [path, value] of flatten(values)) {
      const complaint = judge(path, value)
      if (complaint === undefined) result[path] = value as number | string
      else complaints.push(`${source}: ${complaint}`)
    }
  }
  if (complaints.length > 0) throw new Fault('config/invalid', complaints.join('\n'))
  return result as unknown as Settings
}

function* flatten(values: unknown, prefix = ''): Generator<[path: string, value: unknown]> {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    yield [prefix || '(whole)', values]
    return
  }
  for (const [key, value] of Object.entries(values)) {
    const path = prefix === '' ? key : `${prefix}.${key}`
    if (typeof value === 'object' && value !== null && !(path in knobs)) yield* flatten(value, path)
    else yield [path, value]
  }
}

/** What is wrong with the value, if anything. */
function judge(path: string, value: unknown): string | undefined {
  const knob: Knob | undefined = Object.hasOwn(knobs, path) ? knobs[path as KnobName] : undefined
  if (knob === undefined) return `${path}: there is no such setting${suggestion(path)}`
  if ('form' in knob) {
    if (typeof value === 'string' && value.length <= 1000 && knob.form.test(value)) return undefined
    return `${path}: must be ${knob.says}, not ${shown(value)}`
  }
  if (typeof value === 'number' && Number.isInteger(value) && value >= knob.min && value <= knob.max)
    return undefined
  return `${path}: must be a whole number from ${knob.min} to ${knob.max} (${knob.unit}), not ${shown(value)}`
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

/** The knob that shares the most pairs of letters, when it shares at least half of them (Dice's coefficient). */
function suggestion(path: string): string {
  const pairs = (text: string): Set<string> =>
    new Set(
      Array.from({ length: Math.max(0, text.length - 1) }, (_, i) => text.slice(i, i + 2).toLowerCase()),
    )
  const wanted = pairs(path.slice(0, 100))
  let best = { name: '', score: 0 }
  for (const name of Object.keys(knobs)) {
    const own = pairs(name)
    const score = (2 * own.intersection(wanted).size) / (own.size + wanted.size)
    if (score > best.score) best = { name, score }
  }
  return best.score >= 0.5 ? ` (${best.name}?)` : ''
}
