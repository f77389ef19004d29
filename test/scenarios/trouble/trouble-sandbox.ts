// The sandbox for faults around a release, on the embedded cloud in virtual time.
import { sampleService } from '../../../local/sample-service.ts'
import { type Sandbox, type SandboxOptions, openSandbox } from '../../../local/sandbox.ts'
import { authorize } from '../least-privilege.ts'

export let sandbox: Sandbox
export async function open(
  service: Readonly<Record<string, unknown>> = {},
  options: SandboxOptions = {},
): Promise<Sandbox> {
  sandbox = await openSandbox({ authorize, perMinute: 60, sweepMinutes: 5, ...options })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [], ...service }))
  return sandbox
}
/** Call after each test. */
export const close = (): void => sandbox.close()

export const types = async (id: string): Promise<string[]> => (await sandbox.events(id)).map((event) => event.type)
export const mutations = async (id: string): Promise<number> =>
  (await types(id)).filter((type) => type === 'moved').length
