// The standalone server as strangers see it: validating resolvers, checkers of zones, and their kind.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { askedZones, kindsIn, type Row } from './kinds.ts'
import { type Lab, openLab, resolverAddresses, startOwner, startResolvers } from './lab.ts'
import { ownerAddresses, ownerZone, placedEdges, subjectAddresses } from './lab-zones.ts'
import { labMissing } from './tools.ts'

/** Whether a validator must vouch for the answer (AD). */
const validated: readonly Row[] = [
  ...askedZones.flatMap(kindsIn),
  ['a signed child', 'www.secure.example.lab A', /192\.0\.2\.90/],
  ['DS of a signed child', 'secure.example.lab DS', /DS\s\d+ 13 2/],
  ['places at the apex', `${ownerZone} A`, /\sA\s203\.0\.113\.\d$/m],
  ['places of the other family', `www.${ownerZone} AAAA`, /2001:db8:113::\d$/m],
  ['HTTPS beside places', `www.${ownerZone} TYPE65`, /\sHTTPS\s+1 \. alpn="h2,http\/1\.1"$/m],
  ['nothing else beside places', `www.${ownerZone} MX`, /NOERROR.*ANSWER: 0/s],
  ['nothing beside places', `nothing.${ownerZone} A`, /status: NXDOMAIN/],
]
const insecure: readonly Row[] = [['an unsigned child', 'www.plain.example.lab A', /192\.0\.2\.90/]]
const bogus: readonly Row[] = [
  ['signatures that have expired', 'www.expired.lab A', /status: SERVFAIL/],
  ['a signature over something else', 'www.wrong.lab A', /status: SERVFAIL/],
]

const missing = labMissing()
describe('seen from outside', { skip: missing }, () => {
  const stack = new AsyncDisposableStack()
  let lab: Lab
  before(async () => {
    lab = await openLab(stack)
    await startOwner(lab)
    await startResolvers(lab)
  })
  after(() => stack.disposeAsync())

  for (const [resolver, address] of Object.entries(resolverAddresses)) {
    const isVouched = (text: string): boolean => / ad[; ]/.test(/^;; flags: .*$/m.exec(text)?.[0] ?? '')
    test(`${resolver} validates`, async () => {
      const rows = [
        ...validated.map(row => ({ row, vouched: true })),
        ...[...insecure, ...bogus].map(row => ({ row, vouched: false })),
      ]
      const batch = rows.map(({ row: [, question] }) => `${question}\n`).join('')
      const file = await lab.room.file(`${resolver}.questions`, batch)
      const words = [`@${address}`, '+dnssec', '+tries=2', '+time=5', '-f', file]
      const [, ...texts] = (await lab.room.run('dig', words)).stdout.split('; <<>> DiG ')
      assert.equal(texts.length, rows.length)
      const complaints = rows.flatMap(({ row: [what, question, expected], vouched }, i) => {
        const text = texts[i]!
        const isGood = expected.test(text) && isVouched(text) === vouched
        return isGood ? [] : [`${what}: ${question}\n${text}`]
      })
      assert.equal(complaints.length, 0, complaints.join('\n'))
    })
  }

  test('delv validates from the zone of the root down', async () => {
    const anchor = await lab.room.file('anchor', `trust-anchors { . static-key ${keyText(lab)}; };\n`)
    for (const question of ['www.example.lab A', 'x.wild.example.lab A', 'www.third.lab MX']) {
      const words = [`@${resolverAddresses.unbound}`, '-a', anchor, '+root=.', ...question.split(' ')]
      const { stdout, stderr } = await lab.room.run('delv', words)
      assert.match(stdout + stderr, /; (negative response, )?fully validated/, question)
    }
  })

  test('places turn from answer to answer', async () => {
    const sets = new Set<string>()
    for (let i = 0; i < placedEdges.length; i++) {
      const { stdout } = await lab.room.run('dig', [`@${ownerAddresses[0]}`, '+short', ownerZone, 'A'])
      sets.add(stdout)
    }
    assert.equal(sets.size, placedEdges.length, [...sets].join('\n'))
  })

  for (const zone of [...askedZones, ownerZone]) {
    test(`zonemaster finds nothing in ${zone}`, async () => {
      const words = ['--hints', lab.zones.hintsFile, '--level', 'NOTICE', '--no-progress', zone]
      const { stdout, stderr } = await lab.room.run('zonemaster-cli', words)
      assert.doesNotMatch(stdout, /(NOTICE|WARNING|ERROR|CRITICAL)\s/, zone)
      assert.match(stdout, /^Looks OK/m, `${stdout}${stderr}`)
    })
  }

  test('dnsviz finds nothing', async () => {
    // Debian's pygraphviz lacks the module that dnsviz reads its version from.
    const release = "import pygraphviz, types\npygraphviz.release = types.SimpleNamespace(version='1.7')\n"
    await lab.room.file('sitecustomize.py', release)
    const labels = ['', 'www.', 'nothing.', 'x.wild.', 'www.tree.']
    const zones = [...askedZones, ownerZone]
    const names = [...zones.flatMap(zone => labels.map(label => label + zone)), 'secure.example.lab']
    const probed = await lab.room.run('dnsviz', ['probe', '-A', '-a', '.', '-o', 'viz.json', ...names])
    assert.equal(probed.code, 0, probed.stderr)
    const bothFamilies = await lab.room.run('grep', ['-q', subjectAddresses[3], 'viz.json'])
    assert.equal(bothFamilies.code, 0)
    const grok = ['dnsviz', 'grok', '-l', 'info', '-t', lab.zones.keyFile, '-r', 'viz.json']
    const { code, stdout, stderr } = await lab.room.run('env', [`PYTHONPATH=${lab.room.folder}`, ...grok])
    assert.equal(code, 0, stderr)
    assert.doesNotMatch(stdout, /"(errors|warnings)"|BOGUS|INVALID/, stdout)
    assert.match(stdout, /SECURE/)
  })

  const [server] = subjectAddresses
  const kdigRows: readonly (readonly [words: string, expected: RegExp])[] = [
    ['+tls', /192\.0\.2\.80/],
    ['+tls-ca=tls.crt +tls-hostname=ns1.example.lab +tls', /192\.0\.2\.80/],
    ['+https', /192\.0\.2\.80/],
    ['+https-get', /192\.0\.2\.80/],
    ['+tcp +keepopen', /192\.0\.2\.80/],
    ['+cookie', /COOKIE: [0-9A-F]{16,}.*192\.0\.2\.80/is],
    ['+nsid', /192\.0\.2\.80/],
    ['+subnet=192.0.2.0/24', /192\.0\.2\.80/],
    ['+tls +padding', /PADDING.*192\.0\.2\.80/is],
    ['+edns=1', /BADVERS/],
    ['-6 @2a0e:46::1', /192\.0\.2\.80/],
  ]
  for (const [words, expected] of kdigRows) {
    test(`kdig ${words}`, async () => {
      const more = words.replace('tls.crt', `${lab.room.folder}/tls.crt`).split(' ')
      const at = words.includes('@') ? [] : [`@${server}`]
      const { stdout, stderr } = await lab.room.run('kdig', [...at, ...more, 'www.example.lab', 'A'])
      assert.match(stdout + stderr, expected)
    })
  }

  test('65 types of query are answered by NOERROR', async () => {
    const types = Array.from({ length: 64 }, (_, i) => i + 1).filter(type => type !== 41)
    const batch = [...types, 255, 256].map(type => `www.example.lab TYPE${type}\n`).join('')
    const file = await lab.room.file('types', batch)
    const words = [`@${server}`, '+norec', '+tries=1', '+time=2', '+noall', '+comments', '-f', file]
    const { stdout } = await lab.room.run('dig', words)
    assert.equal(stdout.match(/status: NOERROR/g)?.length, 65, stdout)
  })
})

function keyText({ zones: { key } }: Lab): string {
  return `${key.flags} "${key.base64}"`
}
