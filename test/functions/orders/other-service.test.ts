// The right to a route may be for one service: it reaches no release of another.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { routeNames, routeOf } from '../../../functions/routes.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { authorize } from '../../scenarios/least-privilege.ts'

let sandbox: Sandbox
let id: string
beforeAll(async () => {
  sandbox = await openSandbox({ authorize, perMinute: 0 })
  const targets = [{ function: 'cart', alias: 'live' }]
  const version = await sandbox.addFunction('cart')
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [], gates: { approvals: [{ before: 10 }] } }))
  await sandbox.world.services.put(sampleService({ name: 'cart', targets, slos: [], hooks: [] }))
  id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.start({ service: 'cart', version })
})
afterAll(() => sandbox.close())

const aboutReleases = ['pause', 'resume', 'promote', 'roll-back', 'abort', 'approve', 'decline', 'override'] as const

it.each(aboutReleases)('%s of a service finds no release of another, by its id', async (route) => {
  const { verb, says } = routeOf(route)
  const before = await sandbox.events(id)
  const asked = sandbox.ask(verb, {
    ...says,
    service: 'cart',
    releaseId: id,
    by: 'ann',
    ...(route === 'resume' ? {} : { reason: 'x' }),
  })
  await expect(asked).rejects.toMatchObject({
    name: 'Tidegate.release_missing',
    message: `There is no release ${id} of cart.`,
  })
  expect(await sandbox.events(id)).toEqual(before)
})

it.each(['pause', 'resume', 'promote', 'abort', 'approve', 'override'] as const)(
  '%s of a service that is not there says so',
  async (route) => {
    const { verb, says } = routeOf(route)
    const reason = route === 'resume' ? {} : { reason: 'x' }
    const asked = sandbox.ask(verb, { ...says, service: 'nosuch', by: 'ann', ...reason })
    await expect(asked).rejects.toMatchObject({ name: 'Tidegate.service_missing' })
  },
)

it('are all routes that take the id of a release', () => {
  const others = /^(start|drill|ask|attest|incident|apply|remove|old-versions)|-line$/
  const rest = routeNames.filter((name) => !others.test(name))
  expect(rest).toEqual(aboutReleases)
})
