// What Cache-Control says, in a request or an answer (RFC 9111 §5.2): directives with their arguments, read once.
//
// Read as a careful recipient reads: names in any case, arguments as tokens or strings, unknown directives kept for
// nobody. Whatever cannot be read still counts by its name, with an argument that no number is, so that a mistake
// makes an answer stale sooner and never fresh for longer (§4.2.1). Fields of whole answers are not repaired.

/** By lower-case name; undefined for a directive without argument. */
export type Directives = ReadonlyMap<string, string | undefined>

/** What `max-age` may say at most (§1.2.2): 68 years, which is for ever. */
const secondsMax = 2 ** 31

const element =
  /[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:=(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)|"((?:[^"\\]|\\.)*)"))?[ \t]*(?=,|$)/y
const leadingName = /[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]*)/y
/** Up to the next comma that stands in no string. */
const rest = /(?:[^",]|"(?:[^"\\]|\\.)*"?)*/y

/**
 * Of directives given twice the first counts (§4.2.1), except that one without argument beats one with: `no-cache`
 * says more than `no-cache="a"`. Never throws.
 */
export function parseDirectives(lines: readonly string[]): Directives {
  const directives = new Map<string, string | undefined>()
  const text = lines.join(',')
  for (let at = 0; at <= text.length; at++) {
    element.lastIndex = at
    const whole = element.exec(text)
    if (whole) {
      at = element.lastIndex
      add(directives, whole[1]!, whole[2] ?? whole[3]?.replace(/\\(.)/gs, '$1'))
      continue
    }
    leadingName.lastIndex = at
    const name = leadingName.exec(text)![1]!
    if (name !== '') add(directives, name, '')
    rest.lastIndex = leadingName.lastIndex
    rest.exec(text)
    at = rest.lastIndex
  }
  return directives
}

function add(directives: Map<string, string | undefined>, name: string, argument: string | undefined): void {
  const key = name.toLowerCase()
  if (!directives.has(key) || argument === undefined) directives.set(key, argument)
}

/** delta-seconds (§1.2.2); undefined for anything else. */
export function deltaSeconds(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined
  return Math.min(Number(text), secondsMax)
}

/** The seconds of a directive: undefined when it is not there, 0 when it is and cannot be read (§4.2.1). */
export function secondsOf(directives: Directives, name: string): number | undefined {
  return directives.has(name) ? (deltaSeconds(directives.get(name)) ?? 0) : undefined
}
