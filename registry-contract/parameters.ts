// With which numbers the contracts are deployed: in production the white paper's and the opinions that stand beside
// each other number, on a development chain whatever makes waiting short and things cheap.
//
// The sale is a fact of 2017 and its dates are what the white paper says, also for a deployment of today: such a sale
// is over, has sold nothing, and is there to be read and tested. On a development chain the minter of INXT is the
// deployer, so that accounts can be given some; the production token cannot be minted by anybody but the sale.

import type { ContractName } from './addresses.ts'

export interface Parameters {
  /** Who may make INXT: the sale, or the deployer for a chain whose INXT is worth nothing. */
  readonly minter: 'sale' | 'deployer'
  /** INXT wei. */
  readonly capInxt: bigint
  readonly sale: SaleTerms
  readonly names: {
    readonly commitmentAgeMinS: number
    readonly commitmentAgeMaxS: number
    readonly premiumStartInxt: bigint
    /** A year of a label of 1, 2, 3, 4, and 5 or more characters, in INXT wei. */
    readonly rentsInxt: readonly [bigint, bigint, bigint, bigint, bigint]
  }
  readonly edges: {
    /** INXT wei. */
    readonly stakeMin: bigint
    readonly unbondingS: number
    /** What a reporter gets of a stake, in ten thousandths. */
    readonly rewardBips: number
  }
}

export interface SaleTerms {
  /** INXT for one ETH. */
  readonly rate: number
  /** Seconds since the epoch, like all times of contracts. */
  readonly opensAt: number
  readonly closesAt: number
  readonly minimumWei: bigint
  readonly capWei: bigint
  /** A purchase above it gets the larger bonus: the euro threshold at the price of the day of deployment. */
  readonly largeWei: bigint
  readonly refundTermS: number
  readonly frozenUntil: number
  readonly teamPermille: number
  readonly companyPermille: number
  readonly bountyInxt: bigint
  readonly tiers: readonly [SaleTier, SaleTier]
}

export interface SaleTier {
  readonly endsAtWei: bigint
  readonly bonusPercent: number
  readonly bonusLargePercent: number
}

/** Whom money goes to; each is the deployer unless somebody says otherwise. */
export interface Receivers {
  readonly treasury: string
  readonly team: string
  readonly company: string
  readonly bounty: string
}

/** 18 decimals, as ether has. */
const one = 10n ** 18n
const dayS = 24 * 60 * 60
const soldWei = 150_000n * one

/** The white paper's sale. */
const sale2017: SaleTerms = {
  rate: 300,
  opensAt: Date.UTC(2017, 8, 7, 19) / 1000,
  closesAt: Date.UTC(2017, 8, 28, 19) / 1000,
  minimumWei: 500n * one,
  capWei: soldWei,
  // 30,000 EUR at about 280 EUR an ether, as in the first week of September 2017.
  largeWei: 107n * one,
  refundTermS: 14 * dayS,
  // Six months after the close.
  frozenUntil: Date.UTC(2018, 2, 28, 19) / 1000,
  teamPermille: 25,
  companyPermille: 50,
  bountyInxt: 770_000n * one,
  tiers: [
    { endsAtWei: (soldWei * 15n) / 100n, bonusPercent: 10, bonusLargePercent: 15 },
    { endsAtWei: (soldWei * 30n) / 100n, bonusPercent: 5, bonusLargePercent: 10 },
  ],
}

/**
 * 45,000,000 sold, 4,145,000 for team, company and bounty programme, and at most the larger bonus on the first two
 * tiers: 15 % of 6,750,000 and 10 % of 6,750,000.
 */
const capInxt = (45_000_000n + 4_145_000n + 1_012_500n + 675_000n) * one

const production: Parameters = {
  minter: 'sale',
  capInxt,
  sale: sale2017,
  names: {
    // Five blocks and more, so that a commitment is older than any pending transaction; a day to come back to it.
    commitmentAgeMinS: 60,
    commitmentAgeMaxS: dayS,
    // A fiftieth of all there is; after 21 halvings less than half an INXT.
    premiumStartInxt: 1_000_000n * one,
    // Short labels are few (36 of one character, 1,332 of two): each is dearer by what makes hoarding them not pay.
    rentsInxt: [2_560n * one, 1_280n * one, 640n * one, 160n * one, 5n * one],
  },
  edges: {
    // Some 200 years of rent of a name: more than an edge gains by one lie.
    stakeMin: 1_000n * one,
    unbondingS: 21 * dayS,
    rewardBips: 1_000,
  },
}

const devnet: Parameters = {
  minter: 'deployer',
  capInxt: 10n ** 12n * one,
  sale: sale2017,
  names: {
    commitmentAgeMinS: 1,
    commitmentAgeMaxS: dayS,
    premiumStartInxt: 1_000n * one,
    rentsInxt: [16n * one, 8n * one, 4n * one, 2n * one, one],
  },
  edges: { stakeMin: 100n * one, unbondingS: 60, rewardBips: 1_000 },
}

export const deploymentPresets = { production, devnet } as const
export type PresetName = keyof typeof deploymentPresets

const tier = '(uint128,uint64,uint64)'
const terms = `(uint256,uint64,uint64,uint128,uint128,uint128,uint64,uint64,uint64,uint64,uint128,${tier},${tier})`

/** The types of every constructor's arguments, in the words of Solidity. */
export const constructorTypes: Readonly<Record<ContractName, readonly string[]>> = {
  InxtToken: ['address', 'uint256'],
  TokenSale: ['address', terms, '(address,address,address)'],
  NameRegistry: ['address'],
  NameRegistrar: ['address', 'address', 'address', 'bytes32', '(uint256,uint256,uint128,uint128[5])'],
  DomainClaims: [],
  EdgeRegistry: ['address', 'address', 'uint96', 'uint40'],
  SlashPolicy: ['address', 'uint256'],
}

export interface Construction {
  readonly parameters: Parameters
  readonly receivers: Receivers
  readonly deployer: string
  readonly suffixNode: string
}

/** The arguments of one constructor, when the contracts stand at these addresses. */
export function constructorValues(
  name: ContractName,
  at: Readonly<Record<ContractName, string>>,
  { parameters, receivers, deployer, suffixNode }: Construction,
): unknown[] {
  const { names, edges, sale } = parameters
  switch (name) {
    case 'InxtToken':
      return [parameters.minter === 'sale' ? at.TokenSale : deployer, parameters.capInxt]
    case 'TokenSale':
      return [at.InxtToken, saleValues(sale), [receivers.team, receivers.company, receivers.bounty]]
    case 'NameRegistry':
      return [at.NameRegistrar]
    case 'NameRegistrar': {
      const policy = [
        names.commitmentAgeMinS,
        names.commitmentAgeMaxS,
        names.premiumStartInxt,
        names.rentsInxt,
      ]
      return [at.NameRegistry, at.InxtToken, receivers.treasury, suffixNode, policy]
    }
    case 'DomainClaims':
      return []
    case 'EdgeRegistry':
      return [at.InxtToken, at.SlashPolicy, edges.stakeMin, edges.unbondingS]
    case 'SlashPolicy':
      return [at.EdgeRegistry, edges.rewardBips]
  }
}

function saleValues(sale: SaleTerms): unknown[] {
  const tierValues = (one: SaleTier): unknown[] => [one.endsAtWei, one.bonusPercent, one.bonusLargePercent]
  return [
    sale.rate,
    sale.opensAt,
    sale.closesAt,
    sale.minimumWei,
    sale.capWei,
    sale.largeWei,
    sale.refundTermS,
    sale.frozenUntil,
    sale.teamPermille,
    sale.companyPermille,
    sale.bountyInxt,
    ...sale.tiers.map(tierValues),
  ]
}
