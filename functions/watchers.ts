// The wiring of the function that watches promoted versions. It has no port that moves traffic.
import { log, trouble } from './instruments.ts'
import { watchHandler } from './listeners/watch.ts'
import { keepingPager } from './messages/pager.ts'
import {
  aliases,
  clock,
  digest,
  executions,
  history,
  home,
  journal,
  leases,
  openReleases,
  queues,
  services,
  telemetry,
  telling,
  versions,
  watches,
} from './ports.ts'
import { wired } from './wired.ts'

export const watch = /* @__PURE__ */ wired('watch', () =>
  watchHandler({
    ...{ home: home(), clock, digest, log, trouble, journal: journal(), openReleases: openReleases() },
    ...{ queues: queues(), services: services(), history: history(), executions: executions(), leases: leases() },
    ...{ aliases: aliases(), versions: versions(), telemetry: telemetry(), watches: watches() },
    pager: keepingPager({ ...{ clock, log, trouble }, ...telling() }),
  }),
)
