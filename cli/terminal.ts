// What a person sees: steps that say what happens and how long it took, tables, and errors of three lines.
//
// On a terminal a running step has a spinner and may change its words; elsewhere (a pipe, CI) each step is one line
// when it ends, so that logs stay readable. Colours follow NO_COLOR and the stream. `--json` uses `quiet`.

import { stripVTControlCharacters, styleText } from 'node:util'
import { Fault } from '../base/fault.ts'

type Style = Parameters<typeof styleText>[0]

export interface Terminal {
  /** Runs `action` under a title; `say` replaces the title while it runs. The error, if any, goes on to the caller. */
  step<T>(title: string, action: (say: (title: string) => void) => Promise<T>): Promise<T>
  /** A step whose end is known: `total` units, advanced by the action; a bar on a terminal. */
  bar<T>(title: string, total: number, action: (advance: (by: number) => void) => Promise<T>): Promise<T>
  line(text?: string): void
  table(head: readonly string[], rows: readonly (readonly string[])[]): void
  paint(style: Style, text: string): string
  /** Whether lines can be rewritten. */
  readonly live: boolean
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

export function createTerminal(stream: NodeJS.WriteStream = process.stdout): Terminal {
  const live = stream.isTTY === true
  const paint = (style: Style, text: string): string => styleText(style, text, { stream })
  const line = (text = ''): void => {
    stream.write(`${text}\n`)
  }
  const step: Terminal['step'] = async (title, action) => {
    const startedAt = performance.now()
    let frame = 0
    const draw = (): void => {
      stream.write(`\r\x1b[2K  ${paint('cyan', frames[frame++ % frames.length]!)} ${title}`)
    }
    const spinner = live ? setInterval(draw, 80) : undefined
    const end = (mark: string): void => {
      clearInterval(spinner)
      const took = paint('dim', durationText(performance.now() - startedAt))
      stream.write(`${live ? '\r\x1b[2K' : ''}  ${mark} ${pad(title, 56)} ${took}\n`)
    }
    try {
      const result = await action(next => {
        title = next
      })
      end(paint('green', '✔'))
      return result
    } catch (error) {
      end(paint('red', '✖'))
      throw error
    }
  }
  const bar: Terminal['bar'] = (title, total, action) =>
    step(title, async say => {
      let done = 0
      say(`${title} ${barText(0)}`)
      const result = await action(by => {
        done += by
        say(`${title} ${barText(total === 0 ? 1 : done / total)}`)
      })
      say(title)
      return result
    })
  return {
    live,
    paint,
    line,
    step,
    bar,
    table: (head, rows) => {
      for (const text of tableLines(head, rows, head => paint('dim', head))) line(text)
    },
  }
}

/** Twenty cells and a percentage. */
function barText(share: number): string {
  const filled = Math.round(20 * Math.min(1, share))
  return `${'█'.repeat(filled)}${'░'.repeat(20 - filled)} ${String(Math.floor(100 * Math.min(1, share))).padStart(3)} %`
}

/** Says nothing: for `--json`. */
export const quiet: Terminal = {
  live: false,
  paint: (_, text) => text,
  line: () => {},
  table: () => {},
  step: (_, action) => action(() => {}),
  bar: (_title, _total, action) => action(() => {}),
}

export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 100_000) return `${(ms / 1000).toFixed(1)} s`
  const minutes = Math.round(ms / 60_000)
  if (minutes < 100) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 100 ? `${hours} h` : `${Math.round(hours / 24)} days`
}

function width(text: string): number {
  return stripVTControlCharacters(text).length
}

function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)))
}

/** Columns as wide as their widest cell, two blanks apart, indented by two. */
export function tableLines(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  paintHead: (text: string) => string = text => text,
): string[] {
  const columns = head.map((title, i) => Math.max(width(title), ...rows.map(row => width(row[i] ?? ''))))
  const layOut = (cells: readonly string[]): string =>
    `  ${cells.map((cell, i) => pad(cell, columns[i] ?? 0)).join('  ')}`.trimEnd()
  return [paintHead(layOut(head)), ...rows.map(layOut)]
}

/** The three lines of an error: what happened, what it means, what to try. */
export function faultLines(error: unknown): string[] {
  if (error instanceof Fault) return error.lines()
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return [text, 'This is a mistake in inxt itself.', 'Please report it together with the lines above.']
}

export function printFault(error: unknown, stream: NodeJS.WriteStream = process.stderr): void {
  const [what, meaning, hint] = faultLines(error)
  const paint = (style: Style, text: string): string => styleText(style, text, { stream })
  stream.write(`${paint('red', 'error')}: ${what}\n${meaning}\n${paint('cyan', hint!)}\n`)
}
