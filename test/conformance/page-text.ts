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

${fuzzing}`
}

const validated = `${kindsIn('').length} kinds of answer validated (AD) in each of ${askedZones.length} zones`
const head = `# Conformance

What outside programs find in the name server. This page is written by a test from what it found:
\`INXT_WRITE=conformance node --test test/conformance/beside.test.ts\`, as root on Debian, where the set-up installs
what is missing.

The lab is a network namespace with a signed root at the addresses of the real root servers and a signed top-level
domain (both NSD), so that unmodified programs start where they always do. Below it \`inxt edge --standalone\` serves
zones that \`inxt zone sign\` signed: \`example.lab\` with NSEC and \`third.lab\` with NSEC3 (ECDSA P-256), \`ed.lab\`
and \`ed3.lab\` the same with Ed25519. Two more are signed while they are answered (\`--sign-online\`, denial by
RFC 9824): \`live.lab\` with P-256 and \`edlive.lab\` with Ed25519. \`owner.lab\` is served as an edge
serves what an owner published: judged, and with the places of five edges, which turn from answer to answer. All
are reached by IPv4 and IPv6.

## Checkers and resolvers

Each row is a test of \`test/conformance/outside.test.ts\`:

| program | what it must say |
|---|---|
| \`unbound\`, \`named\`, \`pdns_recursor\`, \`kresd\` | ${validated} |
| | a signed child validated, an unsigned not; expired and wrong signatures refused; places of a site |
| \`delv\` | fully validated, from the root down |
| \`zonemaster-cli\` | nothing from NOTICE up, in each zone |
| \`dnsviz\` | no error, no warning, in each zone |
| \`kdig\` | TLS (certificate checked), HTTPS by POST and GET, kept TCP, cookie, NSID, subnet, padding, EDNS 1 |
| \`dig\` | NOERROR for 65 types of query |
`

// Measured once and written down: ten minutes are too long for a test.
const fuzzing = `## Fuzzing

Inputs that reach blocks of code which none has reached are kept and changed further; V8 itself counts the blocks. Only
a Fault may come out, what was read must be written alike, the text of a record must say its octets, and an answer
must keep to what its packet allows. Ten minutes on two cores that had much else to do (load 6),
\`npm run fuzz -- wire responder data door master --minutes 10 --seed 11\`:

| target | inputs | a second | blocks run | inputs kept | MiB of heap, warm and at the end | findings |
|---|---|---|---|---|---|---|
| wire | 748439 | 6225 | 315 of 339 | 333 | 14.1 → 13.9 | 1 |
| responder | 4143479 | 34527 | 366 of 384 | 175 | 15.2 → 17.2 | 0 |
| data | 3650739 | 30422 | 199 of 206 | 177 | 15.9 → 15.6 | 0 |
| door | 1110508 | 9246 | 388 of 432 | 80 | 16.9 → 17.1 | 0 |
| master | 836765 | 6963 | 223 of 230 | 209 | 16.6 → 16.3 | 0 |

And for two minutes what is reached less, \`npm run fuzz -- bundle subnet frames doh --minutes 2 --seed 21\`:

| target | inputs | a second | blocks run | inputs kept | MiB of heap, warm and at the end | findings |
|---|---|---|---|---|---|---|
| bundle | 844751 | 28142 | 76 of 82 | 17 | 12.5 → 12.1 | 0 |
| subnet | 4744746 | 158112 | 17 of 17 | 10 | 12.3 → 11.9 | 0 |
| frames | 1572960 | 52401 | 12 of 12 | 4 | 12.3 → 11.9 | 0 |
| doh | 1063587 | 35429 | 710 of 875 | 92 | 14.2 → 15.5 | 0 |

The finding, mended since: parameter 65535 of an SVCB record, which is reserved (RFC 9460 §14.3.2), passed on the wire
and was refused in a zone file. Blocks are those that V8 told apart in functions that were called. A cut of all
targets is a unit test.

\`npm run fuzz -- flood --seconds 10\` throws 100,000 packets again and again, a quarter of them noise and the rest
changed questions, at a responder of five zones, four of them signed: 1,800,000 packets, 168,157 a second at
that load and 259,804 a second of CPU; 36.6 MiB of heap before and 36.9 after, no packet answered with SERVFAIL.
`
