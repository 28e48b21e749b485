// The text of docs/conformance.md: what outside programs say about the name server, from what a run has found.
//
// Written from the comparison itself, so that no difference can be forgotten and no count can grow old; the test that
// makes the comparison fails when the page is not the one it would write.

import { type Comparison, differences, questions } from './beside.ts'
import { askedZones, kindsIn } from './kinds.ts'

export function pageText(comparisons: ReadonlyMap<string, Comparison>): string {
  const rows = [...comparisons].map(([peer, { alike, explained, unexplained }]) => {
    const differ = [...explained.values()].reduce((sum, count) => sum + count, 0)
    return `| ${peer} | ${alike} | ${differ} | ${unexplained.length} |`
  })
  const reasons = differences.map(({ why }) => {
    const counts = [...comparisons].flatMap(([peer, { explained }]) => {
      const count = explained.get(why)
      return count === undefined ? [] : [`${peer} ${count}`]
    })
    return `- ${why} (${counts.join(', ')})`
  })
  return `${head}
## Beside other servers

${questions.length} questions over TCP about the same signed files, with DNSSEC asked for in most. Compared are
status, AA and the records of all three sections with their TTLs; order, compression and EDNS are not.

| server | alike | different, for a reason below | different without |
|---|---|---|---|
${rows.join('\n')}

The reasons, with the answers that each explains:

${reasons.join('\n')}
`
}

const head = `# Conformance

What outside programs find in the name server. This page is written by a test from what it found:
\`INXT_WRITE=conformance node --test test/conformance/beside.test.ts\`, as root on Debian, where the set-up installs
what is missing.

The lab is a network namespace with a signed root at the addresses of the real root servers and a signed top-level
domain (both NSD), so that unmodified programs start where they always do. Below it \`inxt edge --standalone\` serves
zones that \`inxt zone sign\` signed: \`example.lab\` with NSEC and \`third.lab\` with NSEC3 (ECDSA P-256), \`ed.lab\` and
\`ed3.lab\` the same with Ed25519. Two more are signed while they are answered: \`live.lab\` denies compactly (RFC 9824),
\`white.lab\` by records that cover just the name (RFC 4470). All are reached by IPv4 and IPv6.

## Checkers and resolvers

Each row is a test of \`test/conformance/outside.test.ts\`:

| program | what it must say |
|---|---|
| \`unbound\`, \`named\`, \`pdns_recursor\`, \`kresd\` | ${kindsIn('').length} kinds of answer validated (AD) in each of ${askedZones.length} zones |
| | a signed child validated, an unsigned not; expired and wrong signatures refused |
| \`delv\` | fully validated, from the root down |
| \`zonemaster-cli\` | nothing from NOTICE up, in each zone |
| \`dnsviz\` | no error, no warning, in each zone |
| \`kdig\` | TLS (certificate checked), HTTPS by POST and GET, kept TCP, cookie, NSID, subnet, padding, EDNS 1 |
| \`dig\` | NOERROR for 65 types of query |
`
