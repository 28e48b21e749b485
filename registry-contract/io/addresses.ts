// Where the contracts are, as a deployment wrote it. Apart from the deployment, because every edge reads this file and
// only a deployment needs what deploys.

import { readJson } from '../../base/io/file.ts'
import { type Addresses, parseAddresses } from '../addresses.ts'

/** Undefined when there is no such file; Fault `state/broken` when it does not have the form. */
export async function readAddresses(file: string): Promise<Addresses | undefined> {
  const plain = await readJson(file)
  return plain === undefined ? undefined : parseAddresses(plain, file)
}
