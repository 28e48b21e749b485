// All scenarios of membership: what `npm run sim -- swim` plays.

import type { Scenario } from './scenario.ts'
import { detection } from './scenarios/detection.ts'
import { devnet } from './scenarios/devnet.ts'
import { flap } from './scenarios/flapping.ts'
import { infection } from './scenarios/infection.ts'
import { load } from './scenarios/load.ts'
import { partition } from './scenarios/partition.ts'
import { refutation } from './scenarios/refutation.ts'
import { suspicion } from './scenarios/suspicion.ts'

export const storybook: readonly Scenario[] = [
  ...[load, detection, infection, suspicion],
  ...[partition, refutation, flap, devnet],
]
