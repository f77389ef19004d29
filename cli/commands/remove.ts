// `tidegate remove`: a service that nobody releases any more.
import { exitCodes } from '../backend/screen.ts'
import type { Cli } from '../backend/surroundings.ts'

/** @throws Problem `service_missing`, `verb_not_now` while a release of it is open */
export async function removeService({ backend, screen }: Cli, service: string): Promise<number> {
  const removed = await backend.order('remove', service, {})
  screen.say(
    [
      `Service ${service} is removed: no release of it can start, and nothing watches its aliases.`,
      'The aliases, the traffic, the log and the history stay as they are. To have it back, apply its file again.',
    ],
    removed,
  )
  screen.next(`tidegate applied ${service} --last 1`)
  return exitCodes.done
}
