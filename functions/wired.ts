// What stands around every function of the controller: the door for those that people call, and its own telemetry.
import { answering, behindDoor } from './door.ts'
import type { Verb } from './handlers.ts'
import { observed, trouble } from './instruments.ts'
import { clock, digest, keptAnswers, once } from './ports.ts'
import type { Handler } from './steps/world.ts'

const keyed = () => ({ clock, digest, trouble, keptAnswers: keptAnswers() })

export const wired = (verb: Verb, make: () => Handler): Handler =>
  answering(verb)(
    observed(
      verb,
      once(() => behindDoor(verb, keyed)(make())),
    ),
  )
