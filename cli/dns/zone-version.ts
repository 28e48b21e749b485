// From the text of a master file to a zone that can be served, with every complaint under the name of its file.
//
// Apart from zone-files.ts, so that keeping files and reading them can be tested one without the other.

import { Fault, isFault } from '../../base/fault.ts'
import { signatureLife } from '../../resolver/sign/verdict.ts'
import { types } from '../../resolver/wire/code.ts'
import { complaintText, readingZone } from '../../resolver/zone/master.ts'
import { creatingZone } from '../../resolver/zone/snapshot.ts'
import type { ReadZone } from './zone-files.ts'

/** Throws Fault `config/invalid` with a line `FILE:LINE:COLUMN: WHAT` for each error. */
export const readMasterFile: ReadZone = function* (text, { apex, file }) {
  try {
    const { records, warnings } = yield* readingZone(text, apex)
    const zone = yield* creatingZone(records, apex)
    const soa = records.find(({ type }) => type === types.SOA)?.data
    return {
      zone,
      serial: soa?.kind === 'authority' ? soa.serial : 0,
      records: records.length,
      life: signatureLife(records),
      warnings: warnings.map(warning => `${file}:${complaintText(warning)}`),
    }
  } catch (error) {
    if (!isFault(error, 'config/invalid')) throw error
    throw new Fault('config/invalid', error.message.replaceAll(/^/gm, `${file}:`), { cause: error })
  }
}
