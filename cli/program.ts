// The command line: which words start which command. Each command is a file of its own, loaded when it is asked for.

import { Command, InvalidArgumentError, type Option } from 'commander'
import { Fault } from '../base/fault.ts'
import packageJson from '../package.json' with { type: 'json' }
import { printFault } from './terminal.ts'

const collect = (value: string, previous: string[]): string[] => [...previous, value]

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('must be a whole number')
  return value
}

/** What is off, or empty, when nothing is said goes without saying. */
function optionDescription({ description, defaultValue }: Option): string {
  const isTold = typeof defaultValue === 'string' || typeof defaultValue === 'number'
  return isTold ? `${description} (default: ${defaultValue})` : description
}

/** Wrong words of a command line, in three lines as any other error. */
function printMisuse(text: string): void {
  printFault(
    new Fault(
      'input/invalid',
      text
        .trim()
        .replace(/^error: /, '')
        .replaceAll('\n', ' '),
    ),
  )
}

export const program = new Command('inxt')
  .description('Names on Ethereum, content by hash, served by the nearest honest edge.')
  .version(packageJson.version)
  .configureHelp({ optionDescription })
  .configureOutput({ outputError: printMisuse })
  // Options behind the word of a command are that command's, also where the one above has the same.
  .enablePositionalOptions()

program
  .command('devnet')
  .description('the whole network on this machine: a chain, five edges, a published site')
  .option('--data <folder>', 'where its state is kept', '.inxt')
  .option('--edges <count>', 'how many edges', wholeNumber, 5)
  .option('--dns-port <port>', 'DNS port of every edge', wholeNumber, 5300)
  .option('--http-port <port>', 'HTTP port of every edge', wholeNumber, 8080)
  .option('--https-port <port>', 'HTTPS port of every edge', wholeNumber, 8443)
  .option('--overlay-port <port>', 'gossip and libp2p port of every edge', wholeNumber, 4001)
  .option('--chain-port <port>', 'port of the embedded Ethereum chain', wholeNumber, 8545)
  .option('--network <n>', 'the edges are 127.0.<n>.1, 127.0.<n>.2 …', wholeNumber, 1)
  .action(async options => (await import('./commands/devnet.ts')).devnet(options))

program
  .command('publish')
  .description('publish a folder under a name')
  .argument('<folder>', 'the folder to publish')
  .argument('<name>', 'the name: letters a-z, digits, hyphens')
  .option('--data <folder>', 'state folder of the devnet to publish to', '.inxt')
  .option('--hidden', 'also publish files whose names begin with a dot', false)
  .option('--timeout <seconds>', 'give up when the network has not confirmed by then', wholeNumber, 120)
  .option('--json', 'print one JSON object instead', false)
  .action(async (folder, name, options) =>
    (await import('./commands/publish.ts')).publish(folder, name, options),
  )

/** What every command takes that asks a chain. */
function onChain(command: Command): Command {
  return command
    .option('--data <folder>', 'state folder of the devnet', '.inxt')
    .option('--rpc <url>', "Ethereum endpoint; several joined by commas vouch for each other's headers")
    .option('--addresses <file>', 'where the contracts are, as `inxt deploy` wrote it')
    .option('--json', 'print one JSON object instead', false)
}

function withWallet(command: Command): Command {
  return command
    .option('--wallet <file>', 'the wallet to use')
    .option('--passphrase-file <file>', 'file with its pass phrase; INXT_PASSPHRASE or a prompt without it')
}

function spending(command: Command): Command {
  return withWallet(onChain(command)).option('--yes', 'agree to the cost in advance', false)
}

const name = program.command('name').description('names on chain: take, keep, point, hand over, look at')

spending(name.command('register'))
  .description('take a free name')
  .argument('<name>', 'the name, without suffix')
  .option('--years <count>', 'for how long', wholeNumber, 1)
  .option('--content <cid>', 'what it points at from the start')
  .action(async (name, options) => (await import('./commands/name.ts')).nameRegister(name, options))

spending(name.command('renew'))
  .description('keep a name for longer; also for somebody else')
  .argument('<name>', 'the name, without suffix')
  .option('--years <count>', 'for how much longer', wholeNumber, 1)
  .action(async (name, options) => (await import('./commands/name.ts')).nameRenew(name, options))

spending(name.command('transfer'))
  .description('hand a name over, as it is')
  .argument('<name>', 'the name, without suffix')
  .argument('<address>', 'who gets it')
  .action(async (name, to, options) => (await import('./commands/name.ts')).nameTransfer(name, to, options))

spending(name.command('set'))
  .description('point a name at content or a zone, or name a delegate')
  .argument('<name>', 'the name, without suffix')
  .option('--content <cid>', 'root of the content; `none` for none')
  .option('--zone <cid>', "the owner's signed zone; `none` for none")
  .option('--delegate <address>', 'who else may set content and zone; `none` for nobody')
  .action(async (name, options) => (await import('./commands/name.ts')).nameSet(name, options))

onChain(name.command('show'))
  .description('owner, expiry, content, history, and whether the storage proof bears it out')
  .argument('<name>', 'the name, without suffix')
  .action(async (name, options) => (await import('./commands/name-show.ts')).nameShow(name, options))

const domain = program
  .command('domain')
  .description('domains of the DNS for your sites: claim, give back, look at')

spending(domain.command('claim'))
  .description('let a domain of yours show a site; prints the name servers to enter at its registrar')
  .argument('<domain>', 'the domain, such as example.com')
  .argument('<site>', 'the name of the site, without suffix')
  .action(async (domain, site, options) =>
    (await import('./commands/domain.ts')).domainClaim(domain, site, options),
  )

spending(domain.command('release'))
  .description('take the claim back')
  .argument('<domain>', 'the domain')
  .action(async (domain, options) => (await import('./commands/domain.ts')).domainRelease(domain, options))

onChain(domain.command('show'))
  .description('who claims a domain, what its parent says, and what an edge makes of it')
  .argument('<domain>', 'the domain')
  .option('--roots <addresses>', 'root servers to ask instead, joined by commas')
  .action(async (domain, options) => (await import('./commands/domain.ts')).domainShow(domain, options))

const wallet = program.command('wallet').description('an account of your own, in an encrypted file')

withWallet(wallet.command('new'))
  .description('make a new one; nothing is overwritten')
  .option('--json', 'print one JSON object instead', false)
  .action(async options => (await import('./commands/wallet.ts')).walletNew(options))

withWallet(wallet.command('import'))
  .description('encrypt a key that you have: typed unseen, or from a file')
  .option('--from <file>', 'file with the private key or its words; - for standard input')
  .option('--json', 'print one JSON object instead', false)
  .action(async options => (await import('./commands/wallet.ts')).walletImport(options.from, options))

withWallet(onChain(wallet.command('show')))
  .description('its address, and what it holds')
  .action(async options => (await import('./commands/wallet.ts')).walletShow(options))

withWallet(program.command('deploy'))
  .description('put the contracts on a chain, or finish what was begun; shows the plan first')
  .requiredOption('--rpc <url>', 'Ethereum endpoint')
  .option('--out <folder>', 'where the addresses go, one file a chain', 'deployments')
  .option('--preset <name>', 'production or devnet', 'production')
  .option('--suffix <label>', 'the label under which names lie', 'inxt')
  .option('--treasury <address>', 'who gets the rent; the deployer without it')
  .option('--team <address>', "who gets the team's share of the sale")
  .option('--company <address>', "who gets the company's share and the ether of the sale")
  .option('--bounty <address>', 'who gets the tokens of the bounty programme')
  .option(
    '--large-purchase <eth>',
    'above it a purchase has the larger bonus (30,000 EUR in ETH)',
    wholeNumber,
  )
  .option('--yes', 'agree to the cost in advance', false)
  .option('--json', 'print one JSON object instead', false)
  .action(async options => (await import('./commands/deploy.ts')).deploy(options))

const zone = program
  .command('zone')
  .description('a DNS zone of your own: sign it, publish it, check it, its keys')

function withKeys(command: Command, mustName = true): Command {
  const named = mustName
    ? command.requiredOption('--zone <name>', 'the zone, such as example.com')
    : command.option('--zone <name>', 'the zone; NAME.inxt without it')
  return named
    .option('--keys <folder>', 'its keys; a folder beside your other settings without it')
    .option('--passphrase-file <file>', 'for sealed keys: INXT_PASSPHRASE or a prompt without it')
    .option('--seal', 'protect keys that are made now with a pass phrase', false)
    .option('--trust-clock', 'go on although the clock seems to have jumped', false)
    .option('--json', 'print one JSON object instead', false)
}

function signing(command: Command): Command {
  return command
    .option('--nsec3', 'deny by hashes (RFC 5155) instead of names', false)
    .option('--split', 'first use: a key for the keys and one for the zone, not one for both', false)
    .option('--algorithm <name>', 'first use: p256 or ed25519', 'p256')
    .option('--days <count>', 'how long signatures last', wholeNumber, 14)
    .option('--site <name>', 'where the site is, @ for the zone itself; may be repeated', collect, [])
    .option('--out <file>', 'where the signed zone goes; FILE.signed without it')
    .option('--bundle <file>', 'where the signed addresses of edges go; FILE.places without it')
    .option('--no-digest', 'leave out ZONEMD (RFC 8976)')
    .option('--no-https', 'leave out the HTTPS record of the site: browsers that see one ask by HTTPS only')
}

signing(withKeys(zone.command('sign')))
  .description('sign a master file; keys are made on first use; prints DS for the registrar')
  .argument('<file>', 'the master file; with --out - the signed one goes to standard output')
  .option(
    '--edges <file>',
    'JSON list of the edges that may serve your site: signs their addresses in advance',
  )
  .action(async (file, options) => (await import('./commands/zone.ts')).zoneSign(file, options))

function publishing(command: Command): Command {
  return signing(withKeys(command, false))
    .argument('<file>', 'the master file')
    .argument('<name>', 'the name on chain whose zone it is')
    .option('--data <folder>', 'state folder of the devnet to publish to', '.inxt')
    .option('--edges <file>', 'JSON list of the edges that may serve your site; all on the Roll without it')
    .option('--no-places', 'sign no addresses of edges: those in the file stand as they are')
    .option('--as-is', 'the file is published as it is, signed elsewhere or not at all', false)
    .option('--timeout <seconds>', 'give up when the network has not confirmed by then', wholeNumber, 120)
}

publishing(zone.command('publish'))
  .description('sign a master file and have every edge serve it; prints receipts and DS')
  .action(async (file, name, options) =>
    (await import('./commands/zone-publish.ts')).zonePublish(file, name, options),
  )

publishing(zone.command('keep'))
  .description('publish again if it is time: the file or the edges changed, or signatures grow old')
  .option('--every <minutes>', 'look again and again; once without it, for cron', wholeNumber)
  .action(async (file, name, options) =>
    (await import('./commands/zone-publish.ts')).zoneKeep(file, name, options),
  )

zone
  .command('check')
  .description('errors of a master file with line and column, and what a validator says of a signed one')
  .argument('<file>', 'the master file')
  .requiredOption('--zone <name>', 'the zone, such as example.com')
  .option('--json', 'print one JSON object instead', false)
  .action(async (file, options) => (await import('./commands/zone.ts')).zoneCheck(file, options))

withKeys(zone.command('keys'))
  .description('keys, their states, what each waits for, and DS for the registrar')
  .option('--make', 'make the first ones, for servers that sign while answering', false)
  .option('--split', 'with --make: a key for the keys and one for the zone, not one for both', false)
  .option('--algorithm <name>', 'with --make: p256 or ed25519', 'p256')
  .option('--advance', 'let keys pass on that may; `inxt zone sign` does so by itself', false)
  .action(async options => (await import('./commands/zone-keys.ts')).zoneKeys(options))

withKeys(zone.command('roll'))
  .description('let a new key take the place of one; goes on whenever the zone is signed')
  .option('--role <role>', 'csk, ksk or zsk')
  .option('--method <method>', 'pre-publish, double-signature or double-ds')
  .option('--algorithm <name>', 'of the new key, p256 or ed25519: that of the old one without it; csk only')
  .option('--ds-seen', "say that the new DS is at the parent's servers", false)
  .action(async options => (await import('./commands/zone-keys.ts')).zoneRoll(options))

program
  .command('status')
  .description('what every edge sees: members, names, content')
  .option('--data <folder>', 'state folder of the devnet', '.inxt')
  .option('--json', 'print one JSON object instead', false)
  .option('--edge <number>', 'whose view of the members to show; the first that answers by default')
  .action(async options => (await import('./commands/status.ts')).status(options))

/** What every command takes that is about one edge. */
function onEdge(command: Command): Command {
  return command
    .option('--data <folder>', 'where identity, blocks and state are kept')
    .option('--config <file>', 'settings as JSON (docs/knobs.md lists them)')
    .option('--preset <name>', 'internet or devnet', 'internet')
    .option('--set <name=value>', 'one setting; may be repeated', collect, [])
}

const edge = onEdge(program.command('edge').enablePositionalOptions())
  .description(
    'run one edge; with --standalone only a name server for zone files, a cache before an origin, or a server of files',
  )
  .option('--standalone', 'serve zone files or an origin, without chain, peers and --data', false)
  .option('--zone <name=file>', 'standalone: a zone and its master file; may be repeated', collect, [])
  .option('--dns <address:port>', 'standalone: UDP and TCP, 127.0.0.1:5300 by default', collect, [])
  .option('--dot <address:port>', 'standalone: DNS over TLS', collect, [])
  .option('--doh <address:port>', 'standalone: DNS over HTTPS, at /dns-query', collect, [])
  .option(
    '--http <address:port>',
    'standalone: HTTP, for --origin, --site or --car; 127.0.0.1:8080 by default, may be repeated',
    collect,
    [],
  )
  .option('--https <address:port>', 'standalone: the same over TLS', collect, [])
  .option('--origin <url>', 'standalone: cache what comes from there, such as http://127.0.0.1:3000')
  .option('--site <folder>', 'standalone: serve a folder as it will be when it is published')
  .option('--car <file>', 'standalone: a trustless gateway over CAR files; may be repeated', collect, [])
  .option('--tls-cert <file>', 'standalone: certificate chain as PEM, for --https, --dot and --doh')
  .option('--tls-key <file>', 'standalone: its key as PEM')
  .option('--tsig-file <file>', 'standalone: keys of secondaries, as tsig-keygen writes them')
  .option('--sign-online <folder>', 'standalone: keys of zones that sign themselves while answering')
  .option(
    '--transfer <zone=addresses>',
    'standalone: secondaries that may take a zone and are told of new versions, joined by commas',
    collect,
    [],
  )
  .option('--journal <folder>', 'standalone: differences of zones for secondaries, kept over a restart')
  .action(async options =>
    options.standalone
      ? [options.origin, options.site, ...options.car, ...options.http, ...options.https].some(Boolean)
        ? (await import('./standalone/http.ts')).standaloneHttp(options)
        : (await import('./standalone/name-server.ts')).standalone(options)
      : (await import('./commands/edge.ts')).edge(options),
  )

onEdge(edge.command('leave'))
  .description('take it off the Roll, and after the unbonding term its stake back; settings as it runs with')
  .option('--yes', 'agree to the cost in advance', false)
  .option('--json', 'print one JSON object instead', false)
  .action(async options => (await import('./commands/edge-leave.ts')).edgeLeave(options))
