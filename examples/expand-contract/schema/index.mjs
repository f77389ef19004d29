// The changes of the table, as hooks of the two releases: one Lambda function for each of `expand`, `backfill` and `contract`.
// What may take longer than a call is handed on to the same function, which does it in runs and answers by a call. Every part
// may run again.
import { GetAliasCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { database } from '../database.mjs'
import { loadOf, olderSessions } from './sessions.mjs'

const textOf = (payload) => new TextDecoder().decode(payload)
/** A run ends while this is left, and the next one goes on. */
const spareMs = 60_000

/**
 * @param needs the version that each function has to have at least before the old column goes: `{ orders: 3, reports: 2 }`
 * @param chunk rows that are filled at once, and `restMs` between two chunks
 */
export function schema({ db, lambda, sleep, needs, chunk = 1000, restMs = 200, reportEvery = 20 }) {
  /** The nonce proves that we were called: it goes from run to run, and into no log. */
  const handOn = (context, call) =>
    lambda.send(
      new InvokeCommand({
        FunctionName: context.invokedFunctionArn,
        InvocationType: 'Event',
        Payload: JSON.stringify({ call }),
      }),
    )

  /** @returns whether somebody still waits for it */
  async function tell({ release, hook, answer }, result, message) {
    const said = { releaseId: release, hook, nonce: answer.nonce, result, message }
    const command = new InvokeCommand({ FunctionName: answer.function, Payload: JSON.stringify(said) })
    for (let attempt = 1; attempt <= 10; attempt++) {
      const { FunctionError, Payload } = await lambda.send(command)
      if (FunctionError === undefined) return true
      // That the first call has returned `later` is not noted yet.
      if (JSON.parse(textOf(Payload)).errorType !== 'Tidegate.hook_running') return false
      await sleep(2000)
    }
    return false
  }

  /** What still runs that needs the old column: of every alias, and of the sessions that the database has. */
  async function behind(names) {
    for (const name of names) {
      const { FunctionVersion, RoutingConfig } = await lambda.send(
        new GetAliasCommand({ FunctionName: name, Name: 'live' }),
      )
      const versions = [FunctionVersion, ...Object.keys(RoutingConfig?.AdditionalVersionWeights ?? {})]
      const old = versions.find((version) => !(Number(version) >= needs[name]))
      if (old !== undefined) return `${name}:live still has version ${old}, and needs ${needs[name]}`
    }
    return undefined
  }

  /** Answers `later`, and does the work in runs. `step` says what came of it: an answer, or how far it is. */
  const inRuns = (step, refuse) => async (event, context) => {
    const { call } = event
    if (call === undefined) {
      const message = await refuse?.()
      if (message !== undefined) return { result: 'fail', message }
      await handOn(context, event)
      return { result: 'later' }
    }
    for (let run = 0; context.getRemainingTimeInMillis() > spareMs; run++) {
      const { result, message, restMs: rest } = await step()
      const isTold = result !== 'later' || run % reportEvery === 0
      if (isTold && (!(await tell(call, result, message)) || result !== 'later')) return
      await sleep(rest)
    }
    await handOn(context, call)
  }

  async function expand() {
    try {
      await db.query('alter table orders add column if not exists cents integer, alter column price drop not null')
      return { result: 'pass', message: 'orders has the column cents' }
    } catch (error) {
      if (error.code !== lockedOut) throw error
      return { result: 'fail', message: 'orders was locked for two seconds: nothing is changed, release it again' }
    }
  }

  async function fill() {
    const load = await loadOf(db)
    if (load !== undefined) return { result: 'later', message: `waits: ${load}`, restMs: 10 * restMs }
    try {
      const { rows } = await db.query(filling, [chunk])
      const [{ done, left, unpriced }] = (await db.query(counting)).rows
      if (rows.length > 0 || left > unpriced)
        return { result: 'later', message: `${done} rows have cents, ${left} are left`, restMs }
      if (left === 0) return { result: 'pass', message: `all ${done} rows have cents` }
      return { result: 'fail', message: `${left} rows have no price, and cannot be filled` }
    } catch (error) {
      // A value that does not fit (class 22) never will. Whatever else goes wrong, Lambda runs it again.
      if (!error.code?.startsWith('22')) throw error
      return { result: 'fail', message: error.message }
    }
  }

  async function drop() {
    const wait = (message) => ({ result: 'later', message, restMs: 30_000 })
    const old = (await behind(Object.keys(needs))) ?? (await olderSessions(db, needs))
    if (old !== undefined) return wait(old)
    try {
      await db.query('alter table orders drop column if exists price')
      return { result: 'pass', message: 'the column price is dropped' }
    } catch (error) {
      if (error.code !== lockedOut) throw error
      return wait('orders is locked')
    }
  }

  // Version 3 of orders comes with this release: only the others have to be there before.
  const others = Object.keys(needs).filter((name) => name !== 'orders')
  return { expand, backfill: inRuns(fill, () => behind(others)), contract: inRuns(drop) }
}

/** lock_not_available */
const lockedOut = '55P03'
const filling = `
  update orders set cents = round(price * 100)
  where id in (
    select id from orders where cents is null and price is not null order by id limit $1 for update skip locked
  )
  returning id`
const counting = `
  select count(cents)::int as done, (count(*) - count(cents))::int as left,
    (count(*) filter (where cents is null and price is null))::int as unpriced
  from orders`

export const { expand, backfill, contract } = schema({
  db: database('-c lock_timeout=2s'),
  lambda: new LambdaClient({}),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  needs: JSON.parse(process.env.NEEDS ?? '{}'),
})
