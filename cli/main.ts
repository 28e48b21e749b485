// The command line: which words start which command. Each command is a file of its own, loaded when it is asked for.

import { Command, InvalidArgumentError } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { printFault } from './terminal.ts'

const collect = (value: string, previous: string[]): string[] => [...previous, value]

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('must be a whole number')
  return value
}

const program = new Command('inxt')
  .description('Names on Ethereum, content by hash, served by the nearest honest edge.')
  .version(packageJson.version)
  .showHelpAfterError('(inxt --help lists the commands)')

program
  .command('devnet')
  .description('the whole network on this machine: a chain, five edges, a published site')
  .option('--data <folder>', 'where its state is kept', '.inxt')
  .option('--edges <count>', 'how many edges', wholeNumber, 5)
  .option('--dns-port <port>', 'DNS port of every edge', wholeNumber, 5300)
  .option('--http-port <port>', 'HTTP port of every edge', wholeNumber, 8080)
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

program
  .command('status')
  .description('what every edge sees: members, names, content')
  .option('--data <folder>', 'state folder of the devnet', '.inxt')
  .option('--json', 'print one JSON object instead', false)
  .action(async options => (await import('./commands/status.ts')).status(options))

program
  .command('edge')
  .description('run one edge')
  .requiredOption('--data <folder>', 'where identity, blocks and state are kept')
  .option('--config <file>', 'settings as JSON (docs/knobs.md lists them)')
  .option('--preset <name>', 'internet or devnet', 'internet')
  .option('--set <name=value>', 'one setting; may be repeated', collect, [])
  .action(async options => (await import('./commands/edge.ts')).edge(options))

try {
  await program.parseAsync()
} catch (error) {
  printFault(error)
  process.exit(1)
}
