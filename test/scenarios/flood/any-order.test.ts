// Floods in any order, with functions that die between two effects: one release at a time has begun, nothing that was accepted is
// lost, and a rollback gets its turn at once.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { isCrash } from '../../memory/faults.ts'
import { Problem } from '../../../core/problem.ts'
import { isLive, isSettled } from '../../../core/release/release.ts'
import { type Flood, openFlood } from './machine.ts'

type Act =
  | { readonly kind: 'wish' | 'urgent' | 'twin'; readonly dies: number }
  | {
      readonly kind: 'end' | 'abort' | 'stop' | 'sweep' | 'run' | 'back'
      readonly dies: number
      readonly which: number
    }

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom('wish', 'urgent', 'twin'), dies: fc.integer({ min: 0, max: 40 }) }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constantFrom('end', 'abort', 'stop', 'sweep', 'run', 'run', 'back'),
      dies: fc.integer({ min: 0, max: 40 }),
      which: fc.nat(20),
    }),
  },
)

/** After `calls` more calls the process dies, before or after the effect; 0: it does not. */
function dieAfter(flood: Flood, calls: number): void {
  let left = calls
  flood.cloud.faults.observe(() => {
    flood.pass(1)
    left -= 1
    return left === 0 ? (calls % 2 === 0 ? 'crashBefore' : 'crashAfter') : undefined
  })
}

/** What a person or an event asks for may be refused, or die on the way. */
async function tried<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: unknown) => {
    if (isCrash(error) || error instanceof Problem) return undefined
    throw error
  })
}

async function play(flood: Flood, one: Act, number: number, asked: string[]): Promise<void> {
  const { deps, order, sweep, run, stop } = flood
  const holder = await deps.leases.holder('checkout')
  const open = (await deps.openReleases.keys()).map(({ releaseId }) => releaseId)
  dieAfter(flood, one.dies)
  switch (one.kind) {
    case 'wish':
    case 'urgent': {
      asked.push(`w${number}`)
      await tried(flood.ask(`w${number}`, { urgent: one.kind === 'urgent' }))
      break
    }
    case 'twin':
      await tried(flood.ask(asked.at(-1) ?? 'w'))
      break
    case 'end':
      if (holder !== undefined) await tried(order('abort', { releaseId: holder }))
      break
    case 'abort':
      if (open.length > 0) await tried(order('abort', { releaseId: open[one.which % open.length] ?? '' }))
      break
    case 'stop': {
      const arns = [...deps.inspect.executions.keys()]
      if (arns.length > 0) stop(arns[one.which % arns.length] ?? '')
      break
    }
    case 'sweep':
      flood.pass(60_000)
      await tried(sweep({ sweep: true }))
      break
    case 'back':
      await tried(order('rollBack', { service: 'checkout' }))
      break
    case 'run':
      await run()
  }
}

async function begun(flood: Flood, ids: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(ids.map((id) => flood.release(id)))
  return found.flatMap((one) => (one?.admittedAtMs !== undefined && isLive(one) ? [one.id] : []))
}

it('whatever comes in whichever order, one release at a time has begun, and all that were accepted end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('queue', 'coalesce', 'supersede', 'refuse'),
      fc.integer({ min: 1, max: 4 }),
      fc.array(act, { minLength: 5, maxLength: 40 }),
      async (whileLive, waitingMost, acts) => {
        const flood = await openFlood({ whileLive, waitingMost })
        const { deps, idOf, order, run, sweep, release } = flood
        const asked: string[] = []
        const ids = () => [...asked.map((key) => idOf(key)), backId(flood)]
        for (const [number, one] of acts.entries()) {
          await play(flood, one, number, asked)
          flood.observe()
          expect((await begun(flood, ids())).length, `after act ${number}`).toBeLessThanOrEqual(1)
        }
        // As many turns as there are releases, and a few for what has to be found first.
        for (let turn = 0; turn < asked.length + 12; turn++) {
          await run()
          const holder = await deps.leases.holder('checkout')
          if (holder !== undefined) await tried(order('abort', { releaseId: holder }))
          flood.pass(60_000)
          expect((await begun(flood, ids())).length).toBeLessThanOrEqual(1)
          await sweep({ sweep: true })
        }
        for (const id of ids()) {
          const found = await release(id)
          expect(found === undefined || isSettled(found), `${id} is ${found?.state.phase}`).toBe(true)
        }
        expect(await deps.openReleases.keys()).toEqual([])
        expect(await flood.queue()).toEqual([])
        expect(await deps.leases.holder('checkout')).toBeUndefined()
      },
    ),
    { seed: 17, numRuns: repeats(3000, 50) },
  )
})

const backId = ({ deps }: Flood): string => `checkout-${deps.digest('checkout\nback/checkout-before').slice(0, 20)}`
