// The fast path: from the alarm event reaching its function to the restored alias, in AWS calls and in time.
import { functionName } from '../local/installation.ts'
import { openSandbox } from '../local/sandbox.ts'
import { sampleService } from '../local/sample-service.ts'

type WayBack = { readonly calls: readonly string[]; readonly medianMs: number; readonly runs: number }

export async function measureWayBack(runs: number): Promise<WayBack> {
  let calls: string[] = []
  // Set once the alias is restored. Not undefined before a run, so that nothing is counted yet.
  let restored: number | undefined = 0
  const sandbox = await openSandbox({
    perMinute: 60,
    onRequest: ({ phase, operation, caller }) => {
      if (caller.accessKeyId !== `role.${functionName('alarm')}` || restored !== undefined) return
      if (phase === 'before') calls.push(operation)
      else if (operation === 'UpdateAlias') restored = performance.now()
    },
  })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [], plan: 'Canary10Percent30Minutes' }))
  // Reads through a function, because the variable changes during the call.
  const restoredAt = (): number => {
    if (restored === undefined) throw new Error('the alarm put nothing back')
    return restored
  }
  const times: number[] = []
  let counted: readonly string[] = []
  for (let run = 0; run < runs; run++) {
    restored = 0
    // Releases begin at a rate of one a second.
    await sandbox.minutes(1)
    await sandbox.start({ version: await sandbox.publish(`run ${run}`) })
    calls = []
    restored = undefined
    const began = performance.now()
    await sandbox.ask('alarm', alarmEvent(sandbox.clock.nowMs()))
    times.push(restoredAt() - began)
    counted = calls
    await sandbox.clock.settle()
  }
  sandbox.close()
  if (counted.length === 0) throw new Error('no call of the controller was seen')
  times.sort((a, b) => a - b)
  return { calls: counted, medianMs: times[Math.floor(times.length / 2)] ?? Number.NaN, runs }
}

const home = { account: '000000000000', region: 'us-east-1' }
const alarmEvent = (atMs: number): unknown => ({
  source: 'aws.cloudwatch',
  ...home,
  'detail-type': 'CloudWatch Alarm State Change',
  resources: [functionName('alarm')],
  detail: {
    alarmName: 'checkout-errors',
    state: { value: 'ALARM', reason: 'bench', timestamp: new Date(atMs).toISOString().replace('Z', '+0000') },
  },
})
