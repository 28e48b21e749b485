// The knobs of whom to believe about Ethereum's blocks beside endpoints. Part of the table in `knobs.ts`.

import type { Knob } from './knob.ts'

export const chainKnobs = {
  'chain.beacon': {
    default: '',
    unit: 'url',
    form: /^(https?:\/\/[^\s,]+(,https?:\/\/[^\s,]+)*)?$/,
    says: 'http or https URLs of beacon nodes, joined by commas, or nothing',
    why: 'With them proofs of names rest on what validators sign, not on endpoints. Costs a light client.',
  },
  'chain.checkpoint': {
    default: '',
    unit: 'label',
    form: /^(0x[0-9a-f]{64})?$/,
    says: 'the root of a beacon block, 0x and 64 lower-case hexadecimal digits, or nothing',
    why: 'Everything else is believed from it: ask somebody you trust, at the first start and after two weeks off.',
  },
} as const satisfies Record<string, Knob>
