// The console of `tidegate local`: its pages show the embedded cloud, and its people are samples with credentials of their own.
import type { LocalCloud } from '../../cloud/local/cloud.ts'
import { principalOf } from '../../cloud/local/protocol/credential.ts'
import type { Endpoint } from '../../cloud/local/socket.ts'
import { chance } from '../../cloud/local/time/chance.ts'
import type { LocalClock } from '../../cloud/local/time/clock.ts'
import { clientsAt, placeOf } from '../../local/clients.ts'
import { accessKeyOf, samplePeople } from '../../local/identities.ts'
import { samplePackage } from '../../local/package.ts'
import { createPayments, publishSample, sampleDefinition } from '../../local/sample-service.ts'
import { startTraffic } from '../../local/traffic.ts'
import { backendOnAws } from '../backend/aws-backend.ts'
import type { Person } from '../console/people.ts'
import { type Console, serveConsole } from '../console/server.ts'
import { samplePanel } from './sample.ts'

type Parts = {
  readonly cloud: LocalCloud
  readonly clock: LocalClock
  readonly endpoint: Endpoint
  readonly port: number
}
type SampleConsole = Console & {
  /** Adds payments, and lets the buttons be pressed. The demonstration has ended. */
  ready(): Promise<void>
}

const lookEveryMs = 500

export async function sampleConsole({ cloud, clock, endpoint, port }: Parts): Promise<SampleConsole> {
  let isReady = false
  let builds = 0
  const operator = placeOf(endpoint, 'operator')
  const clients = clientsAt(operator)
  const personOf = (name: (typeof samplePeople)[number]): Person => {
    const accessKeyId = accessKeyOf(name)
    const backend = { ...backendOnAws({}, placeOf(endpoint, accessKeyId)), clock }
    return { name, who: principalOf(accessKeyId).arn, backend }
  }
  const [first, ...others] = samplePeople
  const people = [personOf(first), ...others.map(personOf)] as const
  const panel = samplePanel({
    people,
    isReady: () => isReady,
    publish: (service, code) => publishSample(clients, service, samplePackage(code, `build ${++builds}`)),
  })
  const console = await serveConsole({
    ...{ where: 'the embedded cloud', people, port, panel },
    tell: (line) => void process.stderr.write(`${line}\n`),
    later: (task) => {
      const timer = setTimeout(task, lookEveryMs)
      return () => clearTimeout(timer)
    },
  })
  let stopTraffic = (): void => undefined
  return {
    ...console,
    async ready() {
      await createPayments(clients, samplePackage('payments'))
      await backendOnAws({}, operator).order('apply', 'payments', { definition: sampleDefinition('payments') })
      const traffic = startTraffic(cloud, clock, chance(1, 'payments'), 60, { functionName: 'payments', alias: 'live' })
      stopTraffic = () => traffic.stop()
      isReady = true
    },
    async close() {
      stopTraffic()
      await console.close()
    },
  }
}
