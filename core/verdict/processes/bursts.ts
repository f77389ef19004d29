// In bursts of which size bad events come, also in bursts that last for several minutes: how much more the counts of blocks of
// minutes vary than those of single events would. With bursts of one size it is that size. A block is compared with the mean of
// the one before and the one after it, so that a rate that rises or falls all day is no burst. docs/verdict.md, "Early
// promotion".

/** Minutes of one block. The longest ones show rates that wander for an hour. */
const blockLengths = [1, 5, 20, 60]
/** So many single events are assumed to have been seen before the first. */
const assumed = 15

type Counts = { readonly invocations: number; readonly bad: number }

type Blocks = {
  /** The latest two whole blocks, and the one that is being filled. */
  readonly before: Counts
  readonly last: Counts
  readonly open: Counts & { readonly minutes: number }
  /** Sums over whole blocks: the squares of what was not expected, in units of one event, and the events that were expected. */
  readonly squares: number
  readonly expected: number
}

/** Of one version. Survives JSON without loss. */
export type BurstState = {
  readonly minutes: number
  readonly bad: number
  /** By length. */
  readonly blocks: readonly Blocks[]
}

/** What minutes of the past leave behind. */
export type Bursts = {
  readonly minutes: number
  readonly bad: number
  /** By length. */
  readonly squares: readonly number[]
  readonly expected: readonly number[]
}

const none: Counts = { invocations: 0, bad: 0 }
const noOpen: Blocks['open'] = { ...none, minutes: 0 }

export const burstBegin = (past?: Bursts): BurstState => ({
  minutes: past?.minutes ?? 0,
  bad: past?.bad ?? 0,
  blocks: blockLengths.map((_, index) => ({
    before: none,
    last: none,
    open: noOpen,
    squares: past?.squares[index] ?? 0,
    expected: past?.expected[index] ?? 0,
  })),
})

const rateOf = ({ bad, invocations }: Counts): number => bad / invocations

type Sum = { readonly squares: number; readonly expected: number }
const nothingKnown: Sum = { squares: 0, expected: 0 }

/** What was not expected, over the variance that single events would give it, in units of one event. */
function compared(deviation: number, trials: number, events: number, share: number): Sum {
  if (!(events > 0) || share >= 1) return nothingKnown
  return { squares: (deviation ** 2 * events) / (trials * share * (1 - share)), expected: events }
}

/** Of three blocks in a row the middle one is compared with the mean of the others. Of two, the second one with the first. */
function surprise(before: Counts, last: Counts, open: Counts): Sum {
  if (last.invocations === 0 || open.invocations === 0) return nothingKnown
  const { invocations: n } = last
  if (before.invocations === 0) {
    const share = (last.bad + open.bad) / (n + open.invocations)
    const deviation = open.bad - open.invocations * rateOf(last)
    const trials = open.invocations + open.invocations ** 2 / n
    return compared(deviation, trials, open.invocations * share, share)
  }
  const share = (before.bad + last.bad + open.bad) / (before.invocations + n + open.invocations)
  const deviation = last.bad - (n * (rateOf(before) + rateOf(open))) / 2
  const trials = n + (n ** 2 / 4) * (1 / before.invocations + 1 / open.invocations)
  return compared(deviation, trials, n * share, share)
}

/** A minute without requests belongs to no block. */
export function burstStep(state: BurstState, invocations: number, bad: number): BurstState {
  if (invocations === 0) return state
  return {
    minutes: state.minutes + 1,
    bad: state.bad + bad,
    blocks: state.blocks.map((one, index) => blockStep(one, blockLengths[index] ?? 1, invocations, bad)),
  }
}

function blockStep(one: Blocks, length: number, invocations: number, bad: number): Blocks {
  const { before, last } = one
  const open = {
    invocations: one.open.invocations + invocations,
    bad: one.open.bad + bad,
    minutes: one.open.minutes + 1,
  }
  if (open.minutes < length) return { ...one, open }
  const { squares, expected } = before.invocations > 0 ? surprise(before, last, open) : nothingKnown
  return {
    before: last,
    last: { invocations: open.invocations, bad: open.bad },
    open: noOpen,
    squares: one.squares + squares,
    expected: one.expected + expected,
  }
}

/** By length. 1 or more; 1 while no events are known. */
const sizesOf = ({ blocks }: BurstState): readonly number[] =>
  blocks.map(({ before, last, open, squares, expected }) => {
    const latest = surprise(before, last, open)
    return Math.max(1, (assumed + squares + latest.squares) / (assumed + expected + latest.expected))
  })

/** The size of the parts of bursts that fall into one minute. */
export const burstSizeInMinute = (state: BurstState): number => sizesOf(state)[0] ?? 1

/**
 * The size of the bursts, which is that of the blocks in which it is the largest, in a version that has so many bad events in a
 * minute. The same rate that wanders looks like larger bursts where there are more events, in proportion; so the larger size
 * counts.
 */
export const burstSizeAt = (state: BurstState, badInMinute: number): number =>
  1 + (Math.max(...sizesOf(state)) - 1) * Math.max(1, (badInMinute * state.minutes) / Math.max(1, state.bad))

/** The bursts of several stretches of minutes together, each a list of invocations and bad events. */
export function burstsOf(stretches: readonly (readonly Counts[])[]): Bursts {
  const states = stretches.map((minutes) =>
    minutes.reduce((state, { invocations, bad }) => burstStep(state, invocations, bad), burstBegin()),
  )
  const sum = (of: (state: BurstState) => number): number => states.reduce((total, state) => total + of(state), 0)
  return {
    minutes: sum(({ minutes }) => minutes),
    bad: sum(({ bad }) => bad),
    squares: blockLengths.map((_, index) => sum(({ blocks }) => blocks[index]?.squares ?? 0)),
    expected: blockLengths.map((_, index) => sum(({ blocks }) => blocks[index]?.expected ?? 0)),
  }
}
