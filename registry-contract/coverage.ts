// What no test reached, from a coverage report in the lcov form (geninfo(1), "FILES").
//
// `SF` names a file; `DA:line,hits` counts a line; `BRDA:line,block,branch,hits` a branch, with `-` for hits when the
// whole block was never reached.

/** `file:line` of every line and branch without a hit, each once, in the order of the report. */
export function gapsOf(lcov: string): string[] {
  const gaps = new Set<string>()
  let file = ''
  for (const line of lcov.split('\n')) {
    const [kind, rest = ''] = line.split(/:(.*)/s)
    const words = rest.split(',')
    if (kind === 'SF') file = rest
    const missed =
      (kind === 'DA' && words[1] === '0') || (kind === 'BRDA' && (words[3] === '0' || words[3] === '-'))
    if (missed) gaps.add(`${file}:${words[0]}`)
  }
  return [...gaps]
}
